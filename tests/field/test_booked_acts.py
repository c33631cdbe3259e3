"""Acts signed on a phone: kept whatever they name, and held against what the ledger has booked."""

from __future__ import annotations

import io
import json
import random
from typing import Any

import pypdfium2
import pytest

from labels.codes import new_codes
from tests.field.conftest import Enrol
from tests.field.signing import SigningPhone
from tests.field.test_devices import act_text
from tests.services.builders import new_blanks, new_boxes
from tests.web.conftest import World, send, spoken
from tracker import clock
from tracker.commands import ledger as commands
from tracker.db import db, transaction
from tracker.domain.permissions import SYSTEM
from tracker.ledger.checkpoints import notary, sequence
from tracker.ledger.verification import verify
from tracker.models import ActLine, Discrepancy, Event, HandoverAct, Identifier, Item
from tracker.queries import documents
from tracker.services import signed_acts
from tracker.services.evidence import evidence_content

EANS = ["4006381333931", "0012345678905"]


def keep(phone: SigningPhone, codes: list[str], **said: Any) -> dict[str, Any]:
    """Keep an act of these lines; what the phone is told."""
    text = act_text(lines=[{"code": code, "second": False} for code in codes], **said)
    signed = phone.sign_act(text)
    answer = phone.client.post("/api/v1/field/acts", json=signed, headers=phone.headers)
    assert answer.status_code == 200, answer.text
    assert answer.json
    told: dict[str, Any] = answer.json
    again = phone.client.post("/api/v1/field/acts", json=signed, headers=phone.headers)
    assert again.json == told
    return told | {"id": json.loads(text)["id"]}


def scan(phone: SigningPhone, codes: list[str], act: str, **said: Any) -> list[dict[str, Any]]:
    """The scans that phones send of an act's lines; what the ledger says."""
    sent = [phone.scan(one, "accepting", act=act, receiver="HOSP", **said) for one in codes]
    answer = phone.send(*sent).json
    assert answer
    return list(answer["results"])


UID = "0c1d7a52-3a9e-4bb1-9a35-6f7d1f0f5c{:02}"


def handed(world: World, act: str) -> set[str]:
    """Codes of the units that an act, by its id, has handed over in the ledger."""
    with world.app.app_context():
        rows = db.session.query(Event).filter(
            Event.step == "accepting", Event.body.contains(f'"act":"{act}"')
        )
        moved = {row.subject.removeprefix("item:") for row in rows if row.subject[:5] == "item:"}
        units = db.session.query(Item).filter(Item.id.in_(map(int, moved)))
        return {unit.code for unit in units if unit.custodian == "HOSP"}


def case(world: World) -> tuple[str, dict[str, Any]] | None:
    """(state, detail) of the one case of an act."""
    with world.app.app_context():
        rows = db.session.query(Discrepancy).filter_by(kind="not_booked").all()
        assert len(rows) <= 1
        return (rows[0].state, json.loads(rows[0].detail)) if rows else None


def papers(world: World, number: str) -> list[str]:
    """The words of each version of an act's paper, the oldest first."""
    with world.app.app_context():
        [act] = db.session.query(HandoverAct).filter_by(number=number)
        issued = sorted(
            documents.documents_about(f"act:{act.id}", SYSTEM), key=lambda one: one.version
        )
        pdfs = [evidence_content(one.sha256)[0] for one in issued]
    return [
        "\n".join(
            page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(io.BytesIO(pdf))
        )
        for pdf in pdfs
    ]


def follow(world: World) -> int:
    """One turn of the worker."""
    with world.app.app_context():
        return signed_acts.follow_all(now=clock.now())


