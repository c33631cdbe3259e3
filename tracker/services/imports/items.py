"""Importing items: the units of a manifest, with labels, boxes and journeys made for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from itertools import islice
from operator import itemgetter
from typing import cast

from sqlalchemy import Table, func, insert, select, update
from sqlalchemy.orm import Session

from labels.codes import new_codes
from tracker.domain.deliveries import UNSAID, Which
from tracker.domain.identifiers import search_key
from tracker.domain.permissions import Actor
from tracker.domain.sheets import Change, ImportReport, Rows
from tracker.ledger.announcing import NewItem, announce
from tracker.ledger.bulk import insert_rows
from tracker.models import Consignment, HandlingUnit, Identifier, Item, Label
from tracker.services.imports import deliveries
from tracker.services.imports.importing import Import, Progress, among, importing
from tracker.services.imports.manifests import Known, Manifest, compare, stays

BLOCK = 10_000
_IDENTIFIERS = cast(Table, Identifier.__table__)
_LABELS = cast(Table, Label.__table__)


def import_items(
    rows: Rows,
    *,
    by: Actor,
    now: datetime,
    sha256: str | None = None,
    which: Which = UNSAID,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Announce the units of a manifest that are new; of known ones, keep identifiers that changed.

    Each new unit and box gets a label with a code of its own, in a new delivery of its pledge
    unless `which` says otherwise; a file whose bytes (`sha256`) were imported before changes
    nothing. Raises ImportRefused with every row that lacks an identifier its product asks for, or
    names one that another unit carries. More units than were pledged are taken in and said in the
    report: they are real, and the pledge can be revised.
    """
    with importing("items", rows, by, dry_run) as (session, work):
        before = deliveries.imported_before(session, sha256) if sha256 and not which.new else ()
        if before:
            work.report.unchanged = len(rows)
            work.report.notes.append(deliveries.told_again(before))
            return work.report
        manifest = compare(session, work, which)
        work.refuse_if_faulty()
        _note_deliveries(work, manifest)
        _note_over(session, work, manifest)
        writer = _Writer(session, work, manifest, by, now)
        for place, unit in manifest.differ:
            writer.update(place, unit)
        work.report.added = len(manifest.new)
        work.report.unchanged += manifest.same
        if not dry_run:
            writer.add(progress)
            if sha256:
                writer.keep_file(sha256)
    return work.report


def _note_deliveries(work: Import, manifest: Manifest) -> None:
    """Say what the list was taken as, of each pledge that has had a delivery before."""
    new = Counter(map(manifest.pledge, manifest.new))
    for pledge, choice in manifest.choices.items():
        if choice.here and (new[pledge] or choice.again is not None):
            known = manifest.many(pledge) - new[pledge]
            work.report.notes.append(choice.told(new[pledge], known))


def _note_over(session: Session, work: Import, manifest: Manifest) -> None:
    """Say where more units come than were pledged."""
    coming = Counter(map(manifest.pair, manifest.new))
    for pair, count in sorted(coming.items()):
        line = manifest.lines[pair]
        here = session.scalar(
            select(func.count()).select_from(Item).where(Item.pledge_line == line.id)
        )
        if (total := count + (here or 0)) > line.quantity:
            work.report.notes.append(
                f"{' '.join(pair)}: {total:,} units, but {line.quantity:,} were pledged: "
                f"{total - line.quantity:,} over. Check the manifest, or revise the pledge."
            )


