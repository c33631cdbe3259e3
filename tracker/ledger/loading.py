"""What scanned codes name: items and handling units, loaded and locked, a chunk at a time.

One query for all labels of a chunk; more only when something else was scanned: a maker's
identifier, a box, a blank label. Rows are locked in the order of their numbers (on PostgreSQL;
SQLite's writer has the whole database anyway), blank labels last: what is kept under a blank
label's code must be there before somebody binds the label, or see that it is bound.
"""

from __future__ import annotations

from collections.abc import Collection, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, or_, select
from sqlalchemy.engine import Connection

from tracker.domain.custody import Folded, State
from tracker.domain.occurrences import Holder, Occurrence
from tracker.domain.scans import Brief
from tracker.ledger import columns
from tracker.models import HandlingUnit, Identifier, Item, Label, Product
from tracker.queries import nesting
from tracker.queries.stories import TERMINAL


class Overtaken(Exception):
    """Another writer bound a label first: the chunk has to be read and judged again."""


@dataclass(slots=True)
class Unit:
    """One item while a chunk is written: its state, its chain's end, and what is new.

    `told` are its events and their fold, if its past changed; `waiting` new scans of it by somebody
    who does not reach it.
    """

    item: int
    code: str
    pledge: str
    product: str
    terminal: bool
    sought: bool
    before: State
    state: State
    seq: int
    head: bytes | None
    new: list[Occurrence] = field(default_factory=list)
    refold: bool = False
    told: tuple[list[Occurrence], Folded] | None = None
    waiting: list[Occurrence] = field(default_factory=list)

    def wait(self, event: Occurrence) -> None:
        """Remember a scan out of reach, for whoever folds the story anew (`write_waiting`)."""
        self.waiting.append(event)
        was = self.before, self.state
        self.before, self.state = (replace(state, waits=True) for state in was)
        if was[0] is was[1]:
            self.state = self.before

    @property
    def subject(self) -> str:
        """The chain its events belong to."""
        return f"item:{self.item}"

    @property
    def holder(self) -> Holder:
        """Whose story this is, for the fold."""
        return Holder(self.subject, self.terminal)

    @property
    def has_moved(self) -> bool:
        """Whether there is anything to write of it."""
        return bool(self.new) or self.refold or self.state is not self.before

    def brief(self) -> Brief:
        """What an answer tells about the item."""
        return {
            "code": self.code,
            "product": self.product,
            "status": self.state.status.value if self.state.status else None,
            "condition": self.state.condition,
            "location": self.state.location,
        }


@dataclass(slots=True)
class Box:
    """One handling unit while a chunk is written."""

    code: str
    seq: int
    head: bytes | None
    last_effective_at: datetime | None
    parent: str | None = None
    touched: bool = False

    @property
    def subject(self) -> str:
        """The chain its events belong to."""
        return f"unit:{self.code}"


@dataclass(slots=True)
class Loaded:
    """Everything a chunk's codes name. `parents` says which loaded box stands in which other;
    `alike` that the same was asked of the database as for codes that name nothing."""

    by_code: dict[str, Unit | Box] = field(default_factory=dict)
    blank: set[str] = field(default_factory=set)
    revoked: dict[str, datetime | None] = field(default_factory=dict)
    identifiers: set[str] = field(default_factory=set)
    units: dict[int, Unit] = field(default_factory=dict)
    boxes: dict[str, Box] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    alike: bool = False

    def inside(self, box: Box) -> list[tuple[Unit, str]]:
        """The loaded items that are in `box` now, each with the box that it lies in itself.

        With those that left it without anybody saying so: a scan of the box may tell otherwise.
        """
        return [
            (unit, lies_in)
            for unit in self.units.values()
            if (lies_in := unit.state.handling_unit or (unit.state.left or ("",))[0])
            and nesting.is_inside(lies_in, box.code, self.parents)
        ]

    def contents(self, target: Unit | Box | None) -> list[Unit]:
        """The loaded items inside what a code names, if that is a box."""
        return [unit for unit, _ in self.inside(target)] if isinstance(target, Box) else []

    def place(self, box: Box) -> None:
        """Remember where `box` stands from now on."""
        if box.parent is None:
            self.parents.pop(box.code, None)
        else:
            self.parents[box.code] = box.parent


_ITEM = (
    Item.id,
    Item.code,
    Item.pledge,
    Item.product,
    Product.kind.label("product_kind"),
    Item.sought,
    Item.status,
    Item.condition,
    Item.location,
    Item.area,
    Item.at_site,
    Item.custodian,
    Item.handling_unit,
    Item.apart,
    Item.left_box,
    Item.left_event,
    Item.consignment,
    Item.status_before,
    Item.proposed_by,
    Item.proposed_event,
    Item.bound_for,
    Item.bound_area,
    Item.waits,
    Item.shipped_at,
    Item.received_at,
    Item.signed_for_at,
    Item.deployed_at,
    Item.working_at,
    Item.online_at,
    Item.inspected_at,
    Item.last_effective_at,
    Item.last_device_seq,
    Item.last_event,
    Item.seq,
    Item.head,
)


def _locked(query: Any) -> Any:
    return query.order_by(Item.id).with_for_update(of=Item)


