"""The listener to statements sees an official row that is written and told to nobody."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, update

from tests.house import statements
from tracker.db import Base, db, transaction, writing
from tracker.ledger.records import TABLE
from tracker.models import Event, Initiative, Share

ONE = {"ref": "IN-1", "name_en": "One", "name_uk": "Один"}


@pytest.fixture(autouse=True)
def database(app: Flask) -> None:
    """An empty ledger."""


def told() -> list[tuple[str, str]]:
    db.session.rollback()
    return [tuple(row) for row in db.session.execute(select(Event.subject, Event.step))]  # type: ignore[misc]


def caught() -> list[str]:
    """What the listener has seen; it begins anew, so that this test does not fail by it."""
    seen = list(statements.unstated)
    statements.forget()
    return seen


def test_what_a_session_adds_changes_and_deletes_is_stated() -> None:
    with transaction() as session:
        session.add(Initiative(**ONE))
    with transaction() as session:
        session.get_one(Initiative, "IN-1").name_en = "Another"
    with transaction() as session:
        session.delete(session.get_one(Initiative, "IN-1"))
    story = "initiative:IN-1"
    assert told() == [(story, "stating"), (story, "stating"), (story, "removing")]
    assert caught() == []


def test_so_is_what_its_statements_write_past_its_books() -> None:
    with transaction() as session:
        session.execute(insert(Initiative), [ONE, ONE | {"ref": "IN-2"}])
    with transaction() as session:
        session.execute(update(Initiative).values(name_uk="Обидва"))
    with transaction() as session:
        session.execute(delete(Initiative).where(Initiative.ref == "IN-2"))
    steps = [step for subject, step in told() if subject == "initiative:IN-2"]
    assert steps == ["stating", "stating", "removing"]
    assert caught() == []


def add_and_fail() -> None:
    with transaction() as session:
        session.add(Initiative(**ONE))
        session.flush()
        raise LookupError


def test_what_is_undone_is_not_stated() -> None:
    with pytest.raises(LookupError):
        add_and_fail()
    with transaction() as session:
        session.add(Initiative(**ONE | {"ref": "IN-3"}))
    assert told() == [("initiative:IN-3", "stating")]


def test_a_row_whose_key_only_the_database_knows_is_refused() -> None:
    with pytest.raises(TypeError, match="added with their key"), transaction() as session:
        session.execute(insert(Share), [{"pledge": "EX"}])


@pytest.mark.parametrize(
    "write",
    [insert(Initiative).values(ONE), update(Initiative).values(name_en="X"), delete(Initiative)],
    ids=["insert", "update", "delete"],
)
def test_what_goes_past_the_session_is_caught(write: object) -> None:
    if not str(write).startswith("INSERT"):
        with transaction() as session:
            session.add(Initiative(**ONE))
    with writing() as connection:
        connection.execute(write)  # type: ignore[call-overload]
    assert caught() == ["initiative"]


def test_a_counter_is_no_official_column() -> None:
    assert (
        statements.changes("UPDATE share SET uses=(share.uses + 1), used_at=? WHERE id=?") is None
    )
    assert statements.changes("UPDATE share SET revoked_at=? WHERE share.id = ?") is not None


HELD_OTHERWISE = {
    "item": "its story, and the fold",
    "identifier": "what was scanned of a number (`numbers`)",
    "handling_unit": "its story, and the fold",
    "arrival": "the fold",
    "sighting": "the fold",
    "tally": "the fold",
    "event": "the chain",
    "log_entry": "the log",
    "checkpoint": "its signature",
    "opening": "the digests that it opens",
}
NOT_OFFICIAL = {
    "role": "names of the table of permissions",
    "account_role": "stated with the account",
    "count_expected": "what the ledger had at that place when the count was opened",
    "daily_count": "says that a day was counted",
    "delivery_file": "by which a file is known again",
    "device_clock": "an estimate",
    "document_series": "a counter; each number stands on its document",
    "ended_session": "kept for hours",
    "feed_key": "a reader's own",
    "fold_rules": "how far this database is",
    "found_report": "a stranger's words, erased when they are settled",
    "label_batch": "how many were printed at once",
    "late_act": "set aside: no part of the ledger until somebody keeps it",
    "late_scan": "set aside: no part of the ledger until somebody keeps it",
    "outbox": "on its way",
    "prepared_export": "a copy",
    "quota_case": "a counter",
    "subscription": "a reader's own",
    "upload": "on its way",
    "webhook": "a reader's own",
}

LEFT_OUT = {
    "account.fs_uniquifier": "ends sessions",
    "account.fs_webauthn_user_handle": "a random name for passkeys",
    "account.locale": "a person's own choice",
    "case.consignment": "the fold",
    "case.detail": "the fold, and what was found since",
    "case.due_on": "when somebody should settle it",
    "case.opened_at": "the fold",
    "case.item": "its subject says it",
    "case.owner": "who takes it on",
    "case.raised_by": "who is not to settle it; what settled it is stated",
    "case.review": "the batch of an old case",
    "count.changed_at": "the fold: when a late scan last changed what a count says",
    "label.batch": "of printing",
    "label.bound_at": "of units: their story",
    "label.handling_unit": "boxes: the label is their code",
    "label.item": "of units: their story",
    "label.printed_at": "of printing",
    "passkey.backup_state": "what a device says of itself at each use",
    "passkey.device_type": "what a device says of itself",
    "passkey.extensions": "what a device says of itself",
    "passkey.lastuse_datetime": "a counter",
    "passkey.sign_count": "a counter",
    "passkey.transports": "what a device says of itself",
    "passkey.usage": "always the same",
    "share.used_at": "a counter",
    "share.uses": "a counter",
}


def test_every_table_is_stated_or_says_why_not() -> None:
    tables = {table.name for table in Base.metadata.sorted_tables}
    stated = {record.model.__tablename__ for record in TABLE}
    assert tables - stated == HELD_OTHERWISE.keys() | NOT_OFFICIAL.keys()


def test_every_column_of_a_stated_table_is_stated_or_says_why_not() -> None:
    left = {
        f"{record.kind}.{attribute.key}"
        for record in TABLE
        for attribute in db.inspect(record.model).column_attrs
        if attribute.key not in record.columns
    }
    assert left == LEFT_OUT.keys()
