"""Official rows that were there before the ledger spoke of such rows: each is stated once.

From then on no row of these tables may stand without a statement; an event of its own says so, and
since which place in the log.
"""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import select

from tracker.db import db, transaction
from tracker.domain.permissions import SYSTEM
from tracker.domain.records import STATING, subject_of
from tracker.ledger.records import MARK, TABLE, Record
from tracker.ledger.stating import Acting, Touch, write_statements
from tracker.ledger.writing import tell
from tracker.models import Event
from tracker.queries.records import all_keys, having, rows_by_key


def covered() -> set[str]:
    """The kinds of rows that may not stand without a statement."""
    query = select(Event.body).where(Event.subject == MARK)
    told = [json.loads(body)["record"]["kinds"] for body in db.session.scalars(query)]
    return {kind for kinds in told for kind in kinds.split()}


def state_found(*, now: datetime) -> int:
    """State every official row of which nothing was stated, once for each kind; how many those are.

    Interrupted, it goes on where it was. What is written meanwhile is stated by its own writer.
    """
    due = [record for record in TABLE if record.kind not in covered()]
    many = sum(_state(record, now) for record in due)
    if due:
        kinds = " ".join(record.kind for record in due)
        with transaction() as session:
            said = {"kinds": kinds}
            tell(session, MARK, STATING, {"record": {**said}, "found": True}, SYSTEM.ref, now)
    return many


def _state(record: Record, now: datetime) -> int:
    many = 0
    for keys in all_keys(record.model, record.key, record.only):
        with transaction() as session:
            connection = session.connection()
            subjects = {key: subject_of(record.kind, key) for key in keys}
            stated = having(connection, subjects.values(), (STATING,))
            new = [key for key in keys if subjects[key] not in stated]
            rows = rows_by_key(connection, record.model, record.key, record.columns, new)
            whole = {key: (Touch(new=True), row) for key, row in rows.items()}
            write_statements(connection, record, whole, Acting(SYSTEM.ref, now), found=True)
            many += len(whole)
    return many