class _Writer:
    """Writes a compared manifest."""

    def __init__(
        self, session: Session, work: Import, manifest: Manifest, by: Actor, now: datetime
    ) -> None:
        self.session = session
        self.connection = session.connection()
        self.work = work
        self.manifest = manifest
        self.by = by
        self.now = now
        self.boxes = manifest.boxes
        self.touched: set[str] = set()

    def update(self, place: int, unit: Known) -> None:
        """A unit that is here: keep identifiers and owner that differ, and say what stays."""
        values, line = self.manifest.rows.values[place], self.manifest.rows.lines[place]
        changes = []
        for scheme, column in self.manifest.schemes:
            new, old = values[column], unit.carries.get(scheme)
            if new is not None and new != old:
                changes.append(Change(line, unit.code, scheme, old, new))
                self._reread(unit, scheme, new)
        owner = self.manifest.of(place, "owner")
        if owner is not None and owner != unit.owner:
            changes.append(Change(line, unit.code, "owner", unit.owner, owner))
            self.session.execute(update(Item).where(Item.id == unit.id).values(owner=owner))
        if changes and unit.delivery:
            self.touched.add(unit.delivery)
        for told in stays(self.manifest, place, unit):
            self.work.rows.remarks.add(told, "stays as it was announced; a scan changes it", line)
        self.work.count(changes)

    def _reread(self, unit: Known, scheme: str, value: str) -> None:
        """A newer reading of an identifier: the older one is kept, but no longer holds."""
        self.session.execute(
            update(Identifier)
            .where(Identifier.item == unit.id, Identifier.scheme == scheme, Identifier.live)
            .values(live=False)
        )
        self._keep_readings([(unit.id, scheme, value)])
        unit.carries[scheme] = value
        self.session.execute(
            update(Item)
            .where(Item.id == unit.id)
            .values(search_text=search_text(self._codes(unit), unit.carries.values()))
        )

    def _codes(self, unit: Known) -> list[str]:
        """The codes of all labels that the unit wears or wore: people search for old ones too."""
        codes = self.session.scalars(
            select(Label.code).where(Label.item == unit.id).order_by(Label.code)
        )
        return [unit.code, *(code for code in codes if code != unit.code)]

    def add(self, progress: Callable[[int], None] | None) -> None:
        """The new units, block by block."""
        places = self.manifest.new
        for pledge in sorted(set(map(self.manifest.pledge, places))):
            choice = self.manifest.choices[pledge]
            deliveries.keep_delivery(self.session, choice, self.now)
            self.touched.add(choice.ref)
        self._make_consignments()
        self._make_boxes()
        codes = new_codes(len(places))
        for start in range(0, len(places), BLOCK):
            part = places[start : start + BLOCK]
            self._announce(part, self._fresh(list(islice(codes, len(part)))))
            if progress:
                progress(len(part))

    def keep_file(self, sha256: str) -> None:
        """Remember the file as the list of what it made, changed or was said to be."""
        choices = self.manifest.choices.values()
        self.touched |= {choice.again.ref for choice in choices if choice.again}
        many = {choice.ref: self.manifest.many(choice.pledge) for choice in choices}
        file = self.manifest.rows.file
        deliveries.keep_file(
            self.session, self.touched, file, sha256, many, by=self.by.ref, now=self.now
        )

    def _fresh(self, codes: list[str]) -> list[str]:
        """`codes`, with others in place of those that are on a label already."""
        while taken := set(
            self.session.scalars(select(Label.code).where(among(self.session, Label.code, codes)))
        ):
            others = new_codes(len(taken))
            codes = [next(others) if code in taken else code for code in codes]
        return codes

    def _make_consignments(self) -> None:
        """The journeys that the manifest names and that are not here yet."""
        first: dict[str, str] = {}
        for place in self.manifest.new:
            ref = self.manifest.of(place, "consignment")
            if ref is not None:
                first.setdefault(ref, self.manifest.of(place, "pledge"))
        here = set(
            self.session.scalars(
                select(Consignment.ref).where(among(self.session, Consignment.ref, first))
            )
        )
        rows = [
            {"ref": ref, "pledge": pledge, "made_at": self.now}
            for ref, pledge in first.items()
            if ref not in here
        ]
        if rows:
            self.session.execute(insert(Consignment), rows)
            self.work.report.notes.append(f"Consignments made: {len(rows):,}.")

    def _make_boxes(self) -> None:
        """The boxes that the manifest names and that are not here yet, each with its label."""
        new: dict[tuple[str, str], str] = {}
        for place in self.manifest.new:
            key = self.manifest.box(place)
            if key is not None and key not in self.boxes:
                new.setdefault(key, self.manifest.of(place, "handling_unit"))
        if not new:
            return
        codes = self._fresh(list(new_codes(len(new))))
        boxes = [
            {"code": code, "name": name, "kind": _kind(name), "pledge": pledge, "seq": 0}
            | {"delivery": self.manifest.choices[pledge].ref}
            | {"made_at": self.now, "closed_at": self.now}  # the sender closed it
            for code, ((pledge, _), name) in zip(codes, new.items(), strict=True)
        ]
        self.session.execute(insert(HandlingUnit), boxes)
        self._keep_labels([(code, None, code) for code in codes])
        self.boxes.update(zip(new, codes, strict=True))
        self.work.report.notes.append(f"Boxes and pallets made: {len(boxes):,}, with labels.")

    def _announce(self, places: Sequence[int], codes: Sequence[str]) -> None:
        units = [self._unit(place, code) for place, code in zip(places, codes, strict=True)]
        numbers = announce(self.session, units, by=self.by, now=self.now)
        rows, schemes = self.manifest.rows.values, self.manifest.schemes
        self._keep_labels([(code, item, None) for code, item in zip(codes, numbers, strict=True)])
        self._keep_readings(
            [
                (item, scheme, rows[place][column])
                for place, item in zip(places, numbers, strict=True)
                for scheme, column in schemes
                if rows[place][column] is not None
            ]
        )

    def _unit(self, place: int, code: str) -> NewItem:
        manifest = self.manifest
        values, pair, box = manifest.rows.values[place], manifest.pair(place), manifest.box(place)
        line = manifest.lines[pair]
        carried = [values[at] for _, at in manifest.schemes if values[at] is not None]
        return NewItem(
            code,
            pair[0],
            line.id,
            pair[1],
            search_text([code], carried),
            self.boxes[box] if box else None,
            manifest.of(place, "consignment"),
            manifest.of(place, "owner"),
            manifest.choices[pair[0]].ref,
        )

    def _keep_labels(self, labels: list[tuple[str, int | None, str | None]]) -> None:
        """(code, item, box) of labels that are bound from now on."""
        labels.sort()  # an index filled in its order is filled fast
        same = {"state": "bound", "bound_at": self.now}
        insert_rows(self.connection, _LABELS, ("code", "item", "handling_unit"), labels, same)

    def _keep_readings(self, readings: list[tuple[int, str, str]]) -> None:
        """(item, scheme, value) of identifiers that hold from now on."""
        readings.sort(key=itemgetter(1, 2))
        same = {"read_at": self.now, "live": True}
        insert_rows(self.connection, _IDENTIFIERS, ("item", "scheme", "value"), readings, same)


def search_text(codes: Collection[str], identifiers: Collection[str]) -> str:
    """What an item is found by: its codes and identifiers, each in its search form.

    Not its product's name, which is the same on a hundred thousand items: an index of it would cost
    as much as all the rest, and a search for it is a search for the product.
    """
    return "|".join([*map(search_key, codes), *map(search_key, identifiers)])


def _kind(name: str) -> str:
    """What a handling unit's own name says it is."""
    is_pallet = search_key(name).startswith((search_key("pallet"), "plt", search_key("палет")))
    return "pallet" if is_pallet else "box"
