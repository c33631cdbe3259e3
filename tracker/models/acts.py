"""Handover acts: who gave what to whom, signed once for any number of units."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, Text, Uuid, false
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment

ACT_STATES = ("draft", "signed")


class HandoverAct(Base):
    """One act (акт приймання-передачі). It gets its number when it is signed.

    `commission` holds one person a line, `name; position`. The two signatures are evidence. An act
    that was signed on a phone without a network has the id that the phone gave it, the text that
    the phone signed (`said`) and its signature over that (`device_signature`), its photos (hashes,
    a line each), the codes on it that name no unit yet (`strays`, a line each), and the number of
    the printed act that was signed in its place (`paper`).
    """

    __tablename__ = "handover_act"
    __table_args__ = (
        CheckConstraint(f"state IN {ACT_STATES}", name="state"),
        CheckConstraint("state != 'signed' OR signed_at IS NOT NULL", name="signed"),
        CheckConstraint("state != 'signed' OR number IS NOT NULL", name="numbered"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[str | None] = mapped_column(String(32), unique=True)
    uid: Mapped[str | None] = mapped_column(Uuid(as_uuid=False), unique=True)
    said: Mapped[str | None] = mapped_column(Text)
    device_signature: Mapped[str | None] = mapped_column(Text)
    photos: Mapped[str] = mapped_column(Text, default="", server_default="")
    strays: Mapped[str] = mapped_column(Text, default="", server_default="")
    paper: Mapped[str | None] = mapped_column(String(32), index=True)
    state: Mapped[str] = mapped_column(String(6), default="draft")
    giver: Mapped[str] = mapped_column(String(32), ForeignKey("party.ref"))
    receiver: Mapped[str] = mapped_column(String(32), ForeignKey("party.ref"))
    site: Mapped[str | None] = mapped_column(String(32), ForeignKey("location.ref"))
    purpose: Mapped[str] = mapped_column(String(500))
    commission: Mapped[str] = mapped_column(Text, default="")
    giver_person: Mapped[str | None] = mapped_column(String(120))
    giver_position: Mapped[str | None] = mapped_column(String(120))
    giver_signature: Mapped[str | None] = mapped_column(String(64), ForeignKey("evidence.sha256"))
    receiver_person: Mapped[str | None] = mapped_column(String(120))
    receiver_position: Mapped[str | None] = mapped_column(String(120))
    receiver_signature: Mapped[str | None] = mapped_column(
        String(64), ForeignKey("evidence.sha256")
    )
    made_by: Mapped[str] = mapped_column(String(40))
    made_at: Mapped[datetime] = mapped_column(Moment)
    signed_at: Mapped[datetime | None] = mapped_column(Moment)


class ActLine(Base):
    """One unit of an act; `second_identifier` is the maker's number that was scanned with it.

    `box` is the handling unit that was scanned and opened into its units, this one among them.
    `confirmed` says that steps of the unit were never scanned, and that whoever listed it knew.
    """

    __tablename__ = "act_line"

    act: Mapped[int] = mapped_column(
        Integer, ForeignKey("handover_act.id", ondelete="CASCADE"), primary_key=True
    )
    item: Mapped[int] = mapped_column(
        Integer, ForeignKey("item.id"), primary_key=True, autoincrement=False, index=True
    )
    code: Mapped[str] = mapped_column(String(40))
    second_identifier: Mapped[str | None] = mapped_column(String(64))
    box: Mapped[str | None] = mapped_column(String(11))
    confirmed: Mapped[bool] = mapped_column(default=False, server_default=false())
    added_by: Mapped[str] = mapped_column(String(40))
    added_at: Mapped[datetime] = mapped_column(Moment)
