"""The units of a pledge as they were known at the end of a day, for its donor's exports.

A unit whose last event was recorded before that moment is as its row says. The few that changed
since are folded anew from what had been recorded by then, so that nothing is told early.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.engine import Connection

from tracker.clock import day_in_kyiv, end_of_day_in_kyiv
from tracker.db import db
from tracker.domain.bodies import Body, key_of
from tracker.domain.custody import State
from tracker.domain.lifecycle import Status
from tracker.domain.unit_proofs import RUNGS, UnitProof, stage_of
from tracker.ledger.binding import COMMISSIONING
from tracker.queries import donor_units, stories

Progress = Callable[[int, int], None]


def units_known(pledge: str, until: date, progress: Progress | None = None) -> Iterator[UnitProof]:
    """Each unit of the pledge as it was known at the end of `until` (Kyiv's), by its code.

    Added up by stage they are `disclosure.counts` of that day. `progress` is told how many units
    of how many are done. All is read in one view of the database, however long it takes.
    """
    moment = end_of_day_in_kyiv(until)
    with _one_view() as connection:
        whole = donor_units.how_many(connection, pledge) if progress else 0
        moved = {
            item
            for box in donor_units.boxes_moved_since(connection, moment)
            for item in stories.ever_inside(connection, box).items
        }
        done = 0
        for part in donor_units.units_of(connection, pledge):
            late = [row for row in part if row.known_at >= moment or row.id in moved]
            earlier = _as_known(connection, late, moment) if late else {}
            for row in part:
                code, state = earlier[row.id] if row.id in earlier else (row.code, _state(row))
                if state.status is not None:
                    yield _proof(row, code, state, until)
            done += len(part)
            if progress:
                progress(done, whole)


def _one_view() -> Connection:
    """A connection of its own, to which the database looks the same until it is closed.

    On SQLite it keeps little in memory: each unit is read once.
    """
    if db.engine.dialect.name != "sqlite":
        return db.engine.connect().execution_options(isolation_level="REPEATABLE READ")
    connection = db.engine.connect()
    plain = connection.connection.driver_connection
    assert plain is not None
    connection.detach()  # closed at the end, and not lent to others as it is now
    plain.execute("PRAGMA cache_size=-8000")
    plain.execute("PRAGMA temp_store=FILE")
    return connection


def _state(row: Row[Any]) -> State:
    """The stored fold, as far as it is read."""
    status = Status(row.status) if row.status else None
    moments = (row.shipped_at, row.received_at, row.signed_for_at, row.deployed_at,
               row.working_at, row.online_at, row.inspected_at)  # fmt: skip
    rungs = tuple(pair for pair in zip(RUNGS, moments, strict=True) if pair[1] is not None)
    return State(status=status, rungs=rungs)


def _proof(row: Row[Any], code: str, state: State, until: date) -> UnitProof:
    """A wrong clock may say that a proof was made later than the day on which it was known."""
    assert state.status is not None
    proved = {rung: min(day_in_kyiv(at), until) for rung, at in state.rungs}
    return UnitProof(
        code,
        row.name_en,
        row.name_uk,
        stage_of(state.status, state.top_rung),
        tuple([proved.get(rung) for rung in RUNGS]),
    )


def _as_known(
    connection: Connection, rows: Sequence[Row[Any]], moment: datetime
) -> dict[int, tuple[str, State]]:
    """Item -> the code it wore and its state, from what was recorded before `moment`."""
    own = stories.bodies_of(connection, [row.id for row in rows], before=moment)
    folded = stories.fold_bodies(connection, own, before=moment)
    return {row.id: (_worn(own[row.id], row.code), folded[row.id].state) for row in rows}


def _worn(bodies: Sequence[Body], code: str) -> str:
    """The code of the newest label among those that the events bound."""
    bound = [
        (body["step"] == COMMISSIONING, key_of(body), body["code"])
        for body in bodies
        if body["step"] in stories.NAMING
    ]
    return str(max(bound)[2]) if bound else code
