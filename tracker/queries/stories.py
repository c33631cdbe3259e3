"""Units' folded stories: the one way to learn what the ledger's events of a unit add up to.

Pages, exports, EPCIS, two claims, lists for donors and the rebuild all read these; the writer folds
with the same parts. Nobody else folds (a test holds that).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, select
from sqlalchemy.engine import Connection

from tracker.domain.bodies import Body, occurrence
from tracker.domain.custody import Folded, State, fold
from tracker.domain.lifecycle import ANNOUNCING, DECLARING_ERROR
from tracker.domain.occurrences import Holder, Key, Occurrence
from tracker.models import Event, Item, Label, Product
from tracker.queries.nesting import Chains, placed

TERMINAL = "satellite_terminal"
_BODIES = select(Event.subject, Event.body).where(
    Event.subject.in_(bindparam("subjects", expanding=True))
)
_LABELS = select(Label.code, Label.item).where(Label.item.in_(bindparam("items", expanding=True)))
_HOLDERS = (
    select(Item.id, Product.kind)
    .join(Product, Product.ref == Item.product)
    .where(Item.id.in_(bindparam("items", expanding=True)))
)
_PUT_INSIDE = select(Event.subject).where(Event.handling_unit == bindparam("box")).distinct()
_BOUND = select(Label.item).where(
    Label.code.in_(bindparam("codes", expanding=True)), Label.item.is_not(None)
)
PART = 1000
NAMING = ("announcing", "commissioning")
"""Steps by which a label comes to name a unit."""


def folded(
    connection: Connection, items: Collection[int], *, before: datetime | None = None
) -> dict[int, Folded]:
    """{item: its folded story}, with `before` as it was known at that moment.

    Boxes that the units lay in, and pallets that these stood on, are read with them.
    """
    numbers = list(items)
    found: dict[int, Folded] = {}
    for start in range(0, len(numbers), PART):
        part = numbers[start : start + PART]
        found |= fold_bodies(connection, bodies_of(connection, part, before=before), before=before)
    return found


def fold_bodies(
    connection: Connection,
    told: Mapping[int, Sequence[Body]],
    *,
    before: datetime | None = None,
) -> dict[int, Folded]:
    """The same for who has read the bodies of the items' events already: {item: bodies}."""
    stories = _read(connection, told, before)
    return {item: folded for item, (_, folded) in stories.items()}


def events_and_folds(
    connection: Connection, items: Collection[int]
) -> dict[int, tuple[list[Occurrence], Folded]]:
    """{item: (its events, its folded story)}: for who asks what single events said."""
    return _read(connection, bodies_of(connection, list(items)), None)


def _read(
    connection: Connection,
    told: Mapping[int, Sequence[Body]],
    before: datetime | None,
) -> dict[int, tuple[list[Occurrence], Folded]]:
    chains = Chains(connection, before=before)
    whose = holders(connection, told)
    found = {}
    for item, bodies in told.items():
        events = placed([occurrence(body) for body in bodies], chains)
        found[item] = events, fold(events, whose=whose[item])
    return found


def known_before(connection: Connection, events: Mapping[int, str]) -> dict[int, State]:
    """{item: what was known of it just before one event of its own}, by all that is known today."""
    told = bodies_of(connection, list(events))
    chains = Chains(connection)
    whose = holders(connection, events)
    found = {}
    for item, event in events.items():
        story = [occurrence(body) for body in told[item]]
        until = next(one.key for one in story if one.id == event)
        found[item] = fold(placed(_until(story, until), chains), whose=whose[item]).state
    return found


def known_at(connection: Connection, items: Collection[int], moment: datetime) -> dict[int, State]:
    """{item: what was known of it at a moment}, by all that is known today."""
    told = bodies_of(connection, list(items))
    chains = Chains(connection)
    whose = holders(connection, items)
    until = (moment, 0, "")
    return {
        item: fold(
            placed(_until(map(occurrence, told[item]), until), chains), whose=whose[item]
        ).state
        for item in items
    }


