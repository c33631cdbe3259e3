"""The benches run, on worlds of a few units: what they measure is for `./run bench` to say."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import __main__ as table
from bench import donors, http, imports, labels, ledger, reasons, searches, warehouse

ROW = {"name", "figure", "unit", "baseline", "ratio", "target"}


def test_the_ledger_and_its_reference_keep_the_same_scans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "BATCH", 20)
    monkeypatch.setattr(ledger, "BATCHES", 2)
    [row] = ledger.run()
    assert row.keys() == ROW
    assert int(str(row["figure"])) > 0


def test_scans_over_http_are_answered_by_both_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, few in (("ROUNDS", 1), ("SCANS", 16), ("WARM", 8)):
        monkeypatch.setattr(http, name, few)
    ours, bare = http.measure("")
    assert len(ours) == len(bare) == 1
    assert ours[0].rate > 0 < bare[0].p99


def test_a_donor_s_page_is_asked_for_among_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, few in (("UNITS", 56), ("PLEDGES", 3), ("DAYS", 13), ("VISITS", 3), ("ROUNDS", 1),
                      ("WATCHED", 1), ("READERS", 600)):  # fmt: skip
        monkeypatch.setattr(donors, name, few)
    rows = donors._rows("SQLite", "")
    assert "56 units among 168 items, 1,680 events" in str(rows[0]["name"])
    assert all(row.keys() == ROW for row in rows)
    assert len(rows) == 5
    assert float(str(rows[-1]["figure"])) > 0


def test_a_manifest_comes_in_twice_and_in_plain(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(imports, "UNITS", 80)
    seen = imports.measure(tmp_path)
    assert seen.keys() == {"ours", "again", "plain", "before", "peak"}


def test_labels_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labels, "LABELS", 30)
    monkeypatch.setattr(labels, "SYMBOLS", 2)
    seconds, size, peak = labels._sheets()
    assert seconds > 0
    assert size > 30 * 100
    assert peak > 0
    assert labels._with_qrcode() > 0
    assert labels._with_reportlab() > 0


def test_the_table_has_a_row_for_each_figure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(labels, "run", lambda: [dict.fromkeys(sorted(ROW), 1)])
    table.main(["labels"])
    assert capsys.readouterr().out.splitlines()[-1] == "| 1 | 1 1 | 1 | 1 | 1 |"


def test_desks_scan_at_once_and_a_pallet_is_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, few in (("DESKS", 2), ("SECONDS", 1), ("PALLET", 20), ("ROUNDS", 1)):
        monkeypatch.setattr(warehouse, name, few)
    monkeypatch.setattr(warehouse, "SERIALS", 60)
    desks, pallet, paper = warehouse.run()
    assert desks.keys() == pallet.keys() == paper.keys() == ROW
    assert float(str(desks["figure"])) > 0


def test_fragments_are_searched_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, few in (("ITEMS", 400), ("COPIES", 200), ("ASKED", 5)):
        monkeypatch.setattr(searches, name, few)
    [row] = searches._rows("SQLite", "")
    assert row.keys() == ROW


def test_each_decision_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, few in (
        ("SCANS", 16),
        ("TURNS", 24),
        ("EVENTS", 8),
        ("SIGNATURES", 2),
        ("SYMBOLS", 1),
    ):
        monkeypatch.setattr(reasons, name, few)
    rows = reasons.run()
    assert len(rows) in (5, 7)  # two are for PostgreSQL
    assert all(row.keys() == ROW for row in rows)
    assert all(float(str(row["ratio"])) > 0 for row in rows)
