"""What travels with a consignment: its units, the boxes they lie in, and what a carrier counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select

from tracker.db import db
from tracker.domain.receiving import How
from tracker.models import HandlingUnit, Item, PackingLine
from tracker.queries.arrivals import ARRIVALS, CAME
from tracker.queries.handling_units import standing_on
from tracker.queries.standings import is_listed, planned, to_list


@dataclass(frozen=True, slots=True)
class Package:
    """What a carrier counts, or a box that stands on it (`inside`).

    How many units it brings, how many are still missing. Units that lie in nothing have no code.
    `twin` says that the same is written on another one of the consignment.
    """

    code: str | None
    name: str | None
    kind: str | None
    units: int
    missing: int
    twin: bool = False
    inside: tuple[Package, ...] = ()


@dataclass(frozen=True, slots=True)
class Load:
    """What travels with a consignment: its list, or before that is fixed what is loaded.

    `boxes` are the units' boxes by item, `tops` what these stand on, `kinds` whether they are boxes
    or pallets. `is_plan` says that nothing is loaded yet, and this is what should be.
    """

    boxes: dict[int, str | None]
    tops: dict[str, str]
    kinds: dict[str, str]
    is_plan: bool = False

    @property
    def items(self) -> list[int]:
        """The units."""
        return list(self.boxes)

    @property
    def packages(self) -> set[str]:
        """What a carrier counts: pallets, and boxes that stand on none."""
        return set(self.tops.values())

    @property
    def real_boxes(self) -> set[str]:
        """Boxes, on pallets or not; a pallet is none."""
        return {code for code in self.tops if self.kinds[code] == "box"}

    @property
    def loose(self) -> list[int]:
        """Units that lie in nothing."""
        return [item for item, box in self.boxes.items() if box is None]


_LISTED = (
    select(PackingLine.item, PackingLine.handling_unit, PackingLine.package)
    .join(
        ARRIVALS,
        (ARRIVALS.c.consignment == PackingLine.consignment) & (ARRIVALS.c.item == PackingLine.item),
    )
    .where(ARRIVALS.c.how != How.NOT_SENT.value)
    .order_by(PackingLine.item)
)


def load(ref: str) -> Load:
    """What travels with a consignment, unit by unit.

    Once loading has begun, what was planned and stands in stock still is not on it, nor, once it
    has left, what turned out not to have been sent: a list never names a package that stays.
    """
    connection = db.session.connection()
    if is_listed(connection, ref):
        listed = db.session.execute(_LISTED.where(PackingLine.consignment == ref)).all()
        boxes = {row.item: row.handling_unit for row in listed}
        tops = {row.handling_unit: row.package for row in listed if row.handling_unit}
        tops = {box: top or box for box, top in tops.items()}
        return Load(boxes, tops, _kinds(tops.keys() | set(tops.values())))
    is_plan = loaded(ref) == 0
    boxes = planned(connection, ref) if is_plan else to_list(connection, ref)
    tops = standing_on({box for box in boxes.values() if box})
    return Load(boxes, tops, _kinds(tops.keys() | set(tops.values())), is_plan)


def not_loaded(ref: str) -> int:
    """How many units were planned for a consignment that is being loaded, and are not on it."""
    connection = db.session.connection()
    if loaded(ref) == 0 or is_listed(connection, ref):
        return 0
    return len(planned(connection, ref).keys() - to_list(connection, ref).keys())


def packages(ref: str) -> list[Package]:
    """What a carrier counts of a consignment, by name, with what stands on it; loose units last."""
    found = load(ref)
    gone = _missing_of(ref, found.items)
    many = Counter(found.boxes.values())
    missing = Counter(box for item, box in found.boxes.items() if item in gone)
    names = _names(found.kinds)
    written = Counter(names.values())

    def one(code: str, units: int, lacks: int, *inside: Package) -> Package:
        name, kind = names[code], found.kinds[code]
        return Package(code, name, kind, units, lacks, written[name] > 1, inside)

    on: dict[str, list[Package]] = defaultdict(list)
    for box, top in sorted(found.tops.items(), key=lambda pair: (names[pair[0]], pair[0])):
        if box != top:
            on[top].append(one(box, many[box], missing[box]))
    told = []
    for top in sorted(found.packages, key=lambda code: (names[code], code)):
        units = many[top] + sum(box.units for box in on[top])
        lacks = missing[top] + sum(box.missing for box in on[top])
        told.append(one(top, units, lacks, *on[top]))
    if found.loose:
        told.append(Package(None, None, None, many[None], missing[None]))
    return told


def _missing_of(ref: str, items: Collection[int]) -> set[int]:
    """Those of a consignment's units that nobody has received."""
    came = select(ARRIVALS.c.item).where(ARRIVALS.c.consignment == ref, ARRIVALS.c.how.in_(CAME))
    return set(items) - set(db.session.scalars(came))


def _kinds(codes: Collection[str]) -> dict[str, str]:
    """{code: box or pallet}."""
    query = select(HandlingUnit.code, HandlingUnit.kind).where(HandlingUnit.code.in_(codes))
    return {row.code: row.kind for row in db.session.execute(query)}


def _names(codes: Collection[str]) -> dict[str, str]:
    """What is written on boxes and pallets."""
    query = select(HandlingUnit.code, HandlingUnit.name).where(HandlingUnit.code.in_(codes))
    return {row.code: row.name for row in db.session.execute(query)}


def loaded(ref: str) -> int:
    """How many units are on the way with a consignment."""
    return (
        db.session.scalar(
            select(func.count()).where(Item.consignment == ref, Item.status == "in_transit")
        )
        or 0
    )
