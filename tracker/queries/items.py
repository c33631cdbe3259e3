"""Items as rows: one by its code, lists by search, the story of one, its identifiers.

Lists go by keyset (`after` is the number of the last row seen), never by offset. Search reads the
normalised `item.search_text`: through a trigram full-text table on SQLite and a trigram index on
PostgreSQL, because SQLite's LIKE and lower() know ASCII only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
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
)
from sqlalchemy.orm import InstrumentedAttribute

from tracker.db import db, is_sqlite
from tracker.domain.identifiers import lookup_key, mask, search_key
from tracker.domain.permissions import Action, Actor, Scope
from tracker.models import Event, Identifier, Item, Label, Product

SHORTEST_FRAGMENT = 4  # characters; anything shorter is compared with the start of a number
LARGEST_PAGE = 500

_SEARCH = table("item_search", column("rowid", Integer))
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
    body: dict[str, Any]
    declared: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One identifier of an item as this reader may see it: `value` may be masked."""

    scheme: str
    value: str
    read_at: datetime
    live: bool
    masked: bool


def item_by_code(code: str) -> Row[*tuple[Any, ...]] | None:
    """The item that a canonical label code names, whether it wears the label now or did before."""
    found = db.session.execute(
        _items().join(Label, Label.item == Item.id).where(Label.code == code)
    ).first()
    return found or db.session.execute(_items().where(Item.code == code)).first()


def item_by_identifier(value: str) -> Row[*tuple[Any, ...]] | None:
    """The item that wears the normalised identifier `value` now, whatever its scheme."""
    return db.session.execute(
        _items()
        .join(Identifier, Identifier.item == Item.id)
        .where(Identifier.value == value, Identifier.live)
        .order_by(Item.id)
    ).first()


def find_items(
    *,
    status: str | None = None,
    location: str | None = None,
    pledge: str | None = None,
    q: str = "",
    after: int | None = None,
    limit: int = 50,
    fragments: bool = True,
) -> Page:
    """Items in the order of their numbers, at most `limit` after the item numbered `after`.

    `q` is any part, of four characters or more, of any identifier or code; a shorter one is the
    start of a code or identifier. Without `fragments` only whole numbers are found: a reader who
    sees masked identifiers must not be able to guess them piece by piece.
    """
    limit = max(1, min(limit, LARGEST_PAGE))
    query = _items().limit(limit + 1)
    for held, asked in ((Item.status, status), (Item.location, location), (Item.pledge, pledge)):
        if asked:
            query = query.where(held == asked)
    number: ColumnElement[int] = Item.id.expression
    if search_key(q):
        query, number = _narrowed(query, q, fragments)
    if after is not None:
        query = query.where(number > after)
    query = query.order_by(number)
    rows = db.session.execute(query).all()
    more = len(rows) > limit
    return Page(rows[:limit], rows[limit - 1].id if more else None)


def story(item: int, *, last: int | None = None) -> list[StoryEvent]:
    """The events of an item, newest last, with those that waited under the codes of its labels.

    With `last`, only so many of the newest.
    """
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
    bodies = {row.id: json.loads(row.body) for row in rows}
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


def _items() -> Select[*tuple[Any, ...]]:
    return select(*_COLUMNS).join(Product, Product.ref == Item.product)


def _narrowed(
    query: Select[*tuple[Any, ...]], q: str, fragments: bool
) -> tuple[Select[*tuple[Any, ...]], ColumnElement[int]]:
    """`query` with only the items whose numbers hold `q`, and the column to go through them by.

    SQLite's full-text table gives its rows in order one by one, so that a part of a list costs no
    more where a fragment fits a million units.
    """
    number: ColumnElement[int] = Item.id.expression
    if not fragments:
        return query.where(_whole(q)), number
    key = search_key(q)
    if len(key) < SHORTEST_FRAGMENT:
        return query.where(_starts(q)), number
    if not is_sqlite(db.session()):
        return query.where(Item.search_text.contains(key, autoescape=True)), number
    quoted = '"' + key.replace('"', '""') + '"'
    rowid = _SEARCH.c.rowid
    query = query.join(_SEARCH, rowid == Item.id)
    return query.where(literal_column("item_search").op("MATCH")(quoted)), rowid


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
