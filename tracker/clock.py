"""The only place that asks what time it is.

Routes and commands read the clock and pass `now` down; services and the domain are given it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

KYIV = ZoneInfo("Europe/Kyiv")


def now() -> datetime:
    """This moment, in UTC, to the millisecond (the ledger's resolution)."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def day_in_kyiv(moment: datetime) -> date:
    """The calendar day in Kyiv on which `moment` (UTC, aware) falls: the day people mean."""
    return moment.astimezone(KYIV).date()
