"""Printing from a page: what is chosen, on which paper, from which place; and what is refused."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable

import pypdfium2
import pytest
import zxingcpp
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, insert, select
from werkzeug.test import TestResponse

from labels.codes import new_codes
from tests.web.conftest import World, send, spoken
from tracker.db import db, transaction
from tracker.models import HandlingUnit, Item, Label

PLEDGE = {"what": "pledge", "ref": "PL-2022-11"}


@pytest.fixture(autouse=True)
def reachable(request: pytest.FixtureRequest) -> None:
    """Labels lead to a host of the world, so that nobody is asked."""
    if "world" in request.fixturenames:
        world: World = request.getfixturevalue("world")
        world.app.config["HOST"] = "kits.example.org"


def made(client: FlaskClient, kind: str = "pdf", **said: str | list[str]) -> TestResponse:
    return send(client, "/labels/print", {"as": kind, **said})


def codes_in(pictures: Iterable[Image.Image]) -> list[str]:
    return [
        found.text.rpartition("/")[2]
        for picture in pictures
        for found in zxingcpp.read_barcodes(picture)
    ]


def sheets(answer: TestResponse) -> list[Image.Image]:
    assert answer.mimetype == "application/pdf", answer.text
    document = pypdfium2.PdfDocument(io.BytesIO(answer.data))
    return [page.render(scale=200 / 72).to_pil() for page in document]


def boxes(world: World, *contents: list[str]) -> list[str]:
    """Boxes of the pledge with these units packed into them; the boxes' codes."""
    codes = list(new_codes(len(contents)))
    with world.app.app_context(), transaction() as session:
        rows = [
            {"code": code, "name": f"BOX-{number}", "kind": "box", "pledge": "PL-2022-11", "seq": 0}
            for number, code in zip((10, 2, 1), codes, strict=False)
        ]
        session.execute(insert(HandlingUnit), rows)
        bound = [{"code": code, "state": "bound", "handling_unit": code} for code in codes]
        session.execute(insert(Label), bound)
    for box, units in zip(codes, contents, strict=True):
        for unit in units:
            world.scan(unit, "packing", "bob", 1, handling_unit=box)
    return codes


