"""Verification: an honest ledger fits; what its owner could do to it is noticed and named."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.proof.small_ledger import BOX, CODES, Ledger
from tracker.db import db
from tracker.domain.chain import canonical, event_hash, parse_body
from tracker.errors import LedgerBroken
from tracker.ledger.verification import verify


def test_an_honest_ledger_fits(ledger: Ledger) -> None:
    report = ledger.verify()
    assert (report.events, report.logged, report.witnessed) == (22, 20, 20)
    assert (report.subjects, report.checkpoints) == (7, 3)
    assert report.problems == []
    assert report.fits
    assert report.first is None


def test_it_still_fits_after_more_was_scanned_and_signed(ledger: Ledger) -> None:
    ledger.scan(CODES[1], "unpacking", handling_unit=BOX)
    ledger.scan(BOX, "receiving", location="WH-1")
    ledger.sign()
    report = ledger.verify()
    assert report.fits, report.problems
    assert report.witnessed == report.logged == report.events > 24


def test_it_fits_when_a_unit_is_found_late_to_have_been_in_a_box(ledger: Ledger) -> None:
    ledger.scan(BOX, "receiving", location="WH-1")
    events = ledger.verify().events
    ledger.scan(CODES[5], "packing", handling_unit=BOX, late=timedelta(hours=5, minutes=30))
    ledger.sign()
    report = ledger.verify()
    assert report.fits, report.problems
    assert report.events == events + 2, "the late scan, and the unit's share of the box's event"


def test_an_empty_ledger_fits(ledger: Ledger) -> None:
    for table in (
        "checkpoint",
        "log_entry",
        "event",
        "identifier",
        "discrepancy",
        "label",
        "tally",
    ):
        ledger.sql(f"DELETE FROM {table}")
    ledger.sql("DELETE FROM item")
    shutil.rmtree(ledger.home / "checkpoints")
    report = ledger.verify()
    assert report.fits, report.problems
    assert report.events == 0


@pytest.mark.parametrize("table", ["event", "log_entry", "checkpoint"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET {} = {}"])
def test_the_application_itself_can_change_nothing(ledger: Ledger, table: str, change: str) -> None:
    column = {"event": "seq", "log_entry": "log_index", "checkpoint": "size"}[table]
    with pytest.raises(DBAPIError), db.engine.begin() as connection:
        connection.execute(text(change.format(table, column, column)))
    assert ledger.verify().events == 22


def test_progress_is_told(ledger: Ledger) -> None:
    told: list[tuple[int, int]] = []
    verify(ledger.notary, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (22, 22)


# Kinds of tampering. Each is done with the triggers gone; `LETTER` is one byte of one event.

LETTER = "UPDATE event SET body = replace(body, 'WH-1', 'WH-2') WHERE position = :position"


def change_one_byte(ledger: Ledger) -> None:
    ledger.sql(LETTER, position=8)


def change_one_byte_of_an_event_without_a_place(ledger: Ledger) -> None:
    ledger.sql("UPDATE event SET body = replace(body, 'EX-2', 'EX-3') WHERE position = 21")


def change_one_byte_and_its_hash(ledger: Ledger) -> None:
    change_one_byte(ledger)
    ledger.sql(
        "UPDATE event SET hash = :hash WHERE position = 8",
        hash=event_hash(bytes(ledger.at(1).hash), ledger.at(7).body),
    )


def change_one_byte_and_every_later_hash(ledger: Ledger) -> None:
    change_one_byte(ledger)
    ledger.rehash()


def change_and_delete_the_checkpoints(ledger: Ledger) -> None:
    change_one_byte_and_every_later_hash(ledger)
    ledger.sql("DELETE FROM checkpoint")


def swap_two_bodies(ledger: Ledger) -> None:
    one, other = ledger.at(7), ledger.at(8)
    for row, body in ((one, other.body), (other, one.body)):
        ledger.sql(
            "UPDATE event SET body = :body WHERE position = :position",
            body=body,
            position=row.position,
        )


def delete_the_tail(ledger: Ledger) -> None:
    ledger.sql("DELETE FROM log_entry WHERE log_index >= 18")
    ledger.sql("DELETE FROM event WHERE position > 18")


def delete_the_tail_and_mend_the_units(ledger: Ledger) -> None:
    delete_the_tail(ledger)
    ledger.rehash()
    for unit in (5, 6):
        ledger.sql(
            "UPDATE item SET seq = (SELECT max(seq) FROM event WHERE subject = :subject), head = "
            "(SELECT hash FROM event WHERE subject = :subject ORDER BY seq DESC LIMIT 1) "
            "WHERE id = :id",
            subject=f"item:{unit}",
            id=unit,
        )


def delete_events_without_a_place(ledger: Ledger) -> None:
    ledger.sql("DELETE FROM event WHERE position > 20")


def delete_one_in_the_middle(ledger: Ledger) -> None:
    ledger.sql("DELETE FROM log_entry WHERE log_index = 1")
    ledger.sql("DELETE FROM event WHERE position = 2")


def delete_one_and_leave_its_place(ledger: Ledger) -> None:
    ledger.sql("DELETE FROM event WHERE position = 2")


def delete_one_and_close_the_hole(ledger: Ledger) -> None:
    """A whole story of one event (the first scan of the unknown code), the log counted anew."""
    ledger.sql("DELETE FROM log_entry WHERE log_index = 12")
    ledger.sql("DELETE FROM event WHERE position = 13")
    ledger.sql("UPDATE event SET seq = 1 WHERE position = 18")
    for index in range(13, 20):
        ledger.sql(
            "UPDATE log_entry SET log_index = :to WHERE log_index = :i", to=index - 1, i=index
        )
    ledger.rehash()


def swap_two_places(ledger: Ledger) -> None:
    for old, new in ((7, 100), (8, 7), (100, 8)):
        ledger.sql("UPDATE log_entry SET log_index = :n WHERE log_index = :o", n=new, o=old)


def swap_two_places_but_not_their_leaves(ledger: Ledger) -> None:
    for old, new in ((8, 100), (9, 8), (100, 9)):
        ledger.sql("UPDATE log_entry SET position = :n WHERE position = :o", n=new, o=old)


def slip_one_into_a_story(ledger: Ledger) -> None:
    """A second `receiving` between the first two events of item 1; all later ones count on."""
    for row in ledger.rows("SELECT position FROM event WHERE subject = 'item:1' AND seq > 1"
                           " ORDER BY seq DESC"):  # fmt: skip
        ledger.sql("UPDATE event SET seq = seq + 1 WHERE position = :p", p=row.position)
    forge(ledger, ledger.at(6), position=100, seq=2)
    ledger.sql("UPDATE item SET seq = seq + 1 WHERE id = 1")
    ledger.rehash()


def hang_one_on(ledger: Ledger) -> None:
    """After the end of a story, its hash right; the unit's row does not know it."""
    last = ledger.rows("SELECT * FROM event WHERE subject = 'item:1' ORDER BY seq DESC")[0]
    forge(ledger, last, position=100, seq=last.seq + 1)


