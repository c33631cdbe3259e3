"""Items: one physical unit each, with a stored copy of the fold of its events."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment
from tracker.domain.lifecycle import Condition, Status
from tracker.models.deliveries import REF

STATUSES = tuple(status.value for status in Status)
CONDITIONS = tuple(condition.value for condition in Condition)


class Item(Base):
    """One unit. Columns from `status` on are written by `ledger.record` alone.

    `code` is the label it wears now; `search_text` holds its identifiers and code in one
    normalised string; `seq` and `head` are the length and last hash of its chain. `sought` says
    that somebody missed it, so that the next scan of it closes the shortage. `delivery` is the list
    that announced it; None for what was taken in without one. What the columns of the fold mean,
    `domain.custody.State` says.
    """

    __tablename__ = "item"
    __table_args__ = (
        CheckConstraint(f"status IS NULL OR status IN {STATUSES}", name="status"),
        CheckConstraint(f"condition IN {CONDITIONS}", name="condition"),
        Index("ix_item_pledge_status", "pledge", "status"),
        Index("ix_item_location_status", "location", "status"),
        Index(
            "ix_item_left_box",
            "left_box",
            sqlite_where=text("left_box IS NOT NULL"),
            postgresql_where=text("left_box IS NOT NULL"),
        ),
        Index(
            "ix_item_in_hand",
            "last_event",
            sqlite_where=text("status = 'handed_over'"),
            postgresql_where=text("status = 'handed_over'"),
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(String(11), unique=True)
    pledge: Mapped[str] = mapped_column(String(32), ForeignKey("pledge.ref"))
    pledge_line: Mapped[int] = mapped_column(Integer, ForeignKey("pledge_line.id"), index=True)
    product: Mapped[str] = mapped_column(String(32), ForeignKey("product.ref"))
    delivery: Mapped[str | None] = mapped_column(String(REF), ForeignKey("delivery.ref"))
    owner: Mapped[str | None] = mapped_column(String(32), ForeignKey("party.ref"))
    search_text: Mapped[str] = mapped_column(Text, default="")
    sought: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())

    status: Mapped[str | None] = mapped_column(String(12))
    condition: Mapped[str] = mapped_column(String(14), default="good")
    location: Mapped[str | None] = mapped_column(String(32), ForeignKey("location.ref"))
    area: Mapped[str | None] = mapped_column(String(32))
    at_site: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    custodian: Mapped[str | None] = mapped_column(String(32), ForeignKey("party.ref"))
    handling_unit: Mapped[str | None] = mapped_column(
        String(11), ForeignKey("handling_unit.code"), index=True
    )
    apart: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    left_box: Mapped[str | None] = mapped_column(String(11))
    left_event: Mapped[str | None] = mapped_column(String(36))
    consignment: Mapped[str | None] = mapped_column(
        String(32), ForeignKey("consignment.ref"), index=True
    )
    status_before: Mapped[str | None] = mapped_column(String(12))
    proposed_by: Mapped[str | None] = mapped_column(String(40))
    proposed_event: Mapped[str | None] = mapped_column(String(36))
    bound_for: Mapped[str | None] = mapped_column(String(32))
    bound_area: Mapped[str | None] = mapped_column(String(32))
    waits: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    shipped_at: Mapped[datetime | None] = mapped_column(Moment)
    received_at: Mapped[datetime | None] = mapped_column(Moment)
    signed_for_at: Mapped[datetime | None] = mapped_column(Moment)
    deployed_at: Mapped[datetime | None] = mapped_column(Moment)
    working_at: Mapped[datetime | None] = mapped_column(Moment)
    online_at: Mapped[datetime | None] = mapped_column(Moment)
    inspected_at: Mapped[datetime | None] = mapped_column(Moment)
    last_effective_at: Mapped[datetime | None] = mapped_column(Moment)
    last_device_seq: Mapped[int] = mapped_column(Integer, default=0)
    last_event: Mapped[str | None] = mapped_column(String(36))
    seq: Mapped[int] = mapped_column(Integer, default=0)
    head: Mapped[bytes | None] = mapped_column(LargeBinary(32))


class Identifier(Base):
    """A maker's or account's number on an item: a dated reading; one live holder per value."""

    __tablename__ = "identifier"
    __table_args__ = (
        Index(
            "uq_identifier_live",
            "scheme",
            "value",
            unique=True,
            sqlite_where=text("live"),
            postgresql_where=text("live"),
        ),
        Index("ix_identifier_value", "value"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    item: Mapped[int] = mapped_column(Integer, ForeignKey("item.id"), index=True)
    scheme: Mapped[str] = mapped_column(String(12))
    value: Mapped[str] = mapped_column(String(64))
    read_at: Mapped[datetime] = mapped_column(Moment)
    live: Mapped[bool] = mapped_column(Boolean, default=True)