def test_a_pledge_is_printed_from_the_first_free_place(world: World) -> None:
    answer = made(world.as_("alice"), **PLEDGE, start="20", copies="1")
    pages = sheets(answer)
    assert len(pages) == 1 + -(-(len(world.codes) - 2) // 21)
    assert len(codes_in(pages[:1])) == 2
    assert set(codes_in(pages)) == set(world.codes)
    with world.app.app_context():
        unprinted = select(func.count()).where(Label.printed_at.is_(None))
        assert db.session.scalar(unprinted.where(Label.code.in_(world.codes))) == 0


def test_labels_come_box_by_box_or_as_they_were_imported(world: World) -> None:
    late, early = [world.codes[4], world.codes[6]], [world.codes[5], world.codes[7]]
    boxes(world, late, early)
    alice, stock = world.as_("alice"), {"stock": "Zebra 50x30"}
    ordered = {
        order: codes_in(sheets(made(alice, **PLEDGE, **stock, order=order)))
        for order in ("box", "number")
    }
    assert ordered["box"][:4] == early + late
    assert ordered["number"] == world.codes


def test_ticked_units_and_found_units_are_printed(world: World) -> None:
    alice = world.as_("alice")
    listed = alice.get("/items?q=EXSN00000")
    ticks = re.findall(r'name="item" value="(\w{11})"', listed.text)
    assert set(ticks) == set(world.codes[:10])
    some = made(alice, what="items", item=ticks[:3])
    assert sorted(codes_in(sheets(some))) == sorted(ticks[:3])
    found = re.search(r'href="(/labels/print\?what=search[^"]*)"', listed.text)
    assert found
    assert "10 labels" in spoken(alice.get(found.group(1).replace("&amp;", "&")).text)
    every = made(alice, what="search", q="EXSN00000")
    assert sorted(codes_in(sheets(every))) == sorted(world.codes[:10])
    nothing = alice.get("/labels/print?what=items")
    assert nothing.location == "/items"


def test_a_consignment_is_printed(world: World) -> None:
    moving = world.codes[5:8]
    for code in moving:
        world.scan(code, "shipping", "alice", 1, consignment="ZM-1")
    answer = made(world.as_("alice"), what="consignment", ref="ZM-1")
    assert sorted(codes_in(sheets(answer))) == sorted(moving)


def test_an_old_label_s_code_prints_the_new_label(world: World) -> None:
    alice = world.as_("alice")
    send(alice, f"/items/{world.codes[5]}/replace")
    [printed] = codes_in(sheets(made(alice, what="items", item=world.codes[5])))
    with world.app.app_context():
        assert db.session.scalar(select(Label.state).where(Label.code == printed)) == "bound"
    assert printed != world.codes[5]


def test_boxes_are_printed_by_name_each_with_its_number(world: World) -> None:
    [ten, two] = boxes(world, [world.codes[4]], [world.codes[5]])
    alice = world.as_("alice")
    answer = made(alice, what="boxes", ref="PL-2022-11")
    document = pypdfium2.PdfDocument(io.BytesIO(answer.data))
    assert [page.get_size() for page in document] == [pytest.approx((297.6, 419.5), abs=0.2)] * 2
    assert codes_in(sheets(answer)) == [two, ten]
    words = [page.get_textpage().get_text_range() for page in document]
    assert "Box 1 of 2" in words[0]
    assert "Box 2 of 2" in words[1]
    alone = made(alice, what="box", ref=ten)
    assert codes_in(sheets(alone)) == [ten]
    [page] = pypdfium2.PdfDocument(io.BytesIO(alone.data))
    assert "Box 2 of 2" in page.get_textpage().get_text_range()


def test_a_place_and_a_blank_batch_are_printed(world: World) -> None:
    bob = world.as_("bob")
    led = send(bob, "/locations/LVIV-1/label")
    assert led.location == "/labels/print?what=location&ref=LVIV-1"
    [place] = codes_in(sheets(made(bob, what="location", ref="LVIV-1")))
    with world.app.app_context():
        assert db.session.scalar(select(Label.location).where(Label.code == place)) == "LVIV-1"
    send(bob, "/labels", {"many": "5"})
    with world.app.app_context():
        blank = db.session.scalars(select(Label.code).where(Label.batch == 1)).all()
    assert sorted(codes_in(sheets(made(bob, what="batch", ref="1")))) == sorted(blank)


def test_a_roll_s_labels_are_pictures_and_a_printer_s_job(world: World) -> None:
    alice, said = world.as_("alice"), {**PLEDGE, "stock": "Zebra 50x30", "copies": "2"}
    with zipfile.ZipFile(io.BytesIO(made(alice, "zip", **said).data)) as archive:
        pictures = {name: Image.open(io.BytesIO(archive.read(name))) for name in archive.namelist()}
    assert {name: codes_in([one.convert("L")]) for name, one in pictures.items()} == {
        f"{code}.png": [code] for code in world.codes
    }
    job = made(alice, "zpl", **said).data
    assert job.count(b"^XA") == job.count(b"^XZ") == job.count(b"^PQ2") == len(world.codes)


def test_a_measured_printer_moves_what_is_printed(world: World) -> None:
    from tracker.services import printing

    alice = world.as_("alice")
    assert 'id="profile"' not in alice.get("/labels/print?what=pledge&ref=PL-2022-11").text
    with world.app.app_context():
        printing.measure("office", (3.0, 0.0), (100.0, 100.0))
    assert 'id="profile"' in alice.get("/labels/print?what=pledge&ref=PL-2022-11").text
    plain, moved = (
        zxingcpp.read_barcodes(sheets(made(alice, **PLEDGE, profile=name))[0])
        for name in ("", "office")
    )
    across = [
        min(one.position.top_left.x for one in found) * 25.4 / 200 for found in (plain, moved)
    ]
    assert across[0] - across[1] == pytest.approx(3.0, abs=0.2)


def test_the_preview_is_the_first_sheet(world: World) -> None:
    alice = world.as_("alice")
    page = alice.get("/labels/print?what=pledge&ref=PL-2022-11")
    source = re.search(r'id="sheet" src="([^"]+)"', page.text)
    assert source
    drawn = alice.get(source.group(1).replace("&amp;", "&"))
    assert drawn.mimetype == "image/svg+xml"
    assert drawn.text.count("<path transform") == len(world.codes)
    late = alice.get(f"{source.group(1).replace('&amp;', '&').replace('start=1', 'start=20')}")
    assert late.text.count("<path transform") == 2
    assert drawn.headers["Cache-Control"] == "no-store"


def test_show_draws_the_sheet_anew_without_a_script(world: World) -> None:
    page = made(world.as_("alice"), "show", **PLEDGE, stock="Avery L7159", start="24", copies="3")
    assert page.status_code == 200
    assert "stock=Avery+L7159&amp;start=24&amp;copies=3" in page.text
    assert "12 labels × 3 , 3 pages" in spoken(page.text).replace("× 3,", "× 3 ,")
    assert re.search(r'value="Avery L7159" checked', page.text)


def test_every_paper_that_would_do_is_drawn_and_no_other(world: World) -> None:
    alice = world.as_("alice")
    kits = alice.get("/labels/print?what=pledge&ref=PL-2022-11").text
    assert len(re.findall(r'name="stock"', kits)) == kits.count('class="paper"') == 24
    assert kits.count("M", kits.index("Avery Zweckform L4731") - 9000) > 0
    boxes(world, [world.codes[4]])
    crates = re.findall(
        r'name="stock" value="([^"]+)"',
        alice.get("/labels/print?what=boxes&ref=PL-2022-11").text,
    )
    assert "A6" in crates
    assert "Avery Zweckform L4731" not in crates


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"start": "22"}, "There is no such place on the sheet"),
        ({"start": "0"}, "There is no such place on the sheet"),
        ({"start": "²"}, "There is no such place on the sheet"),
        ({"copies": "21"}, "From 1 to 20 copies"),
        ({"profile": "nobody's"}, "No printer of this name"),
        ({"stock": "papyrus"}, "papyrus"),
    ],
)
def test_what_cannot_be_printed_is_said_on_the_page(
    world: World, said: dict[str, str], why: str
) -> None:
    for kind in ("pdf", "show", "zpl", "zip"):
        answer = made(world.as_("alice"), kind, **{**PLEDGE, **said})
        assert answer.status_code == 422
        assert why in spoken(answer.text)
    assert world.as_("alice").get(
        "/labels/preview.svg", query_string={**PLEDGE, **said}
    ).status_code == 422  # fmt: skip


