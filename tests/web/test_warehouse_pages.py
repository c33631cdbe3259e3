"""Every page of the warehouse, with something on it, in both languages."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.web.conftest import World, send
from tracker.domain.scans import Result

REF = "/consignments/ZM-1"


@pytest.fixture(params=["en", "uk"])
def alice(world: World, request: pytest.FixtureRequest) -> FlaskClient:
    return world.as_("alice", request.param)


def seen(browser: FlaskClient, path: str, *words: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, (path, answer.text[:300])
    for word in words:
        assert word in answer.text, (path, word)
    return answer.text


def told(browser: FlaskClient, path: str, **form: Any) -> str:
    answer = send(browser, path, form)
    assert answer.status_code in (200, 302, 303), (path, answer.status_code, answer.text[-2000:])
    return answer.headers.get("Location", "")


def test_a_consignment_is_made_sent_held_and_received(world: World, alice: FlaskClient) -> None:
    page = told(alice, "/consignments", origin="LVIV-1", destination="LVIV-1", waybill="EX-7")
    ref = page.rpartition("/")[2]
    seen(alice, f"/consignments/{ref}/edit", "EX-7")
    told(
        alice,
        f"/consignments/{ref}/edit",
        waybill="EX-8",
        aid_code="EX-A",
        aid_coded_on="2026-01-01",
    )
    told(alice, f"/consignments/{ref}/legs", origin="LVIV-1", destination="KRAK-B", vehicle="EX 1")
    told(alice, f"/consignments/{ref}/seals", number="EX-S")
    told(alice, f"/consignments/{ref}/seals/1", whole="no")
    for code in world.codes[4:7]:
        outcome = world.scan(code, "shipping", "alice", consignment=ref)
        assert outcome.result is Result.RECORDED
    for kind in ("packing_list", "waybill"):
        told(alice, f"/consignments/{ref}/papers/{kind}")
    for kind in ("dispatched", "hold", "release", "border", "arrived"):
        told(alice, f"/consignments/{ref}/passages", kind=kind, location="KRAK-B", note="EX-NOTE")
    world.scan(world.codes[4], "receiving", "bob", location="LVIV-1", consignment=ref)
    seen(alice, f"/consignments/{ref}", "EX-8", "EX-A", "EX-S", "EX 1", "EX-NOTE", "PKL-2026-00001")
    told(alice, f"/consignments/{ref}/conclude")
    told(alice, f"/consignments/{ref}/papers/received_note")
    seen(alice, f"/consignments/{ref}", "GRN-2026-00001")
    seen(alice, "/consignments?state=received", ref)
    seen(alice, f"/losses/new?consignment={ref}", world.codes[5])
    seen(alice, "/board", ref)
    seen(alice, "/documents/GRN-2026-00001", "SHA-256")
    assert alice.get("/documents/GRN-2026-00001/1.pdf").data.startswith(b"%PDF")
    assert alice.get("/documents/GRN-2026-00001/9.pdf").status_code == 404


def test_an_act_is_listed_and_its_units_taken_off_again(world: World, alice: FlaskClient) -> None:
    page = told(
        alice, "/acts", giver="PL", receiver="HOSP", purpose="A link", commission="Alice; x"
    )
    act = page.rpartition("/")[2]
    seen(alice, "/acts", "HOSP")
    seen(alice, f"/acts/{act}", "A link")
    seen(alice, f"/scan/handover?doing=handover&act={act}", "HOSP")


def test_boxes_are_made_and_printed(world: World, alice: FlaskClient) -> None:
    page = told(alice, "/boxes", many="3", kind="pallet", pledge="PL-2022-11")
    assert "what=units" in page
    code = page.partition("item=")[2].partition("&")[0]
    seen(alice, f"/boxes/{code}", "PALLET-000")
    told(alice, f"/boxes/{code}/close")
    told(alice, f"/boxes/{code}/reopen")
    assert alice.get(page).status_code == 200
    world.app.config["HOST"] = "kits.example.org"  # else it is asked: tests/web/test_printing.py
    assert alice.get(f"/boxes/{code}/contents.pdf").mimetype == "application/pdf"
    assert alice.get("/find", query_string={"q": code}).location == f"/boxes/{code}"


def test_a_count_is_begun_watched_and_closed(world: World, alice: FlaskClient) -> None:
    page = told(alice, "/counts", location="LVIV-1")
    seen(alice, page, "LVIV-1")
    told(alice, f"{page}/close")
    seen(alice, page, "CNT-2026-00001")
    seen(alice, "/counts", "CNT-2026-00001")


def test_a_loss_is_reported_with_a_photo_and_found_again(world: World, alice: FlaskClient) -> None:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (30, 20), "green").save(out, "PNG")
    form = {
        "kind": "lost", "codes": world.codes[6], "circumstances": "It fell off the lorry.",
        "photos": (io.BytesIO(out.getvalue()), "photo.png"),
    }  # fmt: skip
    page = told(alice, "/losses", **form)
    text = seen(alice, page, "It fell off the lorry.", "/evidence/")
    sha = text.partition("/evidence/")[2][:64]
    assert alice.get(f"/evidence/{sha}").headers["Cache-Control"] == "no-store"
    seen(alice, "/losses", page.rpartition("/")[2])


def test_terminal_ids_are_looked_at_and_added(world: World, alice: FlaskClient) -> None:
    seen(alice, "/readings", world.codes[4][:5])
    refused = send(alice, "/readings", {"text": "nothing"})
    assert refused.status_code == 422
    told(alice, f"/items/{world.codes[4]}/readings", scheme="utid",
         text="ut00ex0000-00000001-aaaa0001")  # fmt: skip
    seen(alice, f"/items/{world.codes[4]}", "UT00EX0000-00000001-AAAA0001")


def test_who_sees_masked_numbers_sees_no_paper_with_names(world: World) -> None:
    alice, erin = world.as_("alice"), world.as_("erin")
    told(
        alice, "/losses", kind="lost", codes=world.codes[6], circumstances="It fell off the lorry."
    )
    page = seen(erin, "/documents/LOSS-2026-00001", "SHA-256")
    assert ".pdf" not in page
    assert erin.get("/documents/LOSS-2026-00001/1.pdf").status_code == 403