def test_the_worker_looks_again_at_what_is_not_booked(
    world: World, enrol: Enrol, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, act = enrol("SITE-0001", "LVIV-1"), UID.format(12)
    keep(phone, world.codes[4:5], id=act)
    scan(phone, world.codes[4:5], act)
    with world.app.app_context():
        assert commands._follow_acts()
    assert (case(world) or ("",))[0] == "healed"

    def broken(**_: object) -> int:
        raise OSError

    monkeypatch.setattr(signed_acts, "follow_all", broken)
    with world.app.app_context():
        assert not commands._follow_acts()


def why(told: dict[str, Any]) -> dict[str, str]:
    return {one["code"]: one["why"] for one in told["unbooked"]}


def test_an_act_whose_scans_have_come_is_booked_and_its_paper_says_so(
    world: World, enrol: Enrol
) -> None:
    phone, act = enrol("SITE-0001", "LVIV-1"), UID.format(1)
    scan(phone, world.codes[4:7], act)
    told = keep(phone, world.codes[4:7], id=act)
    assert (told["strays"], told["unbooked"]) == ([], [])
    assert handed(world, act) == set(world.codes[4:7])
    assert case(world) is None
    [paper] = papers(world, told["number"])
    assert "Усього одиниць: 3" in paper
    assert "НЕ ПРОВЕДЕНО" not in paper.upper()


def test_twelve_lines_and_two_product_barcodes_are_no_act_of_fourteen(
    world: World, enrol: Enrol
) -> None:
    phone, act = enrol("SITE-0001", "LVIV-1"), UID.format(2)
    lines = [*world.codes[4:8], EANS[0], *world.codes[8:12], EANS[1]]
    scan(phone, lines, act)
    told = keep(phone, lines, id=act)
    assert why(told) == dict.fromkeys(EANS, "product")
    assert [one["line"] for one in told["unbooked"]] == [5, 10]
    assert handed(world, act) == set(world.codes[4:12])
    state, detail = case(world) or ("", {})
    assert (state, detail["signed"], detail["unbooked"]) == ("open", 10, 2)
    [paper] = papers(world, told["number"])
    assert "ПРОВЕДЕНО НЕ ВСЕ. Не проведено рядки: 5, 10." in paper
    assert "Усього одиниць: 8" in paper
    assert all(ean in "".join(paper.split()) for ean in EANS)  # what was signed stays on it
    assert "штрихкод товару" in paper
    alice = world.as_("alice")
    with world.app.app_context():
        number = db.session.query(Discrepancy.id).filter_by(kind="not_booked").scalar()
        [row] = db.session.query(HandoverAct)
    page = spoken(alice.get(f"/discrepancies/{number}").text)
    assert "Signed, not booked" in page
    assert "2 of 10 lines" in page
    page = alice.get(f"/acts/{row.id}").text
    assert "10 units" in page
    assert "2 of 10 lines are not booked in the ledger." in page
    assert page.count("a product’s barcode, not a unit’s") == 2
    told_of = world.as_("erin").get("/discrepancies?kind=not_booked").text  # an auditor
    assert told["number"] in told_of
    settled = send(alice, f"/discrepancies/{number}/settle", {"decision": "Two cartons: waste."})
    assert settled.status_code == 303
    assert follow(world) == 0
    assert (case(world) or ("",))[0] == "settled"


def test_a_unit_signed_for_twice_by_two_of_its_codes_is_one(world: World, enrol: Enrol) -> None:
    phone, act = enrol("SITE-0001", "LVIV-1"), UID.format(3)
    lines = [world.codes[4], world.codes[5], "KITEX0000004", world.codes[5]]
    scan(phone, lines, act)
    told = keep(phone, lines, id=act)
    assert [(one["line"], one["why"]) for one in told["unbooked"]] == [(3, "twice"), (4, "twice")]
    [paper] = papers(world, told["number"])
    assert "Усього одиниць: 2" in paper
    assert "та сама одиниця, що в рядку 1" in " ".join(paper.split())


def test_a_box_that_an_old_phone_had_signed_as_one_unit_is_a_case_that_names_its_units(
    world: World, enrol: Enrol
) -> None:
    phone, act = enrol("SITE-0001", "LVIV-1"), UID.format(4)
    with world.app.app_context():
        [box] = new_boxes(1)
    for code in world.codes[4:8]:
        world.scan(code, "packing", "bob", 1, handling_unit=box)
    scan(phone, [box], act)
    told = keep(phone, [box], id=act)
    assert (told["strays"], why(told)) == ([box], {box: "box"})
    state, detail = case(world) or ("", {})
    assert state == "open"
    assert set(detail["unsigned"]) == handed(world, act)
    [paper] = papers(world, told["number"])
    assert "НЕ ПРОВЕДЕНО. Акт підписано" in paper
    assert "Усього одиниць: 0" in paper
    for code in handed(world, act):
        assert code[:5] in paper.partition("в ньому не названо")[2]
    assert "Not booked" in world.as_("alice").get("/acts").text
    page = world.as_("alice").get(f"/acts/{detail['act_id']}").text
    assert page.count("Handed over under this act, but not named in it") == len(detail["unsigned"])


def test_an_act_whose_unit_somebody_else_has_is_kept_with_its_signatures(
    world: World, enrol: Enrol
) -> None:
    phone, act = enrol("SITE-0001", "LVIV-1"), UID.format(5)
    world.scan(world.codes[4], "accepting", "alice", 1, receiver="EE", act="A-9")
    [result] = scan(phone, [world.codes[4]], act)
    assert result["outcome"] == "misfit"
    told = keep(phone, [world.codes[4]], id=act)
    assert why(told) == {world.codes[4]: "misfit"}
    with world.app.app_context():
        [row] = db.session.query(HandoverAct)
        assert row.state == "signed"
        assert row.giver_signature
        assert row.receiver_signature
        [number] = [one.id for one in db.session.query(Discrepancy).filter_by(kind="not_booked")]
        [misfit] = [one.id for one in db.session.query(Discrepancy).filter_by(kind="misfit")
                    if one.event == result["id"]]  # fmt: skip
        [rival] = db.session.query(Event).filter(Event.body.contains('"act":"A-9"'))
    [paper] = papers(world, told["number"])
    assert "НЕ ПРОВЕДЕНО · NOT BOOKED" in paper  # across the sheet
    assert "Alice" in paper
    assert "Усього одиниць: 0" in paper
    form = {"decision": "The other act was never signed.", "wrong": rival.id}
    assert send(world.as_("alice"), f"/discrepancies/{misfit}/settle", form).status_code == 303
    assert follow(world) == 1
    assert (case(world) or ("",))[0] == "healed"
    assert "НЕ ПРОВЕДЕНО" not in papers(world, told["number"])[1]
    assert world.as_("alice").get(f"/discrepancies/{number}").status_code == 200
    with world.app.app_context():
        sequence()
        assert verify(notary()).problems == []


def test_an_act_that_comes_before_its_scans_is_booked_when_they_come(
    world: World, enrol: Enrol
) -> None:
    phone, act = enrol("SITE-0001", "LVIV-1"), UID.format(6)
    told = keep(phone, world.codes[4:6], id=act)
    assert set(why(told).values()) == {"unscanned"}
    assert "НЕ ПРОВЕДЕНО" in papers(world, told["number"])[0]
    scan(phone, world.codes[4:5], act)
    assert follow(world) == 1
    assert "Не проведено рядки: 2." in papers(world, told["number"])[1]
    scan(phone, world.codes[5:6], act)
    assert follow(world) == 1
    assert follow(world) == 0
    assert (case(world) or ("",))[0] == "healed"
    issued = papers(world, told["number"])
    assert len(issued) == 3
    assert "Усього одиниць: 2" in issued[2]
    assert "не проведено" not in issued[2].lower()


def test_a_unit_whose_label_is_bound_later_is_booked_then(world: World, enrol: Enrol) -> None:
    phone, act = enrol("SITE-0001", "LVIV-1"), UID.format(7)
    with world.app.app_context():
        [blank] = new_blanks(1)
    [strange] = new_codes(1)
    scan(phone, [blank, strange], act)
    told = keep(phone, [blank, strange], id=act)
    assert why(told) == {blank: "unknown", strange: "unknown"}
    world.scan(blank, "commissioning", "bob", second_identifier="KITEX0000005")
    assert follow(world) == 1
    _, detail = case(world) or ("", {})
    assert [(one["code"], one["why"]) for one in detail["lines"]] == [(strange, "unknown")]
    with world.app.app_context():
        [row] = db.session.query(HandoverAct)
        assert row.strays == strange
        [line] = db.session.query(ActLine)
        unit = db.session.get(Item, line.item)
        assert unit is not None
        assert (unit.code, unit.status) == (blank, "handed_over")
    assert "Усього одиниць: 1" in papers(world, told["number"])[1]


def test_a_number_that_looks_like_a_product_s_is_booked_where_a_unit_carries_it(
    world: World, enrol: Enrol
) -> None:
    phone, act = enrol("SITE-0001", "LVIV-1"), UID.format(8)
    with world.app.app_context(), transaction() as session:
        unit = session.query(Item).filter_by(code=world.codes[5]).one()
        number = {"scheme": "asset_tag", "value": EANS[0], "read_at": clock.now()}
        session.add(Identifier(item=unit.id, **number))
    scan(phone, [EANS[0]], act)
    assert keep(phone, [EANS[0]], id=act)["unbooked"] == []


def test_a_later_word_that_an_earlier_handover_took_place_unbooks_an_act(
    world: World, enrol: Enrol
) -> None:
    phone, act = enrol("SITE-0001", "LVIV-1"), UID.format(9)
    scan(phone, world.codes[4:5], act)
    told = keep(phone, world.codes[4:5], id=act)
    assert told["unbooked"] == []
    world.scan(world.codes[4], "accepting", "alice", 5, receiver="EE", act="A-9")
    assert follow(world) == 1
    assert (case(world) or ("",))[0] == "open"
    assert "НЕ ПРОВЕДЕНО" in papers(world, told["number"])[1]


def test_a_code_that_nothing_can_be_named_by_does_not_lose_the_act(
    world: World, enrol: Enrol
) -> None:
    phone, act = enrol("SITE-0001", "LVIV-1"), UID.format(10)
    lines = [world.codes[4], "X" * 60, "https://elsewhere.example/s/1"]
    scan(phone, lines[:1], act)
    told = keep(phone, lines, id=act)
    assert [one["why"] for one in told["unbooked"]] == ["unknown", "unknown"]


def test_an_act_signed_for_as_another_number_of_units_is_a_case(world: World, enrol: Enrol) -> None:
    phone, act = enrol("SITE-0001", "LVIV-1"), UID.format(13)
    scan(phone, world.codes[4:6], act)
    told = keep(phone, world.codes[4:6], id=act, units=1)
    assert told["unbooked"] == []
    state, detail = case(world) or ("", {})
    assert (state, detail["miscounted"], detail["signed"]) == ("open", 1, 2)
    assert "Підписано як одиниць: 1; рядків у списку: 2." in papers(world, told["number"])[0]
    page = world.as_("alice").get(f"/acts/{detail['act_id']}").text
    assert "It was signed for as units: 1." in page


@pytest.mark.parametrize("seed", range(5))
def test_whatever_is_signed_paper_case_and_ledger_agree(
    world: World, enrol: Enrol, seed: int
) -> None:
    """Random lines, their scans in part and in any order, some units handed over by others."""
    chance, phone, act = random.Random(seed), enrol("SITE-0001", "LVIV-1"), UID.format(20 + seed)
    with world.app.app_context():
        [box] = new_boxes(1)
    for code in world.codes[9:11]:
        world.scan(code, "packing", "bob", 1, handling_unit=box)
    world.scan(world.codes[8], "accepting", "alice", 1, receiver="EE", act="A-9")
    pool = [*world.codes[4:9], "KITEX0000004", "KITEX0000006", *EANS, box, *new_codes(1)]
    lines = chance.choices(pool, k=7)
    sent = [code for code in dict.fromkeys(lines) if chance.random() < 0.7]
    chance.shuffle(sent)
    early = chance.randrange(len(sent) + 1)
    if sent[:early]:
        scan(phone, sent[:early], act)
    told = keep(phone, lines, id=act)
    if sent[early:]:
        scan(phone, sent[early:], act)
    follow(world)
    moved = handed(world, act)
    number = {f"KITEX{number:07}": code for number, code in enumerate(world.codes)}
    signed = {number.get(code, code) for code in lines} & set(world.codes)
    booked = moved & signed
    paper = papers(world, told["number"])[-1]
    assert f"Усього одиниць: {len(booked)}" in paper
    opened = case(world)
    if opened is None or opened[0] == "healed":
        assert (moved, len(booked)) == (signed, len(lines))
        assert "проведено" not in paper.lower()
    else:
        assert opened[1]["unbooked"] == len(lines) - len(booked)
        assert set(opened[1]["unsigned"]) == moved - signed
        assert "проведено" in paper.lower()


@pytest.mark.parametrize("keeps", [True, False])
def test_a_late_act_that_is_kept_before_its_scans_is_booked_with_them(
    world: World, enrol: Enrol, keeps: bool
) -> None:
    phone, act = enrol("SITE-0001", "LVIV-1"), UID.format(11)
    signed = phone.sign_act(act_text(id=act, lines=[{"code": world.codes[4]}]))
    late = phone.scan(world.codes[4], "accepting", act=act, receiver="HOSP")
    assert send(world.as_("frank"), f"/devices/{phone.number}/revoke").status_code == 303
    phone.client.post("/api/v1/late-acts", json=signed, headers=phone.headers)
    phone.send(late, path="/api/v1/late-scans")
    alice, address = world.as_("alice"), f"/devices/{phone.number}/late"
    send(alice, address, {"act": act, "verdict": "keep", "decision": "They were out of reach."})
    assert (case(world) or ("",))[0] == "open"
    verdict = "keep" if keeps else "refuse"
    send(alice, address, {"scan": late["id"], "verdict": verdict, "decision": "Looked into it."})
    assert follow(world) == int(keeps)
    assert (case(world) or ("",))[0] == ("healed" if keeps else "open")