def _until(story: Iterable[Occurrence], until: Key) -> list[Occurrence]:
    """What comes before `until`; and every word that something was wrong, whenever it was said."""
    always = (ANNOUNCING, DECLARING_ERROR)
    return [event for event in story if event.step in always or event.key < until]


def holders(connection: Connection, items: Iterable[int]) -> dict[int, Holder]:
    """Whose stories they are, for the fold."""
    rows = connection.execute(_HOLDERS, {"items": list(items)})
    return {row.id: Holder(f"item:{row.id}", row.kind == TERMINAL) for row in rows}


def bodies_of(
    connection: Connection, items: Sequence[int], *, before: datetime | None = None
) -> dict[int, list[Body]]:
    """The bodies of each item's events, and of those that waited under the codes of its labels.

    With `before` under those of labels that had been bound to it by then.
    """
    own = {f"item:{item}": item for item in items}
    story: dict[int, list[Body]] = {item: [] for item in items}
    if before is None:
        own |= {f"code:{code}": item for code, item in labels_of(connection, items).items()}
        _collect(connection, _BODIES, own, story)
        return story
    known = _BODIES.where(Event.recorded_at < before)
    _collect(connection, known, own, story)
    bound = {
        f"code:{body['code']}": item
        for item, bodies in story.items()
        for body in bodies
        if body["step"] in NAMING
    }
    _collect(connection, known, bound, story)
    return story


def _collect(
    connection: Connection,
    query: Select[*tuple[str, str]],
    subjects: Mapping[str, int],
    story: dict[int, list[Body]],
) -> None:
    for subject, body in connection.execute(query, {"subjects": list(subjects)}):
        story[subjects[subject]].append(json.loads(body))


def load(connection: Connection, items: Sequence[int]) -> dict[int, list[Occurrence]]:
    """The same as the fold reads them."""
    bodies = bodies_of(connection, items)
    return {item: [occurrence(body) for body in told] for item, told in bodies.items()}


def load_nothing(connection: Connection, code: str) -> None:
    """Ask what `load` asks for a unit that wears one label, where `code` names none."""
    labels_of(connection, [0])
    connection.execute(_BODIES, {"subjects": ["item:0", f"code:{code}"]}).all()


def labels_of(connection: Connection, items: Collection[int]) -> dict[str, int]:
    """Every label code that names one of `items`, with the item."""
    rows = connection.execute(_LABELS, {"items": list(items)})
    return {row.code: row.item for row in rows}


def item_of(subject: str) -> int | None:
    """The item's number in `item:7`; None for other subjects."""
    kind, _, name = subject.partition(":")
    return int(name) if kind == "item" else None


def items_of(subjects: Iterable[str]) -> set[int]:
    """The items among `subjects`."""
    return {item for item in map(item_of, subjects) if item is not None}


class Inside(NamedTuple):
    """What was ever in a handling unit: items by number, boxes by code."""

    items: set[int]
    boxes: set[str]


def ever_inside(
    connection: Connection, box: str, pending: Iterable[Mapping[str, Any]] = ()
) -> Inside:
    """What any event put into the handling unit `box`, or into one that was put into it.

    Also items under a label bound since, and those of events that are not written yet.
    """
    items: set[int] = set()
    codes: list[str] = []
    waiting, known = [box], {box}
    pending = [row for row in pending if row["handling_unit"]]
    while waiting:
        here = waiting.pop()
        subjects = set(connection.scalars(_PUT_INSIDE, {"box": here}))
        subjects.update(row["subject"] for row in pending if row["handling_unit"] == here)
        items |= items_of(subjects)
        for kind, _, name in (subject.partition(":") for subject in subjects):
            if kind == "code":
                codes.append(name)
            elif kind == "unit" and name not in known:
                known.add(name)
                waiting.append(name)
    if codes:
        items.update(connection.scalars(_BOUND, {"codes": codes}))
    return Inside(items, known - {box})