def forge(ledger: Ledger, like: object, *, position: int, seq: int) -> None:
    row = dict(like._mapping)  # type: ignore[attr-defined]
    id_ = str(UUID(int=position))
    body = canonical({**parse_body(row["body"]), "id": id_})
    hash_ = event_hash(bytes(row["hash"]), body)
    id_ = UUID(int=position).hex if not ledger.on_postgres else id_
    row |= {"position": position, "id": id_, "seq": seq, "body": body, "hash": hash_}
    names = [f'"{name}"' for name in row]
    values = [f":{name}" for name in row]
    ledger.sql(f"INSERT INTO event ({', '.join(names)}) VALUES ({', '.join(values)})", **row)


def move_a_story_to_another_unit(ledger: Ledger) -> None:
    ledger.sql("UPDATE event SET subject = 'item:99' WHERE subject = 'item:2'")
    ledger.sql("UPDATE item SET id = 99 WHERE id = 2")


def move_a_story_with_bodies_and_hashes(ledger: Ledger) -> None:
    move_a_story_to_another_unit(ledger)
    ledger.sql(
        "UPDATE event SET body = replace(body, 'item:2', 'item:99') WHERE subject = 'item:99'"
    )
    ledger.rehash()


def write_a_body_in_another_way(ledger: Ledger) -> None:
    ledger.sql("UPDATE event SET body = replace(body, ':', ': ') WHERE position = 22")
    ledger.rehash()


