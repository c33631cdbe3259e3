"""Discrepancies: what does not fit and a person must settle."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment

DISCREPANCY_KINDS = (
    "gap",
    "misfit",
    "short",
    "over",
    "damaged",
    "wrong_serial",
    "unknown_code",
    "clock",
    "label_only",
    "loss",
    "theft",
    "suspected_diversion",
    "conflict",
    "left_box",
    "elsewhere",
    "second_person",
    "partly_seen",
    "not_booked",
    "act_missing",
)


class Discrepancy(Base):
    """One thing that does not fit.

    `state` is `open`, `healed` (the missing scan came) or `settled` (a person decided: `decision`,
    `settled_by`, `settled_at`, and `wrong`, the event that the decision calls so). `event` opened
    it; `detail` is canonical JSON with what a person needs to judge, never a sealed fact.
    `raised_by` is who concluded it where no scan did: like whoever made the scan, they do not
    settle it. `review` names the batch of old cases that a newer rule found in stories that were
    there before it.
    """

    __tablename__ = "discrepancy"
    __table_args__ = (
        UniqueConstraint("subject", "kind", "event"),
        CheckConstraint(f"kind IN {DISCREPANCY_KINDS}", name="kind"),
        CheckConstraint("state IN ('open', 'healed', 'settled')", name="state"),
        CheckConstraint("(state = 'settled') = (decision IS NOT NULL)", name="decided"),
        CheckConstraint("wrong IS NULL OR state = 'settled'", name="judged"),
        Index("ix_discrepancy_state_due", "state", "due_on"),
        Index("ix_discrepancy_settled_at", "settled_at"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(80))
    item: Mapped[int | None] = mapped_column(Integer, ForeignKey("item.id"), index=True)
    event: Mapped[str] = mapped_column(Uuid(as_uuid=False))
    detail: Mapped[str] = mapped_column(Text, default="{}")
    state: Mapped[str] = mapped_column(String(8), default="open")
    opened_at: Mapped[datetime] = mapped_column(Moment)
    due_on: Mapped[date] = mapped_column(Date)
    owner: Mapped[str | None] = mapped_column(String(40))
    raised_by: Mapped[str | None] = mapped_column(String(40))
    review: Mapped[str | None] = mapped_column(String(20))
    consignment: Mapped[str | None] = mapped_column(
        String(32), ForeignKey("consignment.ref"), index=True
    )
    decision: Mapped[str | None] = mapped_column(String(1000))
    settled_by: Mapped[str | None] = mapped_column(String(40))
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
    wrong: Mapped[str | None] = mapped_column(Uuid(as_uuid=False))
