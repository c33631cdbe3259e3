"""EPCIS documents as they leave: from the ledger, by route and by command, for each reader."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from tests.exports.conforming import faults
from tests.exports.journeys import SITE, travel
from tests.services.builders import COORDINATOR, NOW, item
from tracker.cli import main
from tracker.domain.permissions import SYSTEM, Actor, Role
from tracker.errors import NotAllowed, NotFound, Refusal
from tracker.queries import epcis as rows
from tracker.queries import items
from tracker.queries.epcis import Unit
from tracker.services.exports import epcis

AUDITOR = Actor("account:5", Role.AUDITOR)


def steps(document: str, code: str) -> list[str]:
    """The steps that a document tells of a unit."""
    return [
        event["bizStep"].rpartition("#")[2]
        for event in json.loads(document)["epcisBody"]["eventList"]
        if (event.get("epcList") or event["childEPCs"])[0].endswith(code)
    ]


def whole(by: Actor) -> str:
    return "".join(epcis.pledge_document("EX-1", by=by, now=NOW))


def test_a_pledges_units_are_told_from_the_first_event_to_the_last(app: Flask) -> None:
    first, second, third = travel(3)
    document = whole(COORDINATOR)
    assert faults(json.loads(document)) == []
    journey = ["announcing", "receiving", "packing", "shipping", "accepting", "deploying"]
    assert steps(document, second) == journey
    assert steps(document, first).count("stock_taking") == 2  # it is told again as an error
    assert steps(document, third) == ["announcing", "receiving", "packing", "unpacking"]
    events = json.loads(document)["epcisBody"]["eventList"]
    assert [event["errorDeclaration"]["reason"] for event in events if "errorDeclaration" in event]
    kept = [event.hash for event in items.story(item(second).id, SYSTEM)]
    assert [e["kittrail:hash"] for e in events if e.get("epcList", [""])[0].endswith(second)] == [
        hash_ for hash_, step in zip(kept, journey, strict=True) if step != "packing"
    ]


def test_sites_people_and_numbers_stay_here(app: Flask) -> None:
    travel(2)
    for_auditor, for_coordinator = whole(AUDITOR), whole(COORDINATOR)
    assert SITE not in for_auditor
    assert f"/locations/{SITE}" in for_coordinator
    for text in (for_auditor, for_coordinator):
        assert "KITEX" not in text
        assert "Charlie" not in text
        assert "account:" not in text


def test_the_document_of_one_unit_is_its_part_of_the_pledges(app: Flask) -> None:
    code = travel(2)[0]
    unit = Unit(item(code).id, code, "satellite_terminal")
    document = json.loads("".join(epcis.unit_document(unit, by=AUDITOR, now=NOW)))
    assert faults(document) == []
    events = json.loads(whole(AUDITOR))["epcisBody"]["eventList"]
    assert document["epcisBody"]["eventList"] == events[: len(steps(json.dumps(document), code))]


def test_a_document_is_written_part_by_part(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    travel(5)
    at_once, told = whole(COORDINATOR), list[int]()
    monkeypatch.setattr(rows, "PART", 2)
    pieces = epcis.pledge_document("EX-1", by=COORDINATOR, now=NOW, progress=told.append)
    assert "".join(pieces) == at_once
    assert told == [2, 2, 1]


def test_who_may_not_export_gets_nothing(app: Flask) -> None:
    travel(1)
    for role in set(Role) - {Role.COORDINATOR, Role.AUDITOR}:
        with pytest.raises(NotAllowed):
            epcis.pledge_document("EX-1", by=Actor("account:9", role), now=NOW)
    with pytest.raises(NotFound):
        epcis.pledge_document("EX-NONE", by=COORDINATOR, now=NOW)


def test_the_command_writes_a_new_file(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    travel(2)
    monkeypatch.setattr("tracker.commands.exports.application", app.app_context)
    file = tmp_path / "EX-1.jsonld"
    command = ["export", "epcis", "--pledge", "EX-1", "-o", str(file)]
    done = CliRunner().invoke(main, command)
    assert (done.exit_code, "2 units" in done.output) == (0, True)
    assert faults(json.loads(file.read_text())) == []
    assert CliRunner().invoke(main, command).exit_code == 2  # it is not overwritten
    command[3] = "EX-NONE"
    assert CliRunner().invoke(main, [*command[:-1], str(tmp_path / "x")]).exit_code == 2
    assert [path.name for path in tmp_path.glob("*.jsonld*")] == [file.name]


def test_what_is_half_written_when_it_fails_is_removed(app: Flask, tmp_path: Path) -> None:
    travel(1)

    def stop(_done: int) -> None:
        raise KeyboardInterrupt

    file = tmp_path / "EX-1.jsonld"
    with pytest.raises(KeyboardInterrupt):
        epcis.write_pledge("EX-1", file, by=COORDINATOR, now=NOW, progress=stop)
    assert not list(tmp_path.glob("EX-1*"))
    file.write_text("mine")
    with pytest.raises(Refusal):
        epcis.write_pledge("EX-1", file, by=COORDINATOR, now=NOW)
