"""The only place that asks what time it is.

Routes and commands read the clock and pass `now` down; services and the domain are given it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

KYIV = ZoneInfo("Europe/Kyiv")


def now() -> datetime:
    """This moment, in UTC, to the millisecond (the ledger's resolution)."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def day_in_kyiv(moment: datetime) -> date:
    """The calendar day in Kyiv on which `moment` (UTC, aware) falls: the day people mean."""
    return moment.astimezone(KYIV).date()


def end_of_day_in_kyiv(day: date) -> datetime:
    """The first moment (UTC) that no longer belongs to Kyiv's calendar day `day`."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=KYIV).astimezone(UTC)
