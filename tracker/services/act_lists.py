"""The list of a handover act in draft: filled by scanning, held against what stands there now.

A list holds units and nothing else. A box is opened into the units that lie in it, so that both
sides read what they sign for; what names no unit of ours cannot be a line. Until it is signed a
unit may leave its box or be handed over by somebody else: `changes` says so, in the page and again
when the act is signed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence, Set
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, select
from sqlalchemy.orm import Session

from tracker.db import db, transaction
from tracker.domain.gtin import is_gtin
from tracker.domain.lifecycle import Status, missing_steps
from tracker.domain.permissions import Action, Actor
from tracker.errors import Conflict, ListChanged, NotAllowed, NotFound
from tracker.ledger.named_acts import ACCEPTING
from tracker.ledger.stating import act_as
from tracker.models import (
    ActLine,
    HandlingUnit,
    HandoverAct,
    Identifier,
    Item,
    Label,
    Party,
    Product,
)
from tracker.queries import reach
from tracker.queries.handling_units import boxes_within
from tracker.services.codes import is_canonical

MOST_UNITS = 2000

Inside = Row[int, str, str | None]
"""A unit in a box: item, code, status."""

Fitting = tuple[Inside, tuple[str, ...]]
"""A unit that can be handed over, and the steps that nobody scanned."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What became of a scan for an act: `sort` and `word` as the bench says them.

    `code` is that of the unit or box; `units` how many units it put on the list; `gap` the steps
    that were never scanned, where that is why it was refused; `left` what lies in the box by the
    ledger and cannot be handed over, as (code, status).
    """

    sort: str
    word: str
    code: str
    units: int = 1
    gap: tuple[str, ...] = ()
    left: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """How the list differs from what stands there.

    `kind` is `gone` (the unit cannot be handed over from where it stands: `status`, and its
    `holder`), `left_box` (it lies in `box` no more), `in_box` (it lies in `box` and is not listed),
    or, of what the signers were shown, `added` and `taken_off`.
    """

    kind: str
    unit: str
    box: str = ""
    status: str | None = None
    holder: str = ""


def add_line(
    act: int, code: str, second: str | None, *, by: Actor, now: datetime, confirm: bool = False
) -> Listed:
    """Put the scanned unit on the act.

    A terminal needs its maker's barcode beside our label, or alone; `pair` asks for it. A unit
    that cannot be handed over from where it stands is refused; so is one with steps that nobody
    scanned, unless that is confirmed.
    """
    if not by.may(Action.SCAN_FIELD):
        return Listed("refused", "not_allowed", code)
    with transaction() as session:
        act_as(session, by.ref)
        if not _is_open(session, act, by):
            return Listed("refused", "act_signed", code)
        unit = _unit(session, code, by)
        if unit is None:
            return Listed("refused", _why_none(session, code), code)
        labels = _labels(session, unit.id)
        asked = _asked(session, unit, labels, (code, second), by)
        line = session.get(ActLine, (act, unit.id))
        if line is not None and (asked is None or (asked.sort == "pair" and _is_proved(line))):
            return _again(line, unit, labels, code, second)
        if asked is not None:
            return asked
        path = missing_steps(Status(unit.status) if unit.status else None, ACCEPTING)
        if path is None:
            return Listed("refused", "cannot_be_handed_over", unit.code)
        if path and not confirm:
            return Listed("refused", "never_scanned", unit.code, gap=path)
        if _many(session, act) >= MOST_UNITS:
            return Listed("refused", "act_full", unit.code)
        said = {"code": code, "second_identifier": second, "confirmed": bool(path)}
        session.add(ActLine(act=act, item=unit.id, added_by=by.ref, added_at=now, **said))
    return Listed("recorded", "on_the_act", unit.code)


def add_box(act: int, box: str, *, by: Actor, now: datetime, confirm: bool = False) -> Listed:
    """Open a box or pallet into its units and put each on the act; nothing of it is a line.

    What lies in it by the ledger and cannot be handed over (it was lost, say) is left out, and
    told. Raises nothing that a scanner may cause.
    """
    if not by.may(Action.SCAN_FIELD):
        return Listed("refused", "not_allowed", box)
    with transaction() as session:
        act_as(session, by.ref)
        if not _is_open(session, act, by):
            return Listed("refused", "act_signed", box)
        inside = _inside(session, box, by)
        fitting, left = _sorted(inside)
        if not fitting:
            return Listed("refused", "box_empty", box, 0, left=left)
        gap = next((path for _, path in fitting if path), ())
        if gap and not confirm:
            return Listed("refused", "never_scanned", box, 0, gap)
        listed = set(session.scalars(select(ActLine.item).where(ActLine.act == act)))
        new = [(row, path) for row, path in fitting if row.id not in listed]
        if len(listed) + len(new) > MOST_UNITS:
            return Listed("refused", "act_full", box, 0)
        if not new:
            return Listed("again", "box_on_the_act", box, 0, left=left)
        _add_inside(session, act, box, new, by, now)
    return Listed("recorded", "box_opened", box, len(new), left=left)


def remove_line(act: int, item: int, *, by: Actor) -> None:
    """Take a unit off an act that is not signed. Raises NotAllowed, NotFound and Conflict."""
    if not by.may(Action.SCAN_FIELD):
        raise NotAllowed
    with transaction() as session:
        act_as(session, by.ref)
        open_draft(session, act, by)
        session.execute(delete(ActLine).where(ActLine.act == act, ActLine.item == item))


def correct_list(act: int, *, by: Actor, now: datetime) -> int:
    """Make the list what stands there now; how many lines that changed.

    Units that cannot be handed over any more or have left their box come off; what was put into a
    listed box since comes on. Raises NotAllowed, NotFound and Conflict.
    """
    if not by.may(Action.SCAN_FIELD):
        raise NotAllowed
    with transaction() as session:
        act_as(session, by.ref)
        open_draft(session, act, by)
        found = changes(session, act, by)
        off = [one.unit for one in found if one.kind in ("gone", "left_box")]
        items = select(Item.id).where(Item.code.in_(off))
        session.execute(delete(ActLine).where(ActLine.act == act, ActLine.item.in_(items)))
        for box in _boxes_of(session, act):
            listed = set(session.scalars(select(ActLine.item).where(ActLine.act == act)))
            fitting, _ = _sorted(_inside(session, box, by))
            new = [(row, path) for row, path in fitting if row.id not in listed]
            _add_inside(session, act, box, new, by, now)
    return len(found)


def changes_since(act: int, reader: Actor) -> list[Change]:
    """`changes` for a page that shows an act in draft."""
    return changes(db.session(), act, reader)


def changes(
    session: Session,
    act: int,
    by: Actor,
    *,
    shown: Collection[str] | None = None,
    done: Set[int] = frozenset(),
    lock: bool = False,
) -> list[Change]:
    """How the list of an act differs from what stands there, and from the codes that were `shown`.

    `done` are items that this act has handed over already; `lock` keeps every listed unit as it is
    until the transaction ends.
    """
    query = (
        select(
            Item.id,
            Item.code,
            Item.status,
            Item.custodian,
            Item.handling_unit,
            ActLine.box,
            ActLine.confirmed,
        )
        .join(ActLine, ActLine.item == Item.id)
        .where(ActLine.act == act)
        .order_by(Item.id)
    )
    rows = session.execute(query.with_for_update(of=Item) if lock else query).all()
    listed = {row.id for row in rows}
    boxes = {box: _Open(session, box) for box in sorted({row.box for row in rows if row.box})}
    found = [
        change for row in rows if row.id not in done and (change := _changed(session, row, boxes))
    ]
    for box in boxes.values():
        fitting, _ = _sorted(_inside(session, box.code, by))
        found += [
            Change("in_box", row.code, box.name) for row, _ in fitting if row.id not in listed
        ]
    if shown is not None:
        now = {row.code for row in rows}
        found += [Change("added", code) for code in sorted(now - set(shown))]
        found += [Change("taken_off", code) for code in sorted(set(shown) - now)]
    return found


def refuse_changed(found: Sequence[Change]) -> None:
    """Raise ListChanged where a list is not what stands there."""
    if found:
        raise ListChanged(changes=[asdict(one) for one in found])


def open_draft(session: Session, act: int, by: Actor) -> HandoverAct:
    """The act in reach, locked, while its list may change. Raises NotFound and Conflict."""
    row = reach.one(session, HandoverAct, act, by, lock=True)
    if row is None:
        raise NotFound
    if row.state == "signed":
        raise Conflict("The act is signed already.")
    if row.number is not None:
        raise Conflict("The act is printed: its list is final. Make another act.")
    return row


class _Open:
    """A box whose units are on a list: its name; itself and the boxes that stand in it."""

    def __init__(self, session: Session, code: str) -> None:
        self.code = code
        self.name = session.scalar(select(HandlingUnit.name).where(HandlingUnit.code == code)) or ""
        self.within = frozenset(session.scalars(boxes_within(code)))


def _changed(session: Session, row: Any, boxes: dict[str, _Open]) -> Change | None:
    path = missing_steps(Status(row.status) if row.status else None, ACCEPTING)
    if path is None or (path and not row.confirmed):
        holder = session.get(Party, row.custodian) if row.custodian else None
        return Change("gone", row.code, status=row.status, holder=holder.name if holder else "")
    if row.box and row.handling_unit not in boxes[row.box].within:
        return Change("left_box", row.code, boxes[row.box].name)
    return None


def _is_open(session: Session, act: int, by: Actor) -> bool:
    row = reach.one(session, HandoverAct, act, by, lock=True)
    return row is not None and row.state == "draft" and row.number is None


def _many(session: Session, act: int) -> int:
    return session.scalar(select(func.count()).where(ActLine.act == act)) or 0


def _inside(session: Session, box: str, by: Actor) -> Sequence[Inside]:
    """What in reach lies in a box and in what stands in it."""
    return session.execute(
        select(Item.id, Item.code, Item.status)
        .where(Item.handling_unit.in_(boxes_within(box)), reach.of(Item, by))
        .order_by(Item.id)
    ).all()


def _sorted(
    inside: Sequence[Inside],
) -> tuple[list[Fitting], tuple[tuple[str, str], ...]]:
    """Those that can be handed over, each with the steps nobody scanned; and the others."""
    fitting: list[Fitting] = []
    left: list[tuple[str, str]] = []
    for row in inside:
        path = missing_steps(Status(row.status) if row.status else None, ACCEPTING)
        if path is None:
            left.append((row.code, str(row.status)))
        else:
            fitting.append((row, path))
    return fitting, tuple(left)


def _add_inside(
    session: Session,
    act: int,
    box: str,
    units: Sequence[Fitting],
    by: Actor,
    now: datetime,
) -> None:
    for row, path in units:
        said = {"code": row.code, "box": box, "confirmed": bool(path)}
        session.add(ActLine(act=act, item=row.id, added_by=by.ref, added_at=now, **said))


def _boxes_of(session: Session, act: int) -> list[str]:
    query = select(ActLine.box).where(ActLine.act == act, ActLine.box.is_not(None)).distinct()
    return sorted(box for box in session.scalars(query) if box)


def _unit(session: Session, code: str, by: Actor) -> Any | None:
    """The item in reach that a label's code or a maker's number names."""
    columns = (Item.id, Item.code, Item.product, Item.status)
    within = select(*columns).where(reach.of(Item, by))
    worn = within.join(Label, Label.item == Item.id).where(Label.code == code)
    carried = within.join(Identifier, Identifier.item == Item.id).where(
        Identifier.value == code, Identifier.live
    )
    return session.execute(worn).first() or session.execute(carried).first()


def _why_none(session: Session, code: str) -> str:
    """The word for a code that names no unit."""
    if is_canonical(code):
        state = session.scalar(select(Label.state).where(Label.code == code))
        return "label_blank" if state == "blank" else "unit_unknown"
    return "product_barcode" if is_gtin(code) else "unit_unknown"


def _asked(
    session: Session, unit: Any, labels: set[str], scanned: tuple[str, str | None], by: Actor
) -> Listed | None:
    """What is still to be scanned of a terminal, or wrong about it; None when nothing is."""
    code, second = scanned
    query = select(Product.kind == "satellite_terminal").where(Product.ref == unit.product)
    if not session.scalar(query) or code not in labels:
        return None
    if second is None:
        return Listed("pair", "", unit.code)
    other = _unit(session, second, by)
    if other is None and is_gtin(second):
        return Listed("refused", "product_barcode", unit.code)
    if other is None or other.id != unit.id or second in labels:
        return Listed("refused", "wrong_serial", unit.code)
    return None


def _again(line: ActLine, unit: Any, labels: set[str], code: str, second: str | None) -> Listed:
    """The unit is listed already; a maker's number that was not scanned before proves it now."""
    number = second or (code if code not in labels else None)
    if number is None or _is_proved(line):
        return Listed("again", "on_the_act", unit.code)
    line.second_identifier, line.box = number, None
    return Listed("recorded", "number_added", unit.code)


def _is_proved(line: ActLine) -> bool:
    """Whether a maker's number was scanned of a listed unit, by itself or beside the label."""
    return line.second_identifier is not None or not is_canonical(line.code)


def _labels(session: Session, item: int) -> set[str]:
    return set(session.scalars(select(Label.code).where(Label.item == item)))
