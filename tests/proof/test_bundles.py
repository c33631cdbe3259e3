"""The bundle: what the ledger exports, the stand-alone verifier accepts; damaged, it names."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from tests.proof.small_ledger import Ledger
from tracker.errors import LedgerBroken, Refusal
from tracker.ledger.bundles import export_bundle
from tracker.ledger.standalone.verifier import main


@pytest.mark.parametrize("name", ["bundle.zip", "bundle"])
def test_what_is_exported_is_verified_without_the_server(
    ledger: Ledger, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    told: list[tuple[int, int]] = []
    path = tmp_path / name
    written = export_bundle(
        ledger.notary, path, progress=lambda done, total: told.append((done, total))
    )
    assert (written, told[-1]) == (20, (20, 20))
    assert main([str(path), "--key", str(ledger.notary.key)]) == 0
    assert capsys.readouterr().out == "20 events of 7 subjects fit 3 checkpoints.\n"


def test_the_events_are_exported_as_they_are_stored(ledger: Ledger, tmp_path: Path) -> None:
    export_bundle(ledger.notary, tmp_path / "bundle")
    lines = (tmp_path / "bundle/events.jsonl").read_text(encoding="utf-8").split("\n")
    eighth, stored = json.loads(lines[7]), ledger.at(7)
    assert eighth == {
        "log_index": 7,
        "subject": stored.subject,
        "seq": stored.seq,
        "hash": bytes(stored.hash).hex(),
        "body": stored.body,
    }
    assert lines[20:] == [""]


def test_the_bundle_holds_events_checkpoints_and_keys_and_nothing_else(
    ledger: Ledger, tmp_path: Path
) -> None:
    export_bundle(ledger.notary, tmp_path / "bundle.zip")
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        assert sorted(bundle.namelist()) == [
            *(f"checkpoints/{size:012}.txt" for size in (6, 14, 20)),
            "events.jsonl",
            "key.txt",
        ]
        assert bundle.read("key.txt").decode() == f"{ledger.notary.key}\n"


def test_a_change_in_the_database_is_named_by_who_has_only_the_bundle(
    ledger: Ledger, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger.sql("UPDATE event SET body = replace(body, 'WH-1', 'WH-2') WHERE position = 8")
    export_bundle(ledger.notary, tmp_path / "bundle.zip")
    assert main([str(tmp_path / "bundle.zip")]) == 1
    assert "log index 7, 'item:2' event 2: its body" in capsys.readouterr().out


def test_a_rewritten_past_is_named_by_who_has_only_the_bundle(
    ledger: Ledger, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger.sql("UPDATE event SET body = replace(body, 'WH-1', 'WH-2') WHERE position = 8")
    ledger.rehash()
    export_bundle(ledger.notary, tmp_path / "bundle.zip")
    assert main([str(tmp_path / "bundle.zip")]) == 1
    assert "log index 6: the first event that does not fit" in capsys.readouterr().out


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "home")


@pytest.mark.parametrize("name", ["bundle.zip", "bundle"])
def test_a_log_with_a_hole_is_not_exported_and_nothing_half_written_stays(
    ledger: Ledger, tmp_path: Path, name: str
) -> None:
    ledger.sql("DELETE FROM log_entry WHERE log_index = 9")
    with pytest.raises(LedgerBroken, match="log index 9 is gone"):
        export_bundle(ledger.notary, tmp_path / name)
    assert leftovers(tmp_path) == []


def test_nothing_is_written_over(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "bundle.zip").write_text("mine")
    with pytest.raises(Refusal, match="something at"):
        export_bundle(ledger.notary, tmp_path / "bundle.zip")
    assert (tmp_path / "bundle.zip").read_text() == "mine"


def test_a_ledger_that_was_never_signed_is_not_exported(ledger: Ledger, tmp_path: Path) -> None:
    ledger.sql("DELETE FROM checkpoint")
    with pytest.raises(Refusal, match="Nothing was signed yet"):
        export_bundle(ledger.notary, tmp_path / "bundle.zip")
