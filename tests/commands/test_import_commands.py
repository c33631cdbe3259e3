"""`tracker import` as a person at a terminal meets it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select

from tracker.cli import main
from tracker.db import db
from tracker.domain.records import STATING
from tracker.models import Discrepancy, Event, Item, Party

PARTIES = "party,name,kind,country\nPL,Poland,member_state,PL\n"
PRODUCTS = "product,name_en,name_uk,kind,identifiers\nKEY,Key,Ключ,other,serial\n"
PLEDGES = "pledge,donor,pledged_on,product,quantity\nEX-1,PL,2026-01-10,KEY,2\n"
ITEMS = "pledge,product,serial\nEX-1,KEY,EXSER001\nEX-1,KEY,EXSER002\n"
LOCATIONS = "location,name_en,name_uk,kind,sector,katottg\nLVIV-1,Lviv,Львів,warehouse,,\n"


@pytest.fixture(autouse=True)
def at_home(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands work on the application of the test, from an empty folder."""
    for module in ("imports", "scans"):
        monkeypatch.setattr(f"tracker.commands.{module}.application", app.app_context)
    monkeypatch.chdir(tmp_path)


def run(noun: str, content: str, *options: str) -> Result:
    Path(f"{noun}.txt").write_text(content, encoding="utf-8")
    return CliRunner().invoke(main, ["import", noun, f"{noun}.txt", *options])


def catalogue() -> None:
    for noun, content in (("parties", PARTIES), ("products", PRODUCTS), ("pledges", PLEDGES),
                          ("locations", LOCATIONS), ("items", ITEMS)):  # fmt: skip
        assert run(noun, content).exit_code == 0


def test_an_import_says_what_it_did() -> None:
    assert run("parties", PARTIES).stdout == (
        "parties from parties.txt: 1 added, 0 changed, 0 as they were.\n"
    )
    told = run("parties", PARTIES.replace("Poland", "Polska"))
    assert told.stdout.splitlines() == [
        "parties from parties.txt: 0 added, 1 changed, 0 as they were.",
        "  line 2: PL: name Poland → Polska",
    ]


def test_a_dry_run_keeps_nothing() -> None:
    assert "1 would be added" in run("parties", PARTIES, "--dry-run").stdout
    assert db.session.scalar(select(func.count()).select_from(Party)) == 0


def test_faults_are_printed_as_compilers_do_and_end_with_status_2() -> None:
    told = run("parties", PARTIES + "E E,Estonia,friend,EE\n")
    assert (told.exit_code, told.stdout) == (2, "")
    first, second, last = told.stderr.splitlines()
    assert first.startswith("parties.txt:3: kind: “friend” is none of ")
    assert second.startswith("parties.txt:3: party: “E E” is no reference")
    assert last == ("The file was not imported: 2 faults in parties.txt; nothing of it was kept.")
    assert db.session.scalar(select(func.count()).select_from(Party)) == 0


KINDS = PRODUCTS + "BANK,Power bank,Павербанк,power,\n"
BANKS = "pledge;product;serial;handling_unit\n" + "EX-1;BANK;;Картон 1\n" * 3
AGAIN = "If this is the list of delivery 1 again, say --same-delivery."


