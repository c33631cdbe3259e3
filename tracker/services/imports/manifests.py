"""A manifest beside what is known: which rows are new units, which name units already here.

A row is known when a live unit carries one of its identifiers. Rows without any identifier (of
products that ask for none) are told apart by nothing: in another delivery they are new units, in
the list of one that is here they are counted: so many of a product in a box on a journey, against
those that it announced before.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import String, cast, exists, literal, select
from sqlalchemy.orm import Session

from tracker.domain.deliveries import Which
from tracker.domain.identifiers import SCHEMES, search_key
from tracker.domain.sheets import Rows
from tracker.models import Event, HandlingUnit, Identifier, Item, Party, PledgeLine, Product
from tracker.services.imports.deliveries import Choice, choose
from tracker.services.imports.importing import Import, among

BLOCK = 5_000

Pair = tuple[str, str]
"""(pledge, product)."""


@dataclass(slots=True)
class Known:
    """One unit that is here already, as far as a manifest can say something about it."""

    id: int
    code: str
    pledge: str
    product: str
    delivery: str | None
    owner: str | None
    status: str | None
    handling_unit: str | None
    consignment: str | None
    carries: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Line:
    """A pledge line with what its product asks for."""

    id: int
    quantity: int
    needs: frozenset[str]


@dataclass(slots=True)
class Manifest:
    """The rows of a manifest: places of new ones, (place, unit) of known ones that differ.

    `same` counts known rows that say nothing new. `choices` says of each pledge which of its
    deliveries this is; `boxes` holds the codes of those deliveries' boxes by (pledge, name in its
    search form), and `names` what is written on every box of the pledges.
    """

    rows: Rows
    lines: dict[Pair, Line]
    choices: dict[str, Choice]
    names: dict[str, str]
    at: dict[str, int]
    schemes: tuple[tuple[str, int], ...]
    boxes: dict[Pair, str] = field(default_factory=dict)
    new: list[int] = field(default_factory=list)
    differ: list[tuple[int, Known]] = field(default_factory=list)
    same: int = 0
    _keys: dict[str, str] = field(default_factory=dict)

    def pair(self, place: int) -> Pair:
        """Pledge and product of the row at `place`."""
        values = self.rows.values[place]
        return values[self.at["pledge"]], values[self.at["product"]]

    def pledge(self, place: int) -> str:
        """The pledge of the row at `place`."""
        return str(self.rows.values[place][self.at["pledge"]])

    def many(self, pledge: str) -> int:
        """How many rows are of a pledge."""
        column = self.at["pledge"]
        return sum(values[column] == pledge for values in self.rows.values)

    def of(self, place: int, column: str) -> Any:
        """The value in `column` of the row at `place`; None where the file has no such column."""
        found = self.at.get(column)
        return None if found is None else self.rows.values[place][found]

    def box(self, place: int) -> Pair | None:
        """(pledge, name in its search form) of the box that the row at `place` names."""
        name = self.of(place, "handling_unit")
        if name is None:
            return None
        key = self._keys.get(name)
        if key is None:
            key = self._keys[name] = search_key(name)
        return self.pledge(place), key


def compare(session: Session, work: Import, which: Which) -> Manifest:
    """Read the manifest beside the database. What is wrong is added to the rows' faults."""
    rows = work.rows
    at = {column: place for place, column in enumerate(rows.columns)}
    schemes = tuple((scheme, at[scheme]) for scheme in SCHEMES if scheme in at)
    lines = _lines(session, work)
    pledges = {pledge for pledge, _ in lines}
    choices = choose(session, rows, pledges, which)
    boxes = _boxes(session, pledges)
    names = {code: key for code, _, _, key in boxes}
    manifest = Manifest(rows, lines, choices, names, at, schemes)
    work.must_exist(session, "owner", Party.ref, "party")
    bare = _read(manifest)
    _match(session, manifest, set(bare))
    _take_bare(session, manifest, bare)
    manifest.new.sort()
    again = {one.again.ref for one in choices.values() if one.again}
    manifest.boxes = {
        (pledge, key): code for code, pledge, delivery, key in boxes if delivery in again
    }
    return manifest


