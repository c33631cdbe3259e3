"""The outbox: what is to be delivered, written together with its reason."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment

OUTGOING_KINDS = ("mail", "webhook")


class Outgoing(Base):
    """One mail to a subscription, or one call of a webhook; whom it ends with, it ends with.

    `id` stays the same through all tries, so that who gets a thing twice can tell. A worker that
    delivers holds `lease` until `leased_until`; no other takes it before. `last_error` says what
    went wrong in our words: no address, no secret. `body` is emptied when it was delivered.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint(f"kind IN {OUTGOING_KINDS}", name="kind"),
        CheckConstraint("(kind = 'mail') = (subscription IS NOT NULL)", name="mail"),
        CheckConstraint("(kind = 'webhook') = (webhook IS NOT NULL)", name="webhook"),
        CheckConstraint("delivered_at IS NULL OR dead_at IS NULL", name="ended_once"),
        Index("ix_outbox_kind_due_at", "kind", "due_at"),
    )

    id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    subscription: Mapped[int | None] = mapped_column(
        Integer, ForeignKey("subscription.id", ondelete="CASCADE"), index=True
    )
    webhook: Mapped[int | None] = mapped_column(
        Integer, ForeignKey("webhook.id", ondelete="CASCADE"), index=True
    )
    body: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime] = mapped_column(Moment)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    lease: Mapped[str | None] = mapped_column(Uuid(as_uuid=False))
    leased_until: Mapped[datetime | None] = mapped_column(Moment)
    last_error: Mapped[str | None] = mapped_column(String(200))
    delivered_at: Mapped[datetime | None] = mapped_column(Moment)
    dead_at: Mapped[datetime | None] = mapped_column(Moment)