_BY_LABEL = _locked(
    select(Label.code.label("scanned"), Label.state, Label.revoked_at, *_ITEM)
    .join(Item, Item.id == Label.item)
    .join(Product, Product.ref == Item.product)
    .where(Label.code.in_(bindparam("codes", expanding=True)))
)
_BY_IDENTIFIER = _locked(
    select(Identifier.value.label("scanned"), *_ITEM)
    .join(Item, Item.id == Identifier.item)
    .join(Product, Product.ref == Item.product)
    .where(Identifier.value.in_(bindparam("codes", expanding=True)), Identifier.live)
)
_WITHOUT_ITEM = select(Label.code, Label.state, Label.item, Label.handling_unit).where(
    Label.code.in_(bindparam("codes", expanding=True))
)
_STILL_BLANK = (
    select(Label.code)
    .where(Label.code.in_(bindparam("codes", expanding=True)), Label.state == "blank")
    .order_by(Label.code)
    .with_for_update()
)
_BOXES = (
    select(
        Label.code.label("scanned"),
        HandlingUnit.code,
        HandlingUnit.seq,
        HandlingUnit.head,
        HandlingUnit.last_effective_at,
        HandlingUnit.parent,
    )
    .join(HandlingUnit, HandlingUnit.code == Label.handling_unit)
    .where(Label.code.in_(bindparam("codes", expanding=True)))
    .order_by(HandlingUnit.code)
    .with_for_update(of=HandlingUnit)
)
_ITEMS = select(*_ITEM).join(Product, Product.ref == Item.product)
_INSIDE = _locked(
    _ITEMS.where(
        or_(
            Item.handling_unit.in_(bindparam("boxes", expanding=True)),
            Item.left_box.in_(bindparam("boxes", expanding=True)),
        )
    )
)
_BY_NUMBER = _locked(_ITEMS.where(Item.id.in_(bindparam("items", expanding=True))))


def load(connection: Connection, codes: Set[str], *, at: Set[str] | None = None) -> Loaded:
    """Load and lock what `codes` name: canonical label codes or normalised identifiers.

    With `at`, the places of who sent them, the database is asked the same whatever they name,
    unless all of it stands there. Raises Overtaken where another writer bound one of them while we
    looked.
    """
    found = Loaded()
    for row in connection.execute(_BY_LABEL, {"codes": list(codes)}):
        found.by_code[row.scanned] = _unit(found, row)
        if row.state == "revoked":
            found.revoked[row.scanned] = row.revoked_at
    others = codes - found.by_code.keys()
    here = not others and all(unit.state.location in (at or ()) for unit in found.units.values())
    alike = found.alike = at is not None and not here
    if others or alike:
        boxes = []
        for row in connection.execute(_WITHOUT_ITEM, {"codes": list(codes if alike else others)}):
            if row.item is not None and row.code in others:
                raise Overtaken(row.code)
            if row.state == "blank":
                found.blank.add(row.code)
            elif row.handling_unit is not None:
                boxes.append(row.code)
        if boxes or alike:
            _load_boxes(connection, found, codes if alike else boxes, alike=alike)
        _load_by_identifier(
            connection, found, codes if alike else others - found.blank - set(boxes)
        )
        _hold_blank(connection, found.blank, codes if alike else found.blank)
    return found


def _hold_blank(connection: Connection, blank: Set[str], asked: Set[str]) -> None:
    """Keep labels blank until this transaction ends."""
    if asked:
        held = set(connection.scalars(_STILL_BLANK, {"codes": list(asked)}))
        for code in blank - held:
            raise Overtaken(code)


def _load_by_identifier(connection: Connection, found: Loaded, texts: Set[str]) -> None:
    if texts:
        for row in connection.execute(_BY_IDENTIFIER, {"codes": list(texts)}):
            found.by_code[row.scanned] = _unit(found, row)
            found.identifiers.add(row.scanned)


def _load_boxes(
    connection: Connection, found: Loaded, labels: Collection[str], *, alike: bool
) -> None:
    """Handling units by their labels, and the items now inside each."""
    boxes = boxes_by_label(connection, found, labels)
    found.by_code.update(boxes)
    codes = {box.code for box in boxes.values()}
    if alike:
        codes.update(labels)
    found.parents.update(nesting.children(connection, codes))
    codes.update(found.parents)
    for row in connection.execute(_INSIDE, {"boxes": list(codes)}):
        _unit(found, row)


def boxes_by_label(
    connection: Connection, found: Loaded, labels: Collection[str]
) -> dict[str, Box]:
    """Handling units by the labels that name them, locked, without what is inside."""
    named = {}
    for row in connection.execute(_BOXES, {"codes": list(labels)}):
        if row.code not in found.boxes:
            found.boxes[row.code] = Box(
                row.code, row.seq, row.head, row.last_effective_at, row.parent
            )
            if row.parent is not None:
                found.parents[row.code] = row.parent
        named[row.scanned] = found.boxes[row.code]
    return named


def by_number(connection: Connection, found: Loaded, items: Collection[int]) -> list[Unit]:
    """Items by their numbers, locked, each the same object if it was loaded before."""
    if not items:
        return []
    rows = connection.execute(_BY_NUMBER, {"items": list(items)})
    return [_unit(found, row) for row in rows]


def _unit(found: Loaded, row: Row[Any]) -> Unit:
    """The item in the last columns of `row`; the same object if it was loaded before."""
    number, code, pledge, product, kind, sought, *stored, seq, head = row[-len(_ITEM) :]
    known = found.units.get(number)
    if known is not None:
        return known
    state = columns.state_of(stored)
    terminal = kind == TERMINAL
    unit = Unit(number, code, pledge, product, terminal, sought, state, state, seq, head)
    found.units[number] = unit
    return unit
