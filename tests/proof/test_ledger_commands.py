"""`tracker ledger ...` and `tracker worker`: what they say and the status they end with."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import event
from sqlalchemy.pool import Pool

from tests.proof.small_ledger import CODES, SEED, Ledger
from tracker.cli import main

Tracker = Callable[..., Result]


@pytest.fixture
def tracker(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Tracker:
    """Run the command on the ledger, as somebody on the server does."""
    monkeypatch.setenv("TRACKER_HOME", str(ledger.home))
    monkeypatch.setenv("TRACKER_KEY_CHECKPOINT", SEED)
    monkeypatch.setenv("TRACKER_HOST", "kittrail.example")
    url = ledger.app.config["DATABASE_URL"]
    if url:
        monkeypatch.setenv("TRACKER_DATABASE_URL", url)
    else:
        monkeypatch.delenv("TRACKER_DATABASE_URL", raising=False)

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, list(words), catch_exceptions=False)

    return run


def test_a_command_leaves_no_connection_behind(tracker: Tracker) -> None:
    opened: list[object] = []

    def connect(connection: object, _record: object) -> None:
        opened.append(connection)

    def close(connection: object, _record: object) -> None:
        if connection in opened:
            opened.remove(connection)

    event.listen(Pool, "connect", connect)
    event.listen(Pool, "close", close)
    try:
        assert tracker("ledger", "verify").exit_code == 0
        assert tracker("ledger", "rebuild").exit_code == 0
        assert tracker("item", CODES[0]).exit_code == 0
    finally:
        event.remove(Pool, "connect", connect)
        event.remove(Pool, "close", close)
    assert opened == []


def change_one_byte(ledger: Ledger) -> None:
    ledger.sql("UPDATE event SET body = replace(body, 'WH-1', 'WH-2') WHERE position = 8")


def test_verify_says_that_every_event_fits(tracker: Tracker) -> None:
    result = tracker("ledger", "verify")
    assert result.exit_code == 0
    assert result.stdout == (
        "Every event fits. 22 events of 7 subjects; 20 have a place in the log, "
        "20 are under a checkpoint (3 signed).\n"
    )


def test_verify_names_the_event_that_was_changed(ledger: Ledger, tracker: Tracker) -> None:
    id_ = ledger.at(7).id
    change_one_byte(ledger)
    result = tracker("ledger", "verify")
    assert result.exit_code == 1
    assert result.stdout.startswith("DOES NOT FIT. log index 7, event ")
    assert str(id_).replace("-", "") in result.stdout.replace("-", "")
    assert "call the auditor" in result.stdout


def test_verify_since_a_paper_catches_a_past_that_was_rewritten(
    ledger: Ledger, tracker: Tracker
) -> None:
    row = ledger.rows("SELECT * FROM checkpoint ORDER BY size")[1]
    paper = f"14:{b64encode(bytes(row.root)).decode()}"
    assert tracker("ledger", "verify", "--since", paper).exit_code == 0
    change_one_byte(ledger)
    ledger.rehash()
    ledger.sql("UPDATE item SET location = 'WH-2', area = 'WH-2' WHERE id = 2")
    ledger.sql("DELETE FROM checkpoint")
    for file in ("latest.txt", "tree.txt"):
        (ledger.home / "checkpoints" / file).unlink()
    assert tracker("ledger", "checkpoint").exit_code == 0
    assert tracker("ledger", "verify").exit_code == 0
    result = tracker("ledger", "verify", "--since", paper)
    assert result.exit_code == 1
    assert f"another root than in {paper}" in result.stdout


def test_verify_answers_a_program(ledger: Ledger, tracker: Tracker) -> None:
    change_one_byte(ledger)
    result = tracker("ledger", "verify", "--json")
    answer = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (answer["fits"], answer["events"], answer["witnessed"]) == (False, 22, 20)
    assert (answer["first"]["subject"], answer["first"]["log_index"]) == ("item:2", 7)


@pytest.mark.parametrize("since", ["nonsense", "14:AAAA"])
def test_verify_with_something_else_than_a_checkpoint_is_used_wrongly(
    tracker: Tracker, since: str
) -> None:
    result = tracker("ledger", "verify", "--since", since)
    assert result.exit_code == 2
    assert "neither a file nor SIZE:ROOT" in result.stderr


def test_checkpoint_places_and_signs_what_is_new_once(ledger: Ledger, tracker: Tracker) -> None:
    first, again = tracker("ledger", "checkpoint"), tracker("ledger", "checkpoint")
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert first.stdout.startswith("Signed.\n  22:")
    assert again.stdout.startswith("Nothing is new since the last checkpoint.\n  22:")
    assert str(ledger.notary.key) in first.stdout


def test_checkpoint_answers_a_program(ledger: Ledger, tracker: Tracker) -> None:
    answer = json.loads(tracker("ledger", "checkpoint", "--json").stdout)
    row = ledger.rows("SELECT * FROM checkpoint ORDER BY size")[-1]
    assert answer == {
        "new": True,
        "size": 22,
        "root": b64encode(bytes(row.root)).decode(),
        "key": str(ledger.notary.key),
    }


def test_checkpoint_signs_nothing_that_does_not_fit(ledger: Ledger, tracker: Tracker) -> None:
    ledger.sql("UPDATE event SET body = replace(body, 'EX-2', 'EX-3') WHERE position = 21")
    result = tracker("ledger", "checkpoint")
    assert result.exit_code == 1
    assert "DOES NOT FIT. event " in result.stderr
    assert ledger.one("SELECT max(size) FROM checkpoint") == 20


def test_what_is_exported_fits(
    tracker: Tracker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tracker.ledger.standalone import verifier

    bundle = str(tmp_path / "bundle.zip")
    result = tracker("ledger", "export", bundle)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"20 events written to {bundle}.")
    assert verifier.main([bundle]) == 0
    assert tracker("ledger", "export", bundle).exit_code == 2


def test_rebuild_changes_nothing(tracker: Tracker) -> None:
    result = tracker("ledger", "rebuild")
    assert result.exit_code == 0, result.output
    assert result.stdout == "6 units folded; nothing would change.\n"
    result = tracker("ledger", "rebuild", "--repair")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("6 units folded anew; 0 differed")


def test_rebuild_puts_right_what_was_changed_past_the_ledger(
    ledger: Ledger, tracker: Tracker
) -> None:
    ledger.sql("UPDATE item SET status = 'lost' WHERE id = 3")
    result = tracker("ledger", "rebuild")
    assert result.exit_code == 1
    assert "1 would change" in result.stdout
    assert CODES[2] in result.stdout
    assert ledger.one("SELECT status FROM item WHERE id = 3") == "lost", "it only reports"
    result = tracker("ledger", "rebuild", "--repair", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["items"] == [CODES[2]]
    assert ledger.one("SELECT status FROM item WHERE id = 3") == "packed"
    assert tracker("ledger", "rebuild").exit_code == 0


@pytest.mark.parametrize("words", [["verify"], ["rebuild"], ["rebuild", "--repair"]])
def test_a_unit_whose_row_was_deleted_is_named(
    ledger: Ledger, tracker: Tracker, words: list[str]
) -> None:
    ledger.sql("DELETE FROM identifier WHERE item = 6")
    ledger.sql("DELETE FROM label WHERE item = 6")
    ledger.sql("DELETE FROM discrepancy WHERE item = 6")
    ledger.sql("DELETE FROM arrival WHERE item = 6")
    ledger.sql("DELETE FROM item WHERE id = 6")
    result = tracker("ledger", *words)
    assert result.exit_code == 1
    assert "item:6" in result.stdout
    assert CODES[5] in result.stdout


def test_rebuild_either_reports_or_repairs(tracker: Tracker) -> None:
    assert tracker("ledger", "rebuild", "--repair", "--dry-run").exit_code == 2


def test_the_worker_places_and_signs(ledger: Ledger, tracker: Tracker) -> None:
    assert tracker("worker", "--once").exit_code == 0
    assert ledger.one("SELECT max(size) FROM checkpoint") == 22
    assert tracker("ledger", "verify").exit_code == 0


def test_the_worker_tells_when_the_ledger_is_broken(ledger: Ledger, tracker: Tracker) -> None:
    ledger.sql("UPDATE event SET body = replace(body, 'EX-2', 'EX-3') WHERE position = 21")
    result = tracker("worker", "--once")
    assert result.exit_code == 1
    assert "ledger-broken" in result.output
    assert ledger.one("SELECT max(size) FROM checkpoint") == 20