def test_a_second_delivery_is_told_from_the_first_unless_somebody_says_otherwise() -> None:
    run("parties", PARTIES)
    run("products", KINDS)
    run("pledges", PLEDGES + "EX-1,PL,2026-01-10,BANK,10\n")
    assert "3 added, 0 changed, 0 as they were." in run("items", BANKS).stdout
    more = BANKS + "EX-1;BANK;;Картон 2\n"
    same = run("items", more, "--same-delivery", "--dry-run").stdout
    assert "1 would be added, 0 changed, 3 as they were." in same
    assert "note: Delivery 1 of EX-1 again (EX-1.1): 1 new unit, 3 rows of units that" in same
    told = run("items", more).stdout
    assert "4 added, 0 changed, 0 as they were." in told
    assert f"note: New delivery 2 of EX-1 (EX-1.2): 4 new units. {AGAIN}" in told
    assert "0 added, 0 changed, 4 as they were." in run("items", more).stdout
    asked = run("items", more + "EX-1;BANK;;Картон 2\n", "--same-delivery")
    assert asked.exit_code == 2
    assert "say --delivery and which: EX-1.1, EX-1.2" in asked.stderr
    assert "1 added" in run("items", more + "EX-1;BANK;;Картон 2\n", "--delivery", "2").stdout
    assert "4 added" in run("items", more, "--new-delivery").stdout
    assert run("items", more, "--new-delivery", "--same-delivery").exit_code == 2


def test_a_program_reads_the_report_and_the_faults_as_json() -> None:
    assert json.loads(run("parties", PARTIES, "--json").stdout) == {
        "noun": "parties", "file": "parties.txt", "dry_run": False, "added": 1, "unchanged": 0,
        "changed": [], "notes": [],
    }  # fmt: skip
    told = run("parties", "party\n", "--json")
    assert told.exit_code == 2
    assert json.loads(told.stdout)["faults"][0] == {
        "file": "parties.txt", "line": 1, "column": "kind", "reason": "this column is missing",
    }  # fmt: skip


def test_a_file_that_is_not_there_is_used_wrongly() -> None:
    told = CliRunner().invoke(main, ["import", "parties", "nowhere.csv"])
    assert told.exit_code == 2


def scan(code: str, **more: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "code": code, "step": "receiving", "location": "LVIV-1",
            "occurred_at": "2026-05-01T09:30:00Z", **more}  # fmt: skip


def batch(*scans: Any) -> str:
    return json.dumps({"sent_at": "2026-05-01T10:00:00Z", "mode": "queued", "scans": scans})


def test_scans_of_a_file_are_recorded_once_and_at_their_own_time() -> None:
    catalogue()
    content = batch(scan("exser001"), scan("EXSER002", step="deploying"), scan("EXSER999"))
    told = run("scans", content)
    assert told.stdout == "scans from scans.txt: 2 recorded, 1 unknown_code.\n"
    again = run("scans", content)
    assert again.stdout == "scans from scans.txt: 3 duplicate.\n"
    db.session.rollback()
    event = db.session.scalars(select(Event).where(Event.step == "receiving")).first()
    assert event is not None
    assert event.effective_at.isoformat() == "2026-05-01T09:30:00+00:00"
    assert "in_stock" in db.session.scalars(select(Item.status)).all()
    assert "gap" in db.session.scalars(select(Discrepancy.kind)).all()


def test_a_file_with_a_scan_that_cannot_be_read_is_refused_whole() -> None:
    catalogue()
    told = run("scans", batch(scan("EXSER001"), scan("EXSER002", step="melting", colour="red")))
    assert told.exit_code == 2
    assert "scans.txt: scans[1].step: " in told.stderr
    assert "scans.txt: scans[1].colour: Unknown field." in told.stderr
    assert set(db.session.scalars(select(Event.step))) == {"announcing", STATING}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("{", "scans.txt:1: no JSON"),
        ("[]", "scans.txt: "),
        ("{}", "scans.txt: scans: Must be a list"),
        ('{"sent_at": 1, "mode": "queued", "scans": [1]}', "scans.txt: sent_at: Must be a time"),
    ],
)
def test_what_is_no_batch_is_refused(content: str, fault: str) -> None:
    told = run("scans", content)
    assert told.exit_code == 2
    assert fault in told.stderr


def test_a_dry_run_of_scans_keeps_nothing() -> None:
    catalogue()
    assert "nothing was kept" in run("scans", batch(scan("EXSER001")), "--dry-run").stdout
    assert set(db.session.scalars(select(Event.step))) == {"announcing", STATING}
