"""What donors see: counts by day, and places by month.

Both hold only what `domain.disclosure` lets a donor have, so a donor's page never touches items.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment


class Tally(Base):
    """By how much one count of a pledge changed on one day (Kyiv's) as it became known.

    `measure` is `status:<status>`, `top:<rung>` (units whose highest rung this is),
    `seen:<rung>:<YYYYMMDD>` (units of which this is the Kyiv day of that rung's newest proof),
    `inspected` and `damaged` (`domain.disclosure`), all written with the events, `open:<kind>` and
    `review` (open discrepancies, counted by the worker once a day), or `said_online`, written when
    newer rules of the fold are applied. The count on a day is the sum of all
    changes up to it.
    """

    __tablename__ = "tally"

    pledge: Mapped[str] = mapped_column(String(32), ForeignKey("pledge.ref"), primary_key=True)
    on: Mapped[date] = mapped_column("known_on", Date, primary_key=True)
    measure: Mapped[str] = mapped_column(String(24), primary_key=True)
    change: Mapped[int] = mapped_column(Integer)


class PlaceSnapshot(Base):
    """One pledge's published places of one month: canonical JSON, made once, never changed."""

    __tablename__ = "place_snapshot"

    pledge: Mapped[str] = mapped_column(String(32), ForeignKey("pledge.ref"), primary_key=True)
    month: Mapped[date] = mapped_column(Date, primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Moment)


class DailyCount(Base):
    """That open discrepancies were counted, on this Kyiv day, into `tally`."""

    __tablename__ = "daily_count"

    on: Mapped[date] = mapped_column("counted_on", Date, primary_key=True)
    made_at: Mapped[datetime] = mapped_column(Moment)