@pytest.mark.parametrize(
    "said",
    [
        {"what": "pledge", "ref": "EE-2023-01"},
        {"what": "pledge", "ref": "NO-1"},
        {"what": "batch", "ref": "1"},
        {"what": "batch", "ref": "9" * 30},
        {"what": "box", "ref": "nothing"},
        {"what": "location", "ref": "LVIV-1"},
        {"what": "location", "ref": "SITE-0001"},
        {"what": "everything"},
        {},
    ],
)
def test_where_there_is_nothing_to_print_nothing_is_there(
    look: Callable[..., TestResponse], said: dict[str, str]
) -> None:
    query = "&".join(f"{name}={value}" for name, value in said.items())
    assert look("alice", f"/labels/print?{query}").status_code == 404


def test_a_unit_without_a_label_s_worth_is_never_half_printed(world: World) -> None:
    """A refusal leaves no label marked as printed."""
    made(world.as_("alice"), **PLEDGE, start="99")
    with world.app.app_context():
        printed = select(func.count()).where(Label.printed_at.is_not(None))
        assert db.session.scalar(printed) == 0
        assert db.session.scalar(select(func.count()).select_from(Item)) == len(world.codes)


def test_who_may_not_print_is_offered_nothing_to_print(
    look: Callable[..., TestResponse], still_world: World
) -> None:
    pages = ("/items", f"/items/{still_world.codes[5]}", "/pledges/PL-2022-11", "/locations/LVIV-1")
    for path in pages:
        assert "/labels/print" in look("alice", path).text or "/label" in look("alice", path).text
        assert "/labels/print" not in look("erin", path).text
        assert "/replace" not in look("erin", path).text


NEAR = ["localhost:8000", "10.0.0.7", "warehouse.local:8000"]


