"""Places in the log: every committed event gets one, in order, and none is skipped for good."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.proof.small_ledger import BOX, CODES, DATABASES, Ledger
from tests.racing import at_once
from tracker.db import db
from tracker.domain.chain import GENESIS, canonical, event_hash
from tracker.errors import LedgerBroken
from tracker.ledger.checkpoints import sequence


def places(ledger: Ledger) -> list[tuple[int, int]]:
    """(log index, position) of the whole log."""
    query = "SELECT log_index, position FROM log_entry ORDER BY log_index"
    return [tuple(row) for row in ledger.rows(query)]


def unplaced(ledger: Ledger) -> int:
    query = "SELECT count(*) FROM event WHERE position NOT IN (SELECT position FROM log_entry)"
    return int(ledger.one(query))


INSERT = """
INSERT INTO event (position, id, subject, seq, step, effective_at, recorded_at, "by", body, hash,
                   scan_digest)
VALUES (:position, :id, :subject, :seq, 'receiving', '2026-05-01', '2026-05-01', 'x', :body, :hash,
        :hash)
"""


def story(subject: str, *positions: int) -> list[dict[str, object]]:
    """Rows of one subject's chain, at these positions of the table."""
    previous, rows = GENESIS, []
    for seq, position in enumerate(positions, 1):
        body = canonical({"subject": subject, "seq": seq})
        previous = event_hash(previous, body)
        id_ = f"00000000-0000-4000-8000-{position:012}"
        row = {"position": position, "id": id_, "subject": subject, "seq": seq, "body": body}
        rows.append({**row, "hash": previous})
    return rows


def test_every_event_gets_the_next_place_in_the_order_it_was_written(ledger: Ledger) -> None:
    assert sequence() == 2
    assert sequence() == 0
    assert places(ledger) == [(index, index + 1) for index in range(22)]


def test_a_large_backlog_is_placed_in_parts(ledger: Ledger) -> None:
    ledger.sql("DELETE FROM log_entry")
    assert [sequence(at_once=8) for _ in range(4)] == [8, 8, 6, 0]
    assert places(ledger) == [(index, index + 1) for index in range(22)]


def test_positions_that_were_never_used_are_no_obstacle(ledger: Ledger) -> None:
    for row in story("code:EX", 1000, 2000):
        ledger.sql(INSERT, **row)
    assert sequence() == 4
    assert [position for _, position in places(ledger)][-2:] == [1000, 2000]


def test_an_event_that_was_committed_late_gets_its_place_later(ledger: Ledger) -> None:
    """A transaction may take its positions first and commit last."""
    for row in story("code:EX-1", 2000):
        ledger.sql(INSERT, **row)
    assert sequence() == 3
    for row in story("code:EX-2", 1000, 1001):
        ledger.sql(INSERT, **row)
    assert sequence() == 2
    assert [position for _, position in places(ledger)][-3:] == [2000, 1000, 1001]
    assert unplaced(ledger) == 0


def test_an_event_that_was_committed_very_late_is_found_by_a_thorough_search(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracker.queries.log.LOOK_BACK", 500)
    for row in story("code:EX-1", 2000):
        ledger.sql(INSERT, **row)
    assert sequence(thorough=False) == 3
    for row in story("code:EX-2", 1000, 1501):
        ledger.sql(INSERT, **row)
    assert sequence(thorough=False) == 0, "the second waits for the first, which is too far behind"
    assert sequence() == 2
    assert unplaced(ledger) == 0


def test_an_event_waits_for_the_one_before_it(ledger: Ledger) -> None:
    sequence()
    for row in story("code:EX", 1003, 1002, 1001):
        ledger.sql(INSERT, **row)
    assert [sequence() for _ in range(4)] == [1, 1, 1, 0]
    assert [position for _, position in places(ledger)][-3:] == [1003, 1002, 1001]


def test_two_that_sequence_at_once_leave_no_hole_and_place_nothing_twice(ledger: Ledger) -> None:
    ledger.sql("DELETE FROM log_entry")

    def run(_: int) -> None:
        while sequence(at_once=3):
            pass

    at_once([ledger.app] * 4, run)
    assert places(ledger) == [(index, index + 1) for index in range(22)]


@pytest.mark.parametrize("original", DATABASES[1:], indirect=True)
def test_what_is_not_committed_has_no_place_and_is_not_forgotten(ledger: Ledger) -> None:
    """SQLite has one writer at a time; on PostgreSQL the slow one had its positions first."""
    sequence()
    with db.engine.connect() as slow:
        for row in story("code:EX-SLOW", 1000, 1001):
            slow.execute(text(INSERT), row)
        for row in story("code:EX-FAST", 1002):
            ledger.sql(INSERT, **row)
        assert [sequence(), sequence()] == [1, 0]
        slow.commit()
    assert [sequence(), sequence()] == [2, 0]
    assert [position for _, position in places(ledger)][-3:] == [1002, 1000, 1001]


def test_what_was_scanned_since_is_placed_after_what_was_there(ledger: Ledger) -> None:
    ledger.scan(CODES[0], "unpacking", handling_unit=BOX)
    assert sequence() == 3
    assert ledger.at(22).step == "unpacking"


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE event SET body = replace(body, 'EX-2', 'EX-3') WHERE position = 21",
        "UPDATE event SET hash = scan_digest WHERE position = 21",
        "DELETE FROM event WHERE position = 21",
        "UPDATE event SET seq = 0 WHERE position = 21",
    ],
)
def test_an_event_that_does_not_fit_is_never_given_a_place(ledger: Ledger, damage: str) -> None:
    ledger.sql(damage)
    with pytest.raises(LedgerBroken, match=r"event .* does not fit"):
        sequence()
    assert len(places(ledger)) == 20
