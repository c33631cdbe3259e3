"""What a person types is kept whole or refused with its length; nothing is cut silently."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from tests.web.conftest import World, send, spoken
from tracker import clock
from tracker.db import db
from tracker.models import Event, FoundReport, LossReport
from tracker.services import consignments

ACT = {"giver": "EX-DONOR", "receiver": "EX-USER", "purpose": "A spare link."}
LOSS = {"kind": "lost", "codes": "EXNOBODY", "circumstances": "It was gone in the morning."}
ERROR = {"event": "00000000-0000-4000-8000-000000000001", "reason": "did_not_occur"}


@pytest.mark.parametrize(
    ("path", "form", "field", "most"),
    [
        ("/items/{code}/declare", ERROR, "note", 1000),
        ("/items/{code}/readings", {"scheme": "utid"}, "text", 200),
        ("/items/{code}/write-off", {}, "reason", 500),
        ("/s/{code}/steps/receiving", {}, "note", 2000),
        ("/labels/bind", {"barcode": "EXSN000004"}, "label", 200),
        ("/intake", {"pledge": "PL-2022-11", "location": "LVIV-1"}, "label", 200),
        ("/acts", ACT, "commission", 2000),
        ("/acts", ACT, "purpose", 500),
        ("/losses", LOSS, "authority", 120),
        ("/losses", LOSS, "circumstances", 4000),
        ("/consignments", {}, "waybill", 64),
        ("/consignments/{ref}/seals", {}, "number", 40),
        ("/consignments/{ref}/passages", {"kind": "hold"}, "note", 500),
        ("/consignments/{ref}/legs", {}, "vehicle", 40),
        ("/pledges/PL-2022-11/statements", {"text_uk": "Так."}, "text_en", 1000),
    ],
)
def test_a_text_that_is_too_long_is_refused_with_its_length(
    world: World, path: str, form: dict[str, str], field: str, most: int
) -> None:
    with world.app.app_context():
        ref = consignments.make_consignment({}, by=world.actor("alice"), now=clock.now())
        before = db.session.scalar(select(func.count()).select_from(Event))
    path = path.format(code=world.codes[5], ref=ref)
    text = "Beginning " + "x" * (most - 9)
    answer = send(world.as_("alice"), path, {**form, field: text})
    assert answer.status_code == 422
    page = spoken(answer.text)
    assert f"has {most + 1} characters; at most {most} can be kept." in page
    assert "“Beginning xxx" in page
    answer = send(world.as_("alice", "uk"), path, {**form, field: text})
    assert f"знаків {most + 1}, а зберегти можна щонайбільше {most}." in spoken(answer.text)
    with world.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Event)) == before
        assert db.session.scalars(select(LossReport.number)).all() == []


def test_a_finder_is_told_and_the_answer_is_the_same_for_every_code(world: World) -> None:
    pages = {
        world.client().post(f"/s/{code}", data={"message": "x" * 501, "contact": ""}).text
        for code in (world.codes[0], "NONSENSE")
    }
    assert len(pages) == 1
    assert "501" in pages.pop()
    with world.app.app_context():
        assert db.session.scalars(select(FoundReport.id)).all() == []


def test_a_new_line_is_one_character_as_browsers_count(world: World) -> None:
    lines = "\r\n".join("x" * 9 for _ in range(50))  # 499 as the page counts, 548 as it is sent
    world.client().post(f"/s/{world.codes[0]}", data={"message": lines, "contact": ""})
    with world.app.app_context():
        [kept] = db.session.scalars(select(FoundReport.message))
        assert len(kept) == 499


def test_more_units_than_can_be_printed_at_once_are_refused(world: World) -> None:
    many = "&".join(f"item=EX{number}" for number in range(501))
    answer = world.as_("alice").get(f"/labels/print?what=items&{many}")
    assert answer.status_code == 422
    assert "501 were chosen; at most 500 can be taken at once." in spoken(answer.text)


def test_a_program_is_told_both_lengths(world: World) -> None:
    answer = world.client().post(
        f"/s/{world.codes[0]}",
        data={"message": "x" * 501},
        headers={"Accept": "application/json"},
    )
    told = answer.get_json()
    assert (told["type"], told["status"]) == ("/problems/too-long", 422)
    assert (told["many"], told["most"], list(told["errors"])) == (501, 500, ["message"])
