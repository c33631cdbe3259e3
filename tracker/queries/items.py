"""Items as rows: one by its code, lists by search, the story of one, its identifiers.

Lists go by keyset (`after` is the number of the last row seen), never by offset. Search reads the
normalised `item.search_text`: through a trigram full-text table on SQLite and a trigram index on
PostgreSQL, because SQLite's LIKE and lower() know ASCII only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    and_,
    column,
    func,
    literal_column,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.orm import InstrumentedAttribute

from tracker.db import db, is_sqlite
from tracker.domain.bodies import Body
from tracker.domain.custody import Folded, Verdict
from tracker.domain.identifiers import lookup_key, mask, search_key
from tracker.domain.permissions import Action, Actor, Scope
from tracker.models import Event, Identifier, Item, Label, Product
from tracker.queries import reach
from tracker.queries.stories import fold_bodies

SHORTEST_FRAGMENT = 4  # characters; anything shorter is compared with the start of a number
LARGEST_PAGE = 500
NEAR = 3_000  # numbers that are looked through before an index is asked
COMMON = 0.25  # a trigram that more than this part of all units carry leaves too few out

Query = Select[*tuple[Any, ...]]
Rows = Sequence[Row[*tuple[Any, ...]]]

_SEARCH = table("item_search", column("rowid", Integer))
_PLANNED_ANEW = text("SET LOCAL plan_cache_mode = force_custom_plan")
"""A plan made for any fragment is bad for each."""

_RARE = text(
    "SELECT asked.trigram FROM unnest(CAST(:trigrams AS text[])) AS asked (trigram), pg_stats"
    " WHERE schemaname = current_schema() AND tablename = 'item' AND attname = 'search_text'"
    " AND (SELECT avg((strpos(unit, asked.trigram) > 0)::int)"
    " FROM unnest(histogram_bounds::text::text[]) AS unit) < :common"
)
"""Which trigrams are rare among the hundred units that PostgreSQL keeps as its sample."""

_COLUMNS = (
    Item.id,
    Item.code,
    Item.pledge,
    Item.product,
    Product.name_en.label("product_en"),
    Product.name_uk.label("product_uk"),
    Product.kind.label("product_kind"),
    Item.owner,
    Item.status,
    Item.condition,
    Item.location,
    Item.custodian,
    Item.handling_unit,
    Item.consignment,
    Item.shipped_at,
    Item.received_at,
    Item.signed_for_at,
    Item.deployed_at,
    Item.working_at,
    Item.online_at,
    Item.inspected_at,
    Item.last_effective_at,
    Item.seq,
    Item.head,
)


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list: `rows`, and what to pass as `after` for the next part (None at the end)."""

    rows: Sequence[Row[*tuple[Any, ...]]]
    after: int | None