def _boxes(session: Session, pledges: Collection[str]) -> list[tuple[str, str, str | None, str]]:
    """(code, pledge, delivery, name in its search form) of every box of the pledges."""
    found = session.execute(
        select(
            HandlingUnit.code, HandlingUnit.pledge, HandlingUnit.delivery, HandlingUnit.name
        ).where(among(session, HandlingUnit.pledge, pledges))
    )
    return [(row.code, row.pledge or "", row.delivery, search_key(row.name)) for row in found]


def _lines(session: Session, work: Import) -> dict[Pair, Line]:
    """The pledge lines that the rows belong to; pairs that are none are faults, each once."""
    rows = work.rows
    pledge, product = rows.columns.index("pledge"), rows.columns.index("product")
    first: dict[Pair, int] = {}
    for line, values in zip(rows.lines, rows.values, strict=True):
        first.setdefault((values[pledge], values[product]), line)
    found = session.execute(
        select(
            PledgeLine.id,
            PledgeLine.pledge,
            PledgeLine.product,
            PledgeLine.quantity,
            Product.identifiers,
        )
        .join(Product, Product.ref == PledgeLine.product)
        .where(among(session, PledgeLine.pledge, {pledge for pledge, _ in first}))
    )
    lines = {
        (row.pledge, row.product): Line(
            row.id,
            row.quantity,
            frozenset(row.identifiers.split()),
        )
        for row in found
    }
    pledges = {pledge for pledge, _ in lines}
    for pair, line in first.items():
        if pair[0] not in pledges:
            rows.fault(line, "pledge", f"there is no pledge {pair[0]}; import it first")
        elif pair not in lines:
            rows.fault(line, "product", f"pledge {pair[0]} has no line for {pair[1]}; add it first")
    return lines


def _read(manifest: Manifest) -> list[int]:
    """Check each row beside the others; the places of rows without any identifier."""
    rows, lines, schemes = manifest.rows, manifest.lines, manifest.schemes
    pledge, product = manifest.at["pledge"], manifest.at["product"]
    carried: dict[str, dict[str, int]] = {scheme: {} for scheme, _ in schemes}
    absent = frozenset(SCHEMES) - carried.keys()
    bare = []
    for place, values in enumerate(rows.values):
        pledged = lines.get((values[pledge], values[product]))
        if pledged is None:
            continue
        some = False
        for scheme, column in schemes:
            value = values[column]
            if value is None:
                if scheme in pledged.needs:
                    rows.fault(
                        rows.lines[place], scheme, f"is empty; a {values[product]} must have one"
                    )
                continue
            some = True
            first = carried[scheme].setdefault(value, place)
            if first != place:
                reason = f"{value} is on line {rows.lines[first]} already"
                rows.fault(rows.lines[place], scheme, reason)
        if missing := pledged.needs & absent:
            reason = f"there is no such column; a {values[product]} must have one"
            rows.fault(rows.lines[place], min(missing), reason)
        if not some:
            bare.append(place)
    return bare


def _match(session: Session, manifest: Manifest, bare: Collection[int]) -> None:
    """Find the units that carry the rows' identifiers, block by block."""
    rows, first = manifest.rows, dict[int, int]()
    for start in range(0, len(rows), BLOCK):
        places = range(start, min(start + BLOCK, len(rows)))
        holders = _holders(session, manifest, places)
        units = _load(session, {item for items in holders.values() for item in items})
        for place in places:
            if place not in holders:
                if place not in bare:
                    manifest.new.append(place)
                continue
            found = [units[item] for item in sorted(holders[place])]
            before = first.setdefault(found[0].id, place)
            if before != place:
                reason = f"names the same unit as line {rows.lines[before]}: {found[0].code}"
                rows.fault(rows.lines[place], "", reason)
            else:
                _known(manifest, place, found)


def _holders(session: Session, manifest: Manifest, places: range) -> dict[int, set[int]]:
    """{place: items that carry one of the row's identifiers now}."""
    holders: dict[int, set[int]] = defaultdict(set)
    for scheme, column in manifest.schemes:
        told = ((manifest.rows.values[place][column], place) for place in places)
        values = {value: place for value, place in told if value is not None}
        if not values:
            continue
        found = session.execute(
            select(Identifier.value, Identifier.item).where(
                Identifier.scheme == scheme,
                Identifier.live,
                among(session, Identifier.value, values),
            )
        )
        for value, item in found:
            holders[values[value]].add(item)
    return holders


