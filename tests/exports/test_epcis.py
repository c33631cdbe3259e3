"""EPCIS: every step of the table, told so that others' software takes it, and no site with it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from typing import Any, cast
from uuid import uuid4

import pytest

from tests.exports.conforming import faults
from tracker.domain import epcis
from tracker.domain.bodies import Body
from tracker.domain.epcis import Entry, Names
from tracker.domain.lifecycle import DECLARING_ERROR, STEPS, Move, Status

CODE, BOX = "7F3K9M2P4CX", "0000000000X"
NAMES = Names("https://kittrail.example", journeys={"EX-C 1": ("EX", "EX-USER")})
WITH_GS1 = Names("https://kittrail.example", "9506000", ssccs={BOX: "095060001343520000"})
SITE = "EX-SITE-1"
SECRETS = ("KITEX0000001", "account:7", "a note with a name", "c0ffee", "Хтось")


def body(step: str, **said: Any) -> Body:
    """A body that says everything that a body can say."""
    told = {
        "v": 1, "id": str(uuid4()), "subject": "item:7", "code": "KITEX0000001", "step": step,
        "occurred_at": "2026-05-01T09:00:00.000Z", "effective_at": "2026-05-01T09:00:00.000Z",
        "recorded_at": "2026-05-01T09:05:00.000Z", "offset_ms": 0, "mode": "queued",
        "by": "account:7", "role": "coordinator", "consignment": "EX-C 1", "handling_unit": BOX,
        "receiver": "EX-USER", "act": "АКТ-2026-7", "report": "REP 1/2", "condition": "damaged",
        "note": "a note with a name", "evidence": ["c0ffee" * 10], "second": "item:7",
        "findings": {"present": True, "working": True, "civilian_use": False},
        "flags": ["not_civilian"], "location": SITE, "at_site": True, "commitment": "c0ffee",
        "scan": "c0ffee", "signed": "c0ffee", "statement": "Хтось", "signature": "c0ffee",
    }  # fmt: skip
    return cast(Body, {**told, **said})


def told(*bodies: Body, names: Names = NAMES, verdict: str = "fits") -> list[Any]:
    """The events of a unit with these bodies."""
    story = [Entry(one, "ab" * 32, verdict) for one in bodies]
    return list(epcis.events_of(CODE, story, names))


def document(events: Iterable[Any], names: Names = NAMES) -> Any:
    """A document of events, read as JSON."""
    start, end = epcis.frame(names, "2026-05-02T00:00:00+00:00", "7:c0")
    return json.loads(start + ",".join(map(json.dumps, events)) + end)


@pytest.mark.parametrize("names", [NAMES, WITH_GS1], ids=["labels", "digital-links"])
@pytest.mark.parametrize("step", STEPS)
def test_every_step_of_the_table_is_epcis(step: str, names: Names) -> None:
    whole = body(step)
    bare = ("subject", "step", "effective_at", "recorded_at")
    little = cast(Body, {name: said for name, said in whole.items() if name in bare})
    little["id"] = str(uuid4())
    events = told(whole, little, names=names)
    assert faults(document(events, names)) == []
    assert [event["eventID"] for event in events] == [
        f"urn:uuid:{whole['id']}",
        f"urn:uuid:{little['id']}",
    ]


@pytest.mark.parametrize("step", STEPS.values(), ids=lambda step: step.id)
def test_words_are_those_of_the_table(step: Any) -> None:
    [event] = told(body(step.id))
    address = "https://kittrail.example/vocabulary#"
    assert event["bizStep"] == step.biz_step.replace("ours:", address)
    assert event.get("disposition") == step.disposition


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        ("eventTime", "yesterday"),
        ("eventTime", "2026-05-01 09:00"),
        ("recordTime", "2026-13-01T09:00:00Z"),
        ("eventTimeZoneOffset", "UTC"),
        ("eventID", "no uri"),
        ("bizStep", "deploying"),
        ("disposition", "around"),
        ("epcList", ["7F3K9 M2P4C"]),
        ("action", "MOVE"),
        ("hash", "a name without a namespace"),
    ],
)
def test_the_check_is_not_empty(place: str, wrong: Any) -> None:
    good = document(told(body("deploying")))
    assert faults(good) == []
    bad = copy.deepcopy(good)
    bad["epcisBody"]["eventList"][0][place] = wrong
    assert faults(bad) != []


@pytest.mark.parametrize("step", [*STEPS, DECLARING_ERROR])
def test_nothing_of_people_devices_numbers_or_notes_is_told(step: str) -> None:
    text = json.dumps(told(body(step)), ensure_ascii=False)
    assert [secret for secret in SECRETS if secret in text] == []


@pytest.mark.parametrize("step", STEPS)
def test_a_sealed_site_is_one_word_for_all_sites(step: str) -> None:
    here, there = (body(step, id="0" * 8, location=ref) for ref in (SITE, "EX-SITE-2"))
    assert told(here) == told(there)
    assert SITE not in json.dumps(told(here))


def test_a_reader_of_sites_gets_the_reference_and_no_more() -> None:
    open_names = Names("https://kittrail.example", sealed=False)
    [event] = told(body("deploying"), names=open_names)
    assert event["readPoint"] == {"id": f"https://kittrail.example/locations/{SITE}"}


def test_a_unit_stays_where_it_was_scanned_only_if_the_step_leaves_it_there() -> None:
    stays = {step for step in STEPS if "bizLocation" in told(body(step))[0]}
    leaves = {"shipping", "returning", "entering_exiting", "counting", "decommissioning"}
    leaves |= {"reporting_lost", "reporting_stolen", "destroying"}
    assert stays == set(STEPS) - leaves
    ends = {step.id for step in STEPS.values() if step.target is Status.WRITTEN_OFF}
    assert ends <= leaves
    assert STEPS["counting"].target is Move.STAY


def test_packing_and_unpacking_are_aggregations() -> None:
    packed, unpacked, shipped = told(body("packing"), body("unpacking"), body("shipping"))
    assert (packed["type"], packed["action"]) == ("AggregationEvent", "ADD")
    assert (unpacked["type"], unpacked["action"]) == ("AggregationEvent", "DELETE")
    assert packed["parentID"] == f"https://kittrail.example/s/{BOX}"
    assert packed["childEPCs"] == [f"https://kittrail.example/s/{CODE}"]
    assert shipped["type"] == "ObjectEvent"


def test_with_a_gs1_prefix_units_and_boxes_have_digital_links() -> None:
    [packed] = told(body("packing"), names=WITH_GS1)
    assert packed["childEPCs"] == [f"https://kittrail.example/8004/9506000{CODE}"]
    assert packed["parentID"] == "https://kittrail.example/00/095060001343520000"


def test_papers_and_parties_are_named() -> None:
    accepted = body("accepting")
    shipped, got, back = told(
        body("shipping"), accepted, body("accepting", receiver="EX-OTHER", act="A-2")
    )
    base = "https://kittrail.example"
    assert shipped["sourceList"] == [{"type": "possessing_party", "source": f"{base}/parties/EX"}]
    assert shipped["destinationList"][0]["destination"] == f"{base}/parties/EX-USER"
    assert {"type": "bol", "bizTransaction": f"{base}/consignments/EX-C%201"} in shipped[
        "bizTransactionList"
    ]
    assert "sourceList" not in got
    assert got["destinationList"][0]["destination"] == f"{base}/parties/EX-USER"
    assert got["bizTransactionList"][1] == {
        "type": f"{base}/vocabulary#handover_act",
        "bizTransaction": f"{base}/documents/%D0%90%D0%9A%D0%A2-2026-7",
    }
    assert back["sourceList"][0]["source"] == f"{base}/parties/EX-USER"


def test_a_scan_that_does_not_fit_claims_no_state() -> None:
    [event] = told(body("deploying"), verdict="misfit")
    assert event["kittrail:verdict"] == "misfit"
    assert "readPoint" in event
    assert not {"bizLocation", "disposition"} & set(event)


def test_a_share_of_a_box_in_which_the_unit_was_not_is_left_out() -> None:
    assert told(body("shipping"), verdict="outside") == []


def later(minute: int) -> dict[str, str]:
    return {"recorded_at": f"2026-05-01T10:{minute:02d}:00.000Z"}


def test_a_declaration_may_stand_before_what_it_declares_wrong() -> None:
    wrong = body("receiving")
    again, first = told(body(DECLARING_ERROR, declares=wrong["id"], reason="did_not_occur"), wrong)
    assert again["eventID"] == first["eventID"]
    assert "errorDeclaration" in again


@pytest.mark.parametrize("reason", ["did_not_occur", "incorrect_data"])
def test_an_error_is_declared_by_telling_the_wrong_event_again(reason: str) -> None:
    wrong = body("receiving")
    declaration = body(DECLARING_ERROR, declares=wrong["id"], reason=reason, **later(1))
    better = body("receiving", location="WH-1", at_site=False, **later(2))
    first, again, right = told(wrong, declaration, better)
    assert faults(document([first, again, right])) == []
    assert "errorDeclaration" not in first
    assert again["errorDeclaration"]["reason"] == reason
    assert again["errorDeclaration"]["declarationTime"] == later(1)["recorded_at"]
    corrected = again["errorDeclaration"].get("correctiveEventIDs", [])
    assert corrected == ([right["eventID"]] if reason == "incorrect_data" else [])
    same = set(first) - {"recordTime"}
    assert {name: first[name] for name in same} == {name: again[name] for name in same}


def test_only_the_same_step_recorded_next_corrects_an_event() -> None:
    wrong = body("receiving")
    said = {"declares": wrong["id"], "reason": "incorrect_data", **later(1)}
    declaration = body(DECLARING_ERROR, **said)
    events = told(wrong, declaration, body("packing", **later(2)), body("receiving", **later(3)))
    assert "correctiveEventIDs" not in events[1]["errorDeclaration"]


def test_a_declaration_about_another_story_is_told_as_it_is() -> None:
    events = told(body(DECLARING_ERROR, declares=str(uuid4()), reason="did_not_occur"))
    assert faults(document(events)) == []
    assert events[0]["bizStep"].endswith("#declaring_error")