@dataclass(frozen=True, slots=True)
class StoryEvent:
    """One event of an item's story. `declared` is the reason why a later event says it is wrong.

    `body` is what the ledger holds, read as JSON; `hash` is hexadecimal; `chain` is the subject,
    which is another than the item's for events that waited under a label's code.
    """

    id: str
    step: str
    effective_at: datetime
    recorded_at: datetime
    by: str
    via: str | None
    chain: str
    seq: int
    hash: str
    body: Body
    declared: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One identifier of an item as this reader may see it: `value` may be masked."""

    scheme: str
    value: str
    read_at: datetime
    live: bool
    masked: bool


def item_by_code(code: str, reader: Actor) -> Row[*tuple[Any, ...]] | None:
    """The item in reach that a canonical label code names, whether it wears the label now or did
    before."""
    within = _items(reader).where(reach.of(Item, reader))
    found = db.session.execute(
        within.join(Label, Label.item == Item.id).where(Label.code == code)
    ).first()
    return found or db.session.execute(within.where(Item.code == code)).first()


def item_by_identifier(value: str, reader: Actor) -> Row[*tuple[Any, ...]] | None:
    """The item in reach that wears the normalised identifier `value` now, whatever its scheme."""
    return db.session.execute(
        _items(reader)
        .join(Identifier, Identifier.item == Item.id)
        .where(Identifier.value == value, Identifier.live, reach.of(Item, reader))
        .order_by(Item.id)
    ).first()


def find_items(
    reader: Actor,
    *,
    status: str | None = None,
    location: str | None = None,
    pledge: str | None = None,
    q: str = "",
    after: int | None = None,
    limit: int = 50,
    fragments: bool = True,
) -> Page:
    """Items in reach in the order of their numbers, at most `limit` after that numbered `after`.

    `q` is any part, of four characters or more, of any identifier or code; a shorter one is the
    start of a code or identifier. Without `fragments` only whole numbers are found: a reader who
    sees masked identifiers must not be able to guess them piece by piece.
    """
    limit = max(1, min(limit, LARGEST_PAGE))
    place = reach.shown_place(reader)
    filters = [
        held == asked
        for held, asked in ((Item.status, status), (place, location), (Item.pledge, pledge))
        if asked
    ]
    if reach.is_bounded(reader):
        filters.append(reach.of(Item, reader))
    key = search_key(q)
    if not fragments and key:
        rows = _listed(_items(reader), [*filters, _whole(q)], after, limit)
    elif 0 < len(key) < SHORTEST_FRAGMENT:
        rows = _listed(_items(reader), [*filters, _starts(q)], after, limit)
    elif key and is_sqlite(db.session()):
        rows = _by_full_text(_items(reader), filters, key, after, limit)
    elif key:
        rows = _by_trigrams(_items(reader), filters, key, after, limit)
    else:
        rows = _listed(_items(reader), filters, after, limit)
    more = len(rows) > limit
    return Page(rows[:limit], rows[limit - 1].id if more else None)


def _listed(
    query: Query,
    filters: list[ColumnElement[bool]],
    after: int | None,
    limit: int,
    number: Any = Item.id,
) -> Rows:
    """`query` by `number`, one row more than `limit`."""
    if after is not None:
        filters = [*filters, number > after]
    return db.session.execute(query.where(*filters).order_by(number).limit(limit + 1)).all()


def _by_full_text(
    query: Query, filters: list[ColumnElement[bool]], key: str, after: int | None, limit: int
) -> Rows:
    """SQLite's full-text table gives its rows in order one by one: a part of a list costs no more
    where a fragment fits a million units.
    """  # fmt: skip
    quoted = '"' + key.replace('"', '""') + '"'
    rowid = _SEARCH.c.rowid
    found = query.join(_SEARCH, rowid == Item.id)
    matches = literal_column("item_search").op("MATCH")(quoted)
    return _listed(found, [*filters, matches], after, limit, rowid)


def _by_trigrams(
    query: Query, filters: list[ColumnElement[bool]], key: str, after: int | None, limit: int
) -> Rows:
    """What PostgreSQL's index of trigrams gives comes in no order, and is sorted whole.

    For a fragment that fits a million units the next `NEAR` numbers are looked through first. The
    planner cannot tell which is better, as a fragment may be in many units that stand far down the
    list; so the index is asked by itself, for numbers alone. The lists of trigrams that most units
    carry (a row of KIT numbers begins alike) are the long ones and leave nothing out: the index is
    asked for the others, and each row for the whole.
    """
    first = after or 0
    holds = func.strpos(Item.search_text, key) > 0  # a comparison that takes no index
    db.session.execute(_PLANNED_ANEW)
    near = _listed(query, [*filters, holds, Item.id <= first + NEAR], after, limit)
    if len(near) > limit:
        return near
    parts = _telling(key)
    asked = [Item.search_text.contains(part, autoescape=True) for part in parts]
    if parts != [key]:
        asked.append(holds)
    found = select(Item.id).where(*filters, *asked, Item.id > first)
    numbers = found.order_by(Item.id + 0).limit(limit + 1).subquery()
    return _listed(query, [Item.id.in_(select(numbers.c.id))], None, limit)


def _telling(key: str) -> list[str]:
    """The parts of `key` whose trigrams tell units apart; `key` itself where all do, or none."""
    places = [n for n in range(len(key) - 2) if key[n : n + 3].isalnum()]
    trigrams = {key[n : n + 3] for n in places}
    rare = set(db.session.scalars(_RARE, {"trigrams": list(trigrams), "common": COMMON}))
    if not rare or rare == trigrams:
        return [key]
    parts: list[str] = []
    last = -2
    for place in places:
        if key[place : place + 3] in rare:
            if place == last + 1:
                parts[-1] += key[place + 2]
            else:
                parts.append(key[place : place + 3])
            last = place
    return parts


def story(item: int, reader: Actor, *, last: int | None = None) -> list[StoryEvent]:
    """The events of an item, newest last, with those that waited under the codes of its labels.

    With `last`, only so many of the newest. The item is in reach; what was said of it at other
    people's sites is left out of the bodies.
    """
    return [_shown(event, reader) for event in _story(item, last)]


def _shown(event: StoryEvent, reader: Actor) -> StoryEvent:
    return replace(event, body=reach.shown(event.body, reader))


def _story(item: int, last: int | None = None) -> list[StoryEvent]:
    codes = db.session.scalars(select(Label.code).where(Label.item == item))
    subjects = [f"item:{item}", *(f"code:{code}" for code in codes)]
    rows = db.session.execute(
        select(
            Event.id, Event.step, Event.effective_at, Event.recorded_at, Event.by, Event.via,
            Event.subject, Event.seq, Event.hash, Event.body,
        )
        .where(Event.subject.in_(subjects))
        .order_by(
            Event.effective_at.desc(), func.coalesce(Event.device_seq, 0).desc(), Event.id.desc()
        )
        .limit(last)
    ).all()  # fmt: skip
    bodies: dict[str, Body] = {row.id: json.loads(row.body) for row in rows}
    wrong = {
        body["declares"]: body.get("reason", "") for body in bodies.values() if "declares" in body
    }
    return [
        StoryEvent(
            id=row.id,
            step=row.step,
            effective_at=row.effective_at,
            recorded_at=row.recorded_at,
            by=row.by,
            via=row.via,
            chain=row.subject,
            seq=row.seq,
            hash=row.hash.hex(),
            body=bodies[row.id],
            declared=wrong.get(row.id),
        )
        for row in reversed(rows)
    ]


@dataclass(frozen=True, slots=True)
class FoldedStory:
    """The events of an item, newest last, and what the fold made of each."""

    events: list[StoryEvent]
    folded: Folded

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """What the fold made of each event, by its id."""
        return self.folded.verdicts


def folded_story(item: int, reader: Actor) -> FoldedStory:
    """The whole story of an item, folded as the ledger holds it, its events as `story` has them."""
    events = _story(item)
    bodies = {item: [event.body for event in events]}
    folded = fold_bodies(db.session.connection(), bodies)[item]
    return FoldedStory([_shown(event, reader) for event in events], folded)


def identifiers_of(item: int, scope: Scope | None) -> list[Reading]:
    """The identifiers of an item, newest reading first; in full for `Scope.ALL`, else masked.

    Resolve `own` and `assigned` with `identifier_scope` first; None shows nothing.
    """
    if scope is None:
        return []
    rows = db.session.execute(
        select(Identifier.scheme, Identifier.value, Identifier.read_at, Identifier.live)
        .where(Identifier.item == item)
        .order_by(Identifier.live.desc(), Identifier.read_at.desc(), Identifier.scheme)
    )
    masked = scope is not Scope.ALL
    return [
        Reading(
            scheme=row.scheme,
            value=mask(row.scheme, row.value) if masked else row.value,
            read_at=row.read_at,
            live=row.live,
            masked=masked,
        )
        for row in rows
    ]


def identifier_scope(item: Row[*tuple[Any, ...]], actor: Actor) -> Scope | None:
    """`all`, `masked` or None: how this actor may see this item's identifiers.

    A warehouse sees its own stock in full, a field team what is at a place assigned to it.
    """
    reach = actor.scope(Action.READ_IDENTIFIERS)
    if reach in (Scope.OWN, Scope.ASSIGNED):
        return Scope.ALL if item.location in actor.locations else Scope.MASKED
    return reach


def may_search_fragments(actor: Actor) -> bool:
    """Whether a search by part of an identifier would tell this actor nothing it may not know."""
    return actor.scope(Action.READ_IDENTIFIERS) in (Scope.ALL, Scope.OWN)


def _items(reader: Actor) -> Select[*tuple[Any, ...]]:
    place = reach.shown_place(reader).label("location")
    columns = [place if column is Item.location else column for column in _COLUMNS]
    return select(*columns).join(Product, Product.ref == Item.product)


def _starts(q: str) -> ColumnElement[bool]:
    """Codes and identifiers that begin with what was typed."""
    carried = select(Identifier.item).where(
        Identifier.live, _begins(Identifier.value, lookup_key(q))
    )
    worn = select(Label.item).where(_begins(Label.code, search_key(q).upper()))
    return or_(Item.id.in_(worn), Item.id.in_(carried))


def _begins(column: InstrumentedAttribute[str], start: str) -> ColumnElement[bool]:
    """Whether a text begins with `start`: a range on SQLite, whose LIKE cannot use an index."""
    if is_sqlite(db.session()):
        return and_(column >= start, column < start + "\U0010ffff")
    return column.startswith(start, autoescape=True)


def _whole(q: str) -> ColumnElement[bool]:
    worn = select(Label.item).where(Label.code == search_key(q).upper())
    carried = select(Identifier.item).where(Identifier.live, Identifier.value == lookup_key(q))
    return or_(Item.id.in_(worn), Item.id.in_(carried))