def _known(manifest: Manifest, place: int, units: list[Known]) -> None:
    """One row that names units which are here: the same, different, or wrong."""
    rows, unit = manifest.rows, units[0]
    line, values = rows.lines[place], rows.values[place]
    if len(units) > 1:
        codes = ", ".join(each.code for each in units)
        rows.fault(line, "", f"its identifiers are on different units: {codes}")
    elif (unit.pledge, unit.product) != manifest.pair(place):
        for scheme, column in manifest.schemes:
            if unit.carries.get(scheme) == values[column] is not None:
                where = f"unit {unit.code} of {unit.pledge}, {unit.product}"
                rows.fault(line, scheme, f"{values[column]} is on {where} already")
                break
    elif _differs(manifest, place, unit):
        manifest.differ.append((place, unit))
    else:
        manifest.same += 1


def _differs(manifest: Manifest, place: int, unit: Known) -> bool:
    values = manifest.rows.values[place]
    for scheme, column in manifest.schemes:
        if values[column] is not None and values[column] != unit.carries.get(scheme):
            return True
    if manifest.of(place, "owner") not in (None, unit.owner):
        return True
    return bool(stays(manifest, place, unit))


def stays(manifest: Manifest, place: int, unit: Known) -> list[str]:
    """Columns that a manifest says differently of a unit that was announced, and cannot change.

    Its box and its journey are the ledger's word. Once it was scanned they may differ as they like.
    """
    if unit.status != "announced":
        return []
    told, box = [], manifest.box(place)
    if box is not None and manifest.names.get(unit.handling_unit or "") != box[1]:
        told.append("handling_unit")
    if manifest.of(place, "consignment") not in (None, unit.consignment):
        told.append("consignment")
    return told


def _load(session: Session, items: Collection[int]) -> dict[int, Known]:
    units: dict[int, Known] = {}
    for row in session.execute(
        select(
            Item.id,
            Item.code,
            Item.pledge,
            Item.product,
            Item.delivery,
            Item.owner,
            Item.status,
            Item.handling_unit,
            Item.consignment,
        ).where(among(session, Item.id, items))
    ):
        units[row.id] = Known(*row)
    for item, scheme, value in session.execute(
        select(Identifier.item, Identifier.scheme, Identifier.value).where(
            among(session, Identifier.item, items), Identifier.live
        )
    ):
        units[item].carries[scheme] = value
    return units


def _take_bare(session: Session, manifest: Manifest, bare: list[int]) -> None:
    """Rows that nothing tells apart: new in another delivery, counted in one that is here."""
    of: dict[str, list[int]] = defaultdict(list)
    for place in bare:
        of[manifest.pledge(place)].append(place)
    new = {manifest.pledge(place) for place in manifest.new}
    for pledge, choice in manifest.choices.items():
        places = of.get(pledge, [])
        listed = choice.again
        if choice.is_open and places and pledge not in new:
            [listed] = choice.here
        over = _beyond(session, manifest, places, listed.ref) if listed else places
        if choice.again is None:
            # What was announced before bytes were remembered is known by holding every row.
            choice.again, over = (None, places) if over else (listed, [])
        manifest.new += over
        manifest.same += len(places) - len(over)


def _beyond(session: Session, manifest: Manifest, bare: list[int], delivery: str) -> list[int]:
    """Rows that nothing tells apart and that are beyond what a delivery announced before."""
    here: Counter[tuple[str | None, ...]] = Counter()
    for pair in {manifest.pair(place) for place in bare}:
        bodies = session.scalars(
            select(Event.body)
            .join(Item, Event.subject == literal("item:") + cast(Item.id, String))
            .where(Item.pledge == pair[0], Item.product == pair[1], Item.delivery == delivery)
            .where(Event.step == "announcing", ~exists().where(Identifier.item == Item.id))
        )
        for body in map(json.loads, bodies):
            box = manifest.names.get(body.get("handling_unit"))
            here[*pair, body.get("consignment"), box] += 1
    over = []
    for place in bare:
        box_named = manifest.box(place)
        told = (
            *manifest.pair(place),
            manifest.of(place, "consignment"),
            box_named[1] if box_named else None,
        )
        if here[told] > 0:
            here[told] -= 1
        else:
            over.append(place)
    return over
