"""Announcing: how units come into the ledger before anybody has seen them.

A part of `ledger.record`, which speaks for it. A manifest brings units by the hundred thousand,
all announced alike: what the fold makes of one announcement is worked out once for all that say
the same kinds of things, and only what differs is written for each.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import cast
from uuid import uuid4

from sqlalchemy import Table, func, select, text
from sqlalchemy.orm import Session

from tracker.clock import day_in_kyiv
from tracker.db import is_sqlite
from tracker.domain import chain, custody
from tracker.domain.bodies import Body, occurrence
from tracker.domain.clocks import When
from tracker.domain.custody import State
from tracker.domain.permissions import Actor
from tracker.domain.scans import Mode, Scan
from tracker.ledger import arrivals, columns, tallies
from tracker.ledger.bulk import insert_rows
from tracker.ledger.events import Setting, body_of, row_of
from tracker.models import Event, Item

BLOCK = 10_000
_EVENT = ("id", "subject", "handling_unit", "body", "hash")
_ITEM = (
    "id", "code", "pledge", "pledge_line", "product", "owner", "search_text", "handling_unit",
    "consignment", "delivery", "head",
)  # fmt: skip


_TOLD = ("id", "subject", "code", "pledge", "product", "handling_unit", "consignment")


@dataclass(frozen=True, slots=True)
class NewItem:
    """A unit that a manifest names and nobody has seen yet; `delivery` is that manifest."""

    code: str
    pledge: str
    pledge_line: int
    product: str
    search_text: str
    handling_unit: str | None = None
    consignment: str | None = None
    owner: str | None = None
    delivery: str | None = None


@dataclass(frozen=True, slots=True)
class _Kind:
    """What all announcements with (or without) a box and a journey have in common.

    `body` is the canonical text of one, with a place (`%s`) for each of `told`, in their order.
    """

    body: str
    told: tuple[str, ...]
    event: Mapping[str, object]
    item: Mapping[str, object]
    state: State


def announce(session: Session, new: Sequence[NewItem], *, by: Actor, now: datetime) -> list[int]:
    """Bring new units in, inside the caller's transaction: items and their `announcing` events.

    Returns the items' numbers in the order of `new`. Labels and identifiers are the caller's.
    """
    numbers = _numbers(session, len(new))
    setting = Setting(by, Mode.LIVE, now, now)
    changes: tallies.Changes = Counter()
    kinds: dict[tuple[bool, bool], list[tuple[int, NewItem]]] = {}
    for number, unit in zip(numbers, new, strict=True):
        kind = unit.handling_unit is not None, unit.consignment is not None
        kinds.setdefault(kind, []).append((number, unit))
    for alike in kinds.values():
        kind_of = _kind(alike[0][1], setting)
        for start in range(0, len(alike), BLOCK):
            _write(session, alike[start : start + BLOCK], kind_of, now)
        for pledge, count in Counter(unit.pledge for _, unit in alike).items():
            one: tallies.Changes = Counter()
            tallies.count_change(one, pledge, State(), kind_of.state)
            for measure, change in one.items():
                changes[measure] += change * count
    _make_findable(session, numbers)
    tallies.keep(session.connection(), changes, day_in_kyiv(now))
    return numbers


def _make_findable(session: Session, numbers: Sequence[int]) -> None:
    """Tell SQLite's full-text search of new items; PostgreSQL's index sees them by itself.

    One statement for all: a trigger for each row takes six times as long.
    """
    if numbers and is_sqlite(session):
        session.execute(
            text(
                "INSERT INTO item_search (rowid, search_text) "
                "SELECT id, search_text FROM item WHERE id BETWEEN :first AND :last"
            ),
            {"first": numbers[0], "last": numbers[-1]},
        )


def _numbers(session: Session, how_many: int) -> list[int]:
    """Numbers for new items: the writer has them to itself."""
    if is_sqlite(session):
        last = session.scalar(select(func.max(Item.id))) or 0
        return list(range(last + 1, last + 1 + how_many))
    rows = session.scalars(
        text("SELECT nextval('item_id_seq') FROM generate_series(1, :many)"), {"many": how_many}
    )
    return list(rows)


def _kind(unit: NewItem, setting: Setting) -> _Kind:
    """Announce one unit in thought. The fold compares references, but does not look into them."""
    scan = Scan(
        str(uuid4()),
        unit.code,
        "announcing",
        setting.now,
        handling_unit=unit.handling_unit,
        consignment=unit.consignment,
    )
    when = When(setting.now, timedelta(0))
    body = body_of(scan, setting, when, "item:0", unit.code, (), None)
    body["pledge"], body["product"] = unit.pledge, unit.product
    event = row_of(body, setting.now)
    event |= {"seq": 1, "recorded_at": setting.now}
    state = custody.fold([occurrence(body, setting.now)]).state
    item = {"seq": 1, **columns.columns_of(state)}
    return _Kind(
        *_pattern(body),
        {name: value for name, value in event.items() if name not in _EVENT},
        {name: value for name, value in item.items() if name not in _ITEM},
        state,
    )


def _pattern(body: Body) -> tuple[str, tuple[str, ...]]:
    """The canonical text of `body` with `%s` where units differ, and what goes there."""
    marked: dict[str, object] = {**body}
    marked.update({name: f"@{name}@" for name in _TOLD if name in body})
    text = chain.canonical(marked).replace("%", "%%")
    told = tuple(re.findall(r'"@([a-z_]+)@"', text))
    return re.sub(r'"@[a-z_]+@"', "%s", text), told


def _write(
    session: Session, alike: Sequence[tuple[int, NewItem]], kind: _Kind, now: datetime
) -> None:
    """Insert items of one kind and their events."""
    items, events = [], []
    event_hash, nothing, quoted = chain.event_hash, chain.GENESIS, _Quoted()
    for (number, unit), event in zip(alike, _ids(len(alike), now), strict=True):
        subject = f"item:{number}"
        said = {
            "id": f'"{event}"',
            "subject": f'"{subject}"',
            "code": f'"{unit.code}"',
            "pledge": quoted[unit.pledge],
            "product": quoted[unit.product],
            "handling_unit": quoted[unit.handling_unit or ""],
            "consignment": quoted[unit.consignment or ""],
        }
        body = kind.body % tuple([said[name] for name in kind.told])
        head = event_hash(nothing, body)
        events.append((event, subject, unit.handling_unit, body, head))
        items.append(
            (
                number,
                unit.code,
                unit.pledge,
                unit.pledge_line,
                unit.product,
                unit.owner,
                unit.search_text,
                unit.handling_unit,
                unit.consignment,
                unit.delivery,
                head,
            )
        )
    connection = session.connection()
    items.sort(key=itemgetter(1))  # by code: an index filled in its order is filled fast
    insert_rows(connection, cast(Table, Item.__table__), _ITEM, items, kind.item)
    insert_rows(connection, cast(Table, Event.__table__), _EVENT, events, kind.event)
    arrivals.announce(
        connection, [(unit.consignment, number) for number, unit in alike if unit.consignment]
    )


class _Quoted(dict[str, str]):
    """References as JSON text, each worked out once."""

    def __missing__(self, reference: str) -> str:
        quoted = self[reference] = json.dumps(reference, ensure_ascii=False)
        return quoted


def _ids(count: int, now: datetime) -> Iterator[str]:
    """`count` UUIDs of version 7 (RFC 9562): the time, then random bits, here in rising order.

    Random ids would touch another page of their index with every row.
    """
    begins = f"{int(now.timestamp() * 1000):012x}"
    begins = f"{begins[:8]}-{begins[8:]}-7"
    drawn = sorted(os.urandom(10)[:10].hex() for _ in range(count))
    for one in drawn:
        yield f"{begins}{one[:3]}-{'89ab'[int(one[3], 16) & 3]}{one[4:7]}-{one[7:19]}"