def number_a_story_from_two(ledger: Ledger) -> None:
    ledger.sql("UPDATE event SET seq = 3 WHERE position = 18")


def change_a_leaf(ledger: Ledger) -> None:
    ledger.sql("UPDATE log_entry SET leaf = :leaf WHERE log_index = 9", leaf=bytes(32))


def change_the_end_of_a_story(ledger: Ledger) -> None:
    ledger.sql("UPDATE item SET head = :head WHERE id = 3", head=bytes(32))


def set_back_a_unit(ledger: Ledger) -> None:
    ledger.sql("UPDATE item SET seq = 0, head = NULL WHERE id = 3")


def change_the_size_of_a_checkpoint(ledger: Ledger) -> None:
    ledger.sql("UPDATE checkpoint SET size = 13 WHERE size = 14")


def change_the_root_of_a_checkpoint(ledger: Ledger) -> None:
    ledger.sql("UPDATE checkpoint SET root = :root WHERE size = 14", root=bytes(32))


def change_the_note_of_a_checkpoint(ledger: Ledger) -> None:
    ledger.sql("UPDATE checkpoint SET note = replace(note, 'kittrail', 'kitrail') WHERE size = 14")


def sign_with_another_key(ledger: Ledger) -> None:
    (ledger.home / "checkpoints/keys.txt").unlink()
    (ledger.home / "checkpoints/latest.txt").unlink()
    ledger.app.config["KEYS"] = {"checkpoint": "33" * 32}


def set_the_database_back(ledger: Ledger) -> None:
    """To the evening before: whole in itself, its units and checkpoints with it."""
    delete_the_tail(ledger)
    ledger.sql("DELETE FROM log_entry WHERE log_index >= 14")
    ledger.sql("DELETE FROM event WHERE position > 14")
    ledger.sql("DELETE FROM checkpoint WHERE size > 14")
    ledger.sql(
        "UPDATE item SET seq = (SELECT max(seq) FROM event WHERE subject = 'item:' || item.id), "
        "head = (SELECT hash FROM event WHERE subject = 'item:' || item.id "
        "ORDER BY seq DESC LIMIT 1)"
    )


@dataclass(frozen=True)
class Case:
    """A kind of tampering, the place in the log where it must be seen, and the words."""

    tamper: Callable[[Ledger], None]
    log_index: int | None
    words: str

    def __str__(self) -> str:
        return self.tamper.__name__


REWRITTEN = r"the first event that does not fit is this one or a later one below 14"

