"""What a chunk writes: one bulk insert of events, one bulk update of items and of boxes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from tracker.domain.bodies import Body, Said, moment, stamp
from tracker.ledger import columns
from tracker.ledger.bulk import insert_rows, update_rows
from tracker.ledger.events import NO_SCAN, Row, row_of, seal
from tracker.ledger.loading import Box, Loaded, Unit
from tracker.models import Event, HandlingUnit, Item, Label, Opening

_EVENTS, _ITEMS = cast(Table, Event.__table__), cast(Table, Item.__table__)
_OPENINGS = cast(Table, Opening.__table__)
_WAITED_FOR = select(Label.item).where(Label.code.in_(bindparam("codes", expanding=True)))
_UPDATE_WAITING = (
    update(_ITEMS).where(_ITEMS.c.id.in_(_WAITED_FOR), _ITEMS.c.waits.is_(False)).values(waits=True)
)
_INSERT_EVENTS = insert(_EVENTS)
_UPDATE_BOXES = (
    update(cast(Table, HandlingUnit.__table__))
    .where(HandlingUnit.code == bindparam("box"))
    .values(
        seq=bindparam("seq"),
        head=bindparam("head"),
        last_effective_at=bindparam("at"),
        parent=bindparam("inside"),
    )
)


def write_story(
    connection: Connection,
    rows: Sequence[Row],
    salts: Mapping[str, str],
    found: Loaded,
    unreached: Collection[str],
) -> list[Unit]:
    """Events, and the rows of the units and boxes that they are of; the units that have moved.

    `unreached` are codes under which scans wait for who may let them count.
    """
    insert_events(connection, rows)
    write_openings(connection, salts)
    moved = [unit for unit in found.units.values() if unit.has_moved]
    write_states(connection, moved)
    write_waiting(connection, unreached)
    write_boxes(connection, [box for box in found.boxes.values() if box.touched])
    return moved


def write_states(connection: Connection, moved: Iterable[Unit]) -> None:
    """The items' rows after their events: one statement for all that changed the same columns."""
    alike: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for unit in moved:
        row = columns.changed_columns(unit.before, unit.state)
        row["seq"], row["head"], row["id"] = unit.seq, unit.head, unit.item
        alike[tuple(row)].append(tuple(row.values()))
    for names, rows in alike.items():
        update_rows(connection, _ITEMS, names, rows)


def write_waiting(connection: Connection, codes: Collection[str]) -> None:
    """Say of units that scans wait under their labels; asked whether the codes name any or not."""
    if codes:
        connection.execute(_UPDATE_WAITING, {"codes": sorted(codes)})


def insert_events(connection: Connection, rows: Sequence[Row]) -> None:
    """All new events at once; columns that no row uses are left out.

    On PostgreSQL by SQLAlchemy, which tells a key that another writer took first as such.
    """
    if connection.dialect.name != "sqlite":
        connection.execute(_INSERT_EVENTS, rows)
        return
    values: Sequence[Mapping[str, object]] = rows
    used = [name for name in rows[0] if any(row[name] is not None for row in values)]
    told = [tuple(row[name] for name in used) for row in values]
    insert_rows(connection, _EVENTS, used, told)


def write_openings(connection: Connection, salts: Mapping[str, str]) -> None:
    """What opens the maker's numbers of events, by the events' ids."""
    insert_rows(connection, _OPENINGS, ("event", "salt"), list(salts.items()))


def write_boxes(connection: Connection, boxes: Iterable[Box]) -> None:
    """The handling units' rows after their events."""
    rows = [
        {
            "box": box.code,
            "seq": box.seq,
            "head": box.head,
            "at": box.last_effective_at,
            "inside": box.parent,
        }
        for box in boxes
    ]
    if rows:
        connection.execute(_UPDATE_BOXES, rows)


def tell(session: Session, subject: str, step: str, said: Said, by: str, now: datetime) -> str:
    """An event that no scan made, on a story of its own such as `device:3`; its id.

    `said` stands beside who, when and what.
    """
    last = session.execute(
        select(Event.seq, Event.hash).where(Event.subject == subject).order_by(Event.seq.desc())
    ).first()
    seq, head = (last.seq, last.hash) if last else (0, None)
    body: Body = {
        "v": 1,
        "id": str(uuid4()),
        "subject": subject,
        "step": step,
        "occurred_at": stamp(now),
        "effective_at": stamp(now),
        "recorded_at": stamp(now),
        "by": by,
        "scan": NO_SCAN,
        **said,
    }
    at = moment(stamp(now))
    row = row_of(body, at)
    seal(row, head, seq + 1, at)
    insert_events(session.connection(), [row])
    return body["id"]
