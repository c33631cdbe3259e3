"""Moments that people would name, whatever time it is while the tests run."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from tracker import clock


def noon(days: int) -> datetime:
    """Noon in Kyiv (UTC, aware), so many days after today there."""
    day = clock.day_in_kyiv(clock.now()) + timedelta(days=days)
    return datetime.combine(day, time(12), tzinfo=clock.KYIV).astimezone(UTC)