CASES = [
    Case(change_one_byte, 7, "number 2 of item:2: its body, or the hash before it, is not what"),
    Case(change_one_byte_of_an_event_without_a_place, None, "number 3 of item:6: its body, or"),
    Case(change_one_byte_and_its_hash, 7, "the log holds something else in its place"),
    Case(change_one_byte_and_every_later_hash, 6, f"{REWRITTEN}.*the checkpoint of 14 events"),
    Case(change_and_delete_the_checkpoints, 0, r"below 20.*kept outside the database"),
    Case(swap_two_bodies, 7, "number 2 of item:2: its body"),
    Case(delete_the_tail, 18, "missing: the log ends here, but .* signed over 20"),
    Case(delete_the_tail_and_mend_the_units, 18, "missing: the log ends here"),
    Case(
        delete_events_without_a_place, None, "number 4 of item:6: the end of the story is missing"
    ),
    Case(delete_one_in_the_middle, 1, "its entry in the log is gone"),
    Case(delete_one_and_leave_its_place, 1, "its event is gone"),
    Case(delete_one_and_close_the_hole, 6, REWRITTEN),
    Case(swap_two_places, 6, REWRITTEN),
    Case(swap_two_places_but_not_their_leaves, 7, "the log holds something else in its place"),
    Case(slip_one_into_a_story, 6, REWRITTEN),
    Case(hang_one_on, None, "number 4 of item:1: its row says that the story ends at number 3"),
    Case(move_a_story_to_another_unit, 1, "number 1 of item:99: its column 'subject' says other"),
    Case(move_a_story_with_bodies_and_hashes, 0, "below 6"),
    Case(write_a_body_in_another_way, None, "number 4 of item:6: its body is not a canonical text"),
    Case(number_a_story_from_two, 17, "number 2 of its story is missing"),
    Case(change_a_leaf, 6, REWRITTEN),
    Case(change_the_end_of_a_story, None, "number 3 of item:3: the end of the story"),
    Case(set_back_a_unit, None, "number 1 of item:3: its row says that the story ends at number 0"),
    Case(change_the_size_of_a_checkpoint, None, "checkpoint of 13 events says other than its note"),
    Case(change_the_root_of_a_checkpoint, None, "checkpoint of 14 events says other than its note"),
    Case(change_the_note_of_a_checkpoint, None, "checkpoint of 14 events is not ours"),
    Case(
        sign_with_another_key, None, "checkpoint of 6 events is not ours: not signed by any known"
    ),
    Case(set_the_database_back, 14, "ends here, but the checkpoint kept outside .* over 20"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_tampering_is_noticed_and_the_first_event_named(ledger: Ledger, case: Case) -> None:
    case.tamper(ledger)
    report = ledger.verify()
    assert not report.fits
    assert re.search(case.words, str(report.first)), [str(each) for each in report.problems]
    assert report.first
    assert report.first.log_index == case.log_index


COLUMNS = [
    ("step", "'shipping'"),
    ('"by"', "'account:1'"),
    ("device_seq", "5"),
    ("effective_at", "'2026-05-01 08:00:00+00'"),
    ("recorded_at", "'2026-05-01 08:00:00+00'"),
    ("via", "'00000000-0000-0000-0000-000000000001'"),
    ("id", "'00000000-0000-0000-0000-000000000001'"),
    ("handling_unit", "NULL"),
]


@pytest.mark.parametrize(("column", "value"), COLUMNS, ids=[column for column, _ in COLUMNS])
def test_a_column_that_says_other_than_the_body_is_named(
    ledger: Ledger, column: str, value: str
) -> None:
    if not ledger.on_postgres:
        value = value.replace("+00'", ".000000'")
        value = value.replace("-", "") if column in ("via", "id") else value
    ledger.sql(f"UPDATE event SET {column} = {value} WHERE position = 14")
    report = ledger.verify()
    name = column.strip('"')
    assert report.first
    assert report.first.log_index == 13
    assert report.first.what == f"its column {name!r} says other than its body"
    assert len(report.problems) == 1


def test_of_many_problems_the_first_in_the_log_are_told_and_the_rest_counted(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracker.ledger.reports.MOST_TOLD", 3)
    ledger.sql("""UPDATE event SET "by" = 'account:1' WHERE position > 4""")
    report = ledger.verify()
    assert [problem.log_index for problem in report.problems] == [4, 5, 6]
    assert report.first
    assert report.first.subject == "item:5"
    assert report.untold == 22 - 4 - 3


@pytest.mark.parametrize("part", [1, 2, 3, 7])
def test_reading_in_small_parts_changes_nothing(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    monkeypatch.setattr("tracker.queries.log.PART", part)
    assert ledger.verify().fits
    change_one_byte(ledger)
    assert [problem.log_index for problem in ledger.verify().problems] == [7]
    (ledger.home / "checkpoints/tree.txt").unlink()
    with pytest.raises(LedgerBroken, match=r"event .* does not fit"):
        ledger.sign()
