"""Consignments: one journey each under one waybill, what it should bring, and what was found.

The units' own story stands in the ledger. Here is what a journey is on paper: its legs, its seals,
what happened to it on the way, the list of what it should bring (fixed when it leaves) and what
the people at the other end said about each unit of that list.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    Uuid,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment
from tracker.domain.consignments import PASSAGES, STATES
from tracker.domain.receiving import VERDICTS, How

HOWS = tuple(how.value for how in How)


class Consignment(Base):
    """One journey from consignor to consignee, `origin` to `destination`.

    `aid_code` is the unique code of humanitarian aid: its declaration was filed on
    `aid_declared_on`, the code given on `aid_coded_on`, the recipient's report filed on
    `aid_reported_on`. `held` says that somebody stopped it on the way.
    """

    __tablename__ = "consignment"
    __table_args__ = (CheckConstraint(f"state IN {STATES}", name="state"),)

    ref: Mapped[str] = mapped_column(String(32), primary_key=True)
    pledge: Mapped[str | None] = mapped_column(String(32), ForeignKey("pledge.ref"), index=True)
    consignor: Mapped[str | None] = mapped_column(String(32), ForeignKey("party.ref"))
    consignee: Mapped[str | None] = mapped_column(String(32), ForeignKey("party.ref"))
    carrier: Mapped[str | None] = mapped_column(String(32), ForeignKey("party.ref"))
    waybill: Mapped[str | None] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(12), default="draft", server_default="draft")
    held: Mapped[bool] = mapped_column(default=False, server_default=false())
    origin: Mapped[str | None] = mapped_column(String(32), ForeignKey("location.ref"))
    destination: Mapped[str | None] = mapped_column(
        String(32), ForeignKey("location.ref"), index=True
    )
    eta_on: Mapped[date | None] = mapped_column(Date)
    aid_code: Mapped[str | None] = mapped_column(String(40))
    aid_declared_on: Mapped[date | None] = mapped_column(Date)
    aid_coded_on: Mapped[date | None] = mapped_column(Date)
    aid_reported_on: Mapped[date | None] = mapped_column(Date)


class Leg(Base):
    """One part of the way, by one carrier."""

    __tablename__ = "leg"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    consignment: Mapped[str] = mapped_column(String(32), ForeignKey("consignment.ref"), index=True)
    origin: Mapped[str] = mapped_column(String(32), ForeignKey("location.ref"))
    destination: Mapped[str] = mapped_column(String(32), ForeignKey("location.ref"))
    carrier: Mapped[str | None] = mapped_column(String(32), ForeignKey("party.ref"))
    vehicle: Mapped[str | None] = mapped_column(String(40))
    departs_on: Mapped[date | None] = mapped_column(Date)
    arrives_on: Mapped[date | None] = mapped_column(Date)


class Seal(Base):
    """A numbered seal: who closed it, and whether whoever looked found it whole."""

    __tablename__ = "seal"
    __table_args__ = (UniqueConstraint("consignment", "number"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    consignment: Mapped[str] = mapped_column(String(32), ForeignKey("consignment.ref"))
    number: Mapped[str] = mapped_column(String(40))
    closed_by: Mapped[str] = mapped_column(String(40))
    closed_at: Mapped[datetime] = mapped_column(Moment)
    whole: Mapped[bool | None]
    looked_at_by: Mapped[str | None] = mapped_column(String(40))
    looked_at: Mapped[datetime | None] = mapped_column(Moment)


class Passage(Base):
    """Something that happened to a consignment on its way. Rows are never changed or deleted.

    `happened_at` is when it was told, which is when it happened, unless `happened_on` names the
    day (Kyiv's) on which it did. A row of the kind `mistaken` says that the one it `declares`
    wrong did not happen.
    """

    __tablename__ = "passage"
    __table_args__ = (
        CheckConstraint(f"kind IN {PASSAGES}", name="kind"),
        CheckConstraint("(kind = 'mistaken') = (declares IS NOT NULL)", name="declares"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    consignment: Mapped[str] = mapped_column(String(32), ForeignKey("consignment.ref"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    location: Mapped[str | None] = mapped_column(String(32), ForeignKey("location.ref"))
    note: Mapped[str | None] = mapped_column(String(500))
    happened_at: Mapped[datetime] = mapped_column(Moment)
    happened_on: Mapped[date | None] = mapped_column(Date)
    told_by: Mapped[str] = mapped_column(String(40))
    declares: Mapped[int | None] = mapped_column(Integer, ForeignKey("passage.id"), unique=True)


class PackingLine(Base):
    """One unit that a consignment should bring, the box it should be in, and what that stood on.

    `package` is what a carrier counts: the pallet of the box, or the box; None for a loose unit.
    """

    __tablename__ = "packing_line"

    consignment: Mapped[str] = mapped_column(
        String(32), ForeignKey("consignment.ref"), primary_key=True
    )
    item: Mapped[int] = mapped_column(
        Integer, ForeignKey("item.id"), primary_key=True, index=True, autoincrement=False
    )
    handling_unit: Mapped[str | None] = mapped_column(String(11), ForeignKey("handling_unit.code"))
    package: Mapped[str | None] = mapped_column(String(11), ForeignKey("handling_unit.code"))


class Arrival(Base):
    """What became of one unit on one consignment: a stored copy of `domain.receiving.Arrival`.

    `ledger.arrivals` alone writes it, in the transaction of the events; it is made anew when the
    stories are folded anew. There is a row as soon as a manifest or a scan names the two together.
    """

    __tablename__ = "arrival"
    __table_args__ = (CheckConstraint(f"how IN {HOWS}", name="how"),)

    consignment: Mapped[str] = mapped_column(
        String(32), ForeignKey("consignment.ref"), primary_key=True
    )
    item: Mapped[int] = mapped_column(
        Integer, ForeignKey("item.id"), primary_key=True, index=True, autoincrement=False
    )
    how: Mapped[str] = mapped_column(String(10))
    ended: Mapped[bool] = mapped_column(default=False, server_default=false())
    place: Mapped[str | None] = mapped_column(String(32))
    other: Mapped[str | None] = mapped_column(String(32))
    event: Mapped[str | None] = mapped_column(Uuid(as_uuid=False))
    scan: Mapped[str | None] = mapped_column(Uuid(as_uuid=False))
    box: Mapped[str | None] = mapped_column(String(11))
    condition: Mapped[str] = mapped_column(String(14), default="good", server_default="good")
    wrong: Mapped[bool] = mapped_column(default=False, server_default=false())
    reason: Mapped[str | None] = mapped_column(String(20))


class ReceivingVerdict(Base):
    """What somebody found about one unit of a consignment; the newest row of a unit counts.

    `item` is None for a code that names nothing here. `location` is where the unit was seen, if
    that was elsewhere; `handling_unit` the box that it came in, if nobody looked inside; `event`
    what showed it, None for what nobody has seen or somebody only says. Rows are never changed or
    deleted: a verdict that was wrong is followed by another.
    """

    __tablename__ = "receiving_verdict"
    __table_args__ = (
        CheckConstraint(f"verdict IN {VERDICTS}", name="verdict"),
        Index("ix_receiving_verdict_consignment_item", "consignment", "item"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    consignment: Mapped[str] = mapped_column(String(32), ForeignKey("consignment.ref"))
    item: Mapped[int | None] = mapped_column(Integer, ForeignKey("item.id"), index=True)
    code: Mapped[str] = mapped_column(String(40))
    verdict: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(20))
    note: Mapped[str | None] = mapped_column(String(500))
    event: Mapped[str | None] = mapped_column(Uuid(as_uuid=False))
    location: Mapped[str | None] = mapped_column(String(32))
    handling_unit: Mapped[str | None] = mapped_column(String(11))
    said_by: Mapped[str] = mapped_column(String(40))
    said_at: Mapped[datetime] = mapped_column(Moment)