def printed_at_all(world: World) -> bool:
    with world.app.app_context():
        return (
            db.session.scalar(select(Label.code).where(Label.printed_at.is_not(None))) is not None
        )


@pytest.mark.parametrize("kind", ["pdf", "zpl", "zip"])
@pytest.mark.parametrize("host", NEAR)
def test_a_host_that_phones_cannot_reach_is_printed_after_a_question(
    world: World, host: str, kind: str
) -> None:
    world.app.config["HOST"] = host
    alice, said = world.as_("alice"), {**PLEDGE, "stock": "Zebra 50x30", "copies": "2"}
    asked = made(alice, kind, **said)
    assert asked.status_code == 409
    assert asked.mimetype == "text/html"
    words = spoken(asked.text)
    assert f"lead to {host}, which a phone in the field cannot reach: set TRACKER_HOST" in words
    assert re.search(r'name="copies"[^>]* value="2"', asked.text)
    assert re.search(r'value="Zebra 50x30" checked', asked.text)
    button = re.search(r'name="anyway" value="(\w+)">([^<]+)<', asked.text)
    assert button
    assert (button[1], button[2]) == (kind, "Print anyway")
    assert not printed_at_all(world)
    answer = send(alice, "/labels/print", {**said, "anyway": button[1]})
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f"attachment; filename=labels.{kind}"
    assert printed_at_all(world)
    assert made(alice, kind, **said).status_code == 409, "each request is asked for itself"


def test_every_form_that_prints_a_label_asks(world: World) -> None:
    [box] = boxes(world, [world.codes[4]])
    alice = world.as_("alice")
    world.scan(world.codes[5], "shipping", "alice", 1, consignment="ZM-1")
    send(alice, "/labels", {"many": "5"})
    send(alice, "/locations/LVIV-1/label")
    replaced = send(alice, f"/items/{world.codes[6]}/replace").location
    world.app.config["HOST"] = "localhost:8000"
    everything: list[dict[str, str]] = [
        PLEDGE,
        {"what": "consignment", "ref": "ZM-1"},
        {"what": "items", "item": replaced.rpartition("=")[2]},
        {"what": "search", "q": "EXSN00000"},
        {"what": "boxes", "ref": "PL-2022-11"},
        {"what": "box", "ref": box},
        {"what": "units", "item": box},
        {"what": "location", "ref": "LVIV-1"},
        {"what": "batch", "ref": "1"},
    ]
    for said in everything:
        asked = made(alice, **said)
        assert asked.status_code == 409, said
        assert "Print anyway" in spoken(asked.text)
        assert sheets(send(alice, "/labels/print", {**said, "anyway": "pdf"}))


def test_looking_is_not_printing_and_asks_nothing(world: World) -> None:
    world.app.config["HOST"] = "localhost:8000"
    alice = world.as_("alice")
    page = alice.get("/labels/print?what=pledge&ref=PL-2022-11")
    assert (page.status_code, "Print anyway" in page.text) == (200, False)
    shown = made(alice, "show", **PLEDGE)
    assert (shown.status_code, "Print anyway" in shown.text) == (200, False)
    assert alice.get("/labels/preview.svg", query_string=PLEDGE).status_code == 200


def test_a_paper_that_cannot_be_is_told_before_anybody_is_asked(world: World) -> None:
    world.app.config["HOST"] = "localhost:8000"
    answer = made(world.as_("alice"), **PLEDGE, start="99")
    assert (answer.status_code, "Print anyway" in answer.text) == (422, False)


def test_the_list_that_is_stuck_on_a_box_asks_as_its_label_does(world: World) -> None:
    [box] = boxes(world, [world.codes[4]])
    alice, path = world.as_("alice"), f"/boxes/{box}/contents.pdf"
    assert alice.get(path).mimetype == "application/pdf"
    world.app.config["HOST"] = "localhost:8000"
    asked = alice.get(path)
    assert asked.status_code == 409
    assert "lead to localhost:8000" in spoken(asked.text)
    link = re.search(r'href="([^"]+)">Print anyway<', asked.text)
    assert link
    assert alice.get(link[1]).mimetype == "application/pdf"
    world.app.config["HOST"] = "kits.example.org"
    assert alice.get(path).mimetype == "application/pdf"
