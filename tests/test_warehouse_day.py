"""A day at two warehouses, in a real browser, as people with a scanner work: 1,570 units received,
packed on 40 pallets, shipped, received with everything that goes wrong, settled, handed over.

A wedge scanner is a keyboard: every scan here is key presses and an ending. How many scans and
clicks the day takes, and how long, is printed (`-s`).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import Browser, Page, expect

from tests.serving import served
from tests.storekeepers import Person
from tests.test_pledge_to_proof import FILES, PLEDGE, TRACKER, UNITS, Installation

pytestmark = pytest.mark.browser
PALLETS = 40


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    made = Installation(tmp_path_factory.mktemp("warehouse"))
    made.run("init")
    for noun in ("parties", "products", "locations", "pledges", "items"):
        name = f"items-{PLEDGE}.csv" if noun == "items" else f"{noun}.csv"
        made.run("import", noun, str(FILES / name))
    return made


@pytest.fixture(scope="module")
def address(here: Installation) -> Iterator[str]:
    with served([*TRACKER, "serve", "--port"], here.settings) as found:
        yield found


@pytest.fixture(scope="module")
def enter(here: Installation, address: str, running_chromium: Browser) -> Iterator[Any]:
    with ExitStack() as stack:

        def enter(name: str) -> Person:
            told = here.run("user", "add", f"{name}@example.org", "--role", "coordinator")
            password = re.findall(r"(?:\w{4}-){3}\w{4}", told)[0]
            how: Any = {"viewport": {"width": 1280, "height": 900}, "locale": "en-GB"}
            context = running_chromium.new_context(**how)
            stack.callback(context.close)
            page = context.new_page()
            page.goto(f"{address}/login")
            page.fill("#email", f"{name}@example.org")
            page.fill("#password", password)
            page.press("#password", "Enter")
            page.wait_for_url(lambda url: "/login" not in url)
            return Person(page, address)

        yield enter


def paper(person: Person, path: str) -> tuple[str, list[Any]]:
    """The text of a PDF and its sheets as pictures; the symbol on the first leads to its page."""
    answer = person.page.request.get(person.address + path)
    assert answer.headers["content-type"] == "application/pdf", path
    document = pypdfium2.PdfDocument(io.BytesIO(answer.body()))
    pictures = [page.render(scale=2).to_pil() for page in document]
    text = "\n".join(page.get_textpage().get_text_range() for page in document)
    [symbol] = zxingcpp.read_barcodes(pictures[0])
    assert "/DOCUMENTS/" in symbol.text
    for number, _ in enumerate(pictures, start=1):
        assert f"Аркуш {number} з {len(pictures)}" in text
    return text, pictures


def test_a_day_from_the_donor_s_truck_to_a_signed_act(
    here: Installation, enter: Any, tmp_path: Path
) -> None:
    alice: Person = enter("alice")
    boxes = [row[0] for row in here.rows("SELECT code FROM handling_unit ORDER BY name")]
    kits = dict(here.rows(
        "SELECT item.code, value FROM item JOIN identifier ON identifier.item = item.id"
        " WHERE scheme = 'kit'"
    ))  # fmt: skip

    # Received from the manifest, box by box; a card and a place's label set the bench.
    began = alice.now()
    alice.open("/scan")
    assert alice.scan("KITTRAIL:RECEIVING")["sort"] == "setting"
    alice.choose("location", "WAW-1")
    received = [alice.scan(box) for box in boxes]
    assert {one["sort"] for one in received} == {"recorded"}
    assert sum(one["units"] for one in received) == UNITS
    assert alice.scan(boxes[0], ending="Tab")["sort"] == "again"
    alice.keep("receive 1,570", began)

    # One unit stays behind on the floor, to be sent along by mistake.
    stray = here.rows(f"SELECT code FROM item WHERE handling_unit = '{boxes[0]}'")[0][0]
    alice.scan("KITTRAIL:UNPACKING")
    told = alice.scan_on_ukrainian_keys(kits[stray])
    assert (told["sort"], told["code"].replace("-", "")) == ("recorded", stray)

    pallets = make_pallets(here, alice)
    began = alice.now()
    pack(alice, boxes, pallets)
    alice.keep("pack 40 pallets", began)
    assert here.rows("SELECT count(*) FROM handling_unit WHERE parent IS NOT NULL") == [(393,)]

    ref = ship(alice, pallets, began=alice.now())
    assert here.rows("SELECT count(*) FROM packing_line") == [(UNITS - 1,)]

    receive_with_trouble(here, alice, ref, pallets, kits, stray)
    settle(alice, enter("frank"), ref)
    number = hand_over(here, alice, kits)
    look_at_papers(here, alice, ref, number, kits, tmp_path)

    for name, (scans, clicks, seconds) in alice.took.items():
        print(f"{name}: {scans} scans, {clicks} clicks, {seconds:.1f} s")
    assert here.run("ledger", "verify").startswith("Every event fits")
    assert "nothing would change" in here.run("ledger", "rebuild")


def make_pallets(here: Installation, alice: Person) -> list[str]:
    alice.open("/boxes/new")
    alice.page.fill("#many", str(PALLETS))
    alice.click("Make them and print their labels")
    expect(alice.page.get_by_text("40 made.")).to_be_visible()
    made = [row[0] for row in here.rows(
        "SELECT code FROM handling_unit WHERE kind = 'pallet' ORDER BY name"
    )]  # fmt: skip
    assert len(made) == PALLETS
    return made


def pack(alice: Person, boxes: list[str], pallets: list[str]) -> None:
    """Ten boxes on each pallet; each pallet is closed."""
    alice.open("/scan?doing=packing&location=WAW-1")
    for number, pallet in enumerate(pallets):
        assert alice.scan(pallet)["word"] == "container"
        for box in boxes[number::PALLETS]:
            assert alice.scan(box)["sort"] == "recorded"
        assert alice.scan("KITTRAIL:CLOSE")["word"] == "closed"


def ship(alice: Person, pallets: list[str], began: tuple[int, int, float]) -> str:
    alice.open("/consignments/new")
    for name, value in (("pledge", PLEDGE), ("consignor", "PL"), ("consignee", "UA"),
                        ("carrier", "ZAMMLER"), ("origin", "WAW-1"),
                        ("destination", "LVIV-1")):  # fmt: skip
        alice.choose(name, value)
    alice.page.fill("#waybill", "CMR-EX-1")
    alice.page.fill("#aid_code", "EX-AID-7")
    alice.click("Save")
    ref = alice.page.url.rpartition("/")[2]
    alice.page.fill("#seal", "EX-SEAL-1")
    alice.page.press("#seal", "Enter")
    alice.click("Load by scanning")
    alice.page.wait_for_selector("#bench[data-ready]", state="attached")
    alice.choose("location", "WAW-1")
    loaded = [alice.scan(pallet) for pallet in pallets]
    assert {one["sort"] for one in loaded} == {"recorded"}
    assert loaded[-1]["tally"]["done"] == UNITS - 1
    alice.open(f"/consignments/{ref}")
    alice.click("Dispatch")
    alice.keep("ship 40 pallets", began)
    for what in ("Issue: Packing list", "Issue: Waybill"):
        issue(alice, ref, what)
    alice.open(f"/consignments/{ref}")
    alice.page.select_option("#location", "LVIV-1")
    alice.click("Arrived")
    return ref


def issue(alice: Person, ref: str, what: str) -> None:
    """Press the button of a document: it is made, and shown as a PDF."""
    kind = {"Packing list": "packing_list", "Waybill": "waybill",
            "Goods-received note": "received_note"}[what.removeprefix("Issue: ")]  # fmt: skip
    token = alice.page.locator('input[name="csrf_token"]').first.input_value()
    alice.clicks += 1
    path = f"{alice.address}/consignments/{ref}/papers/{kind}"
    answer = alice.page.request.post(path, form={"csrf_token": token})
    assert answer.ok, answer.text()


def receive_with_trouble(
    here: Installation,
    alice: Person,
    ref: str,
    pallets: list[str],
    kits: dict[str, str],
    stray: str,
) -> None:
    """39 pallets fit; on the last 3 units are short, 2 damaged, 1 is another; 1 is over."""
    began = alice.now()
    alice.open(f"/scan?doing=receiving&consignment={ref}&location=LVIV-1")
    for pallet in pallets[1:]:
        assert alice.scan(pallet)["sort"] == "recorded"
    inside = [row[0] for row in here.rows(
        "SELECT item.code FROM item JOIN handling_unit ON handling_unit.code = item.handling_unit"
        f" WHERE handling_unit.parent = '{pallets[0]}' ORDER BY item.id"
    )]  # fmt: skip
    _short, damaged, wrong, good = inside[:3], inside[3:5], inside[5], inside[6:]
    for code in good:
        assert alice.scan(code)["sort"] == "recorded"
    what_does_not_fit(alice, damaged, wrong, kits[good[0]], stray)
    # A slip of the hand, taken back within the minute.
    assert alice.scan(good[1])["sort"] == "again"
    alice.keep("receive with trouble", began)

    alice.open(f"/consignments/{ref}")
    alice.click("Conclude the receiving")
    expect(alice.page.get_by_text("3 units are missing")).to_be_visible()
    found = dict(here.rows(
        "SELECT verdict, count(*) FROM receiving_verdict GROUP BY verdict"
    ))  # fmt: skip
    assert found == {
        "with_box": UNITS - 1 - len(inside),  # 39 pallets that nobody opened
        "good": len(good),
        "short": 3,
        "damaged": 2,
        "wrong_serial": 1,
        "over": 1,
    }


def what_does_not_fit(
    alice: Person, damaged: list[str], wrong: str, kit_of_another: str, stray: str
) -> None:
    """Damaged units, one with another's KIT number, and one that was not sent."""
    for code in damaged:
        alice.scan("KITTRAIL:DAMAGED")
        told = alice.scan(code)
        assert (told["sort"], told["lines"][-1]) == ("gap", "the unit arrived damaged")
    alice.more()
    alice.page.check("#pair")
    alice.clicks += 1
    assert alice.scan(wrong)["sort"] == "pair"
    told = alice.scan(kit_of_another)
    assert told["sort"] == "gap"
    assert "the second identifier belongs to another unit" in told["lines"]
    alice.more()
    alice.page.uncheck("#pair")
    alice.clicks += 1
    told = alice.scan(stray)
    assert told["sort"] == "refused"
    with alice.page.expect_response("**/scan/reads") as answered:
        alice.click("Keep it all the same")
    assert answered.value.json()["sort"] == "gap"
    tally = answered.value.json()["tally"]
    assert tally == {"done": UNITS - 1 - 3, "expected": UNITS - 1}


def settle(alice: Person, frank: Person, ref: str) -> None:
    """Who scanned or concluded cannot settle; a second person can; then the journey is closed."""
    alice.open(f"/consignments/{ref}")
    links = alice.page.locator('section[aria-labelledby="cases"] a')
    paths = [str(link.get_attribute("href")) for link in links.all()]
    kinds = [link.inner_text() for link in links.all()]
    assert sorted(kinds) == sorted(
        ["Shortage"] * 3 + ["Damage"] * 2 + ["Another serial number", "Surplus", "Skipped step"]
    )
    alice.open(paths[0])
    expect(alice.page.get_by_text("A second person has to settle it.")).to_be_visible()
    for path in paths:
        frank.open(path)
        frank.page.fill("#decision", "Looked into and agreed with the carrier.")
        frank.click("Keep the decision")
        expect(frank.page.get_by_text("Settled. The decision stays")).to_be_visible()
    alice.open(f"/consignments/{ref}")
    expect(alice.page.get_by_text("Open discrepancies")).to_have_count(0)
    issue(alice, ref, "Issue: Goods-received note")
    alice.open(f"/consignments/{ref}")
    alice.click("Close the consignment")
    expect(alice.page.get_by_text("The consignment is closed.")).to_be_visible()


def hand_over(here: Installation, alice: Person, kits: dict[str, str]) -> str:
    """Twelve kits, both codes of each, one act, two signatures drawn on the screen."""
    began = alice.now()
    alice.open("/acts/new")
    alice.choose("giver", "UA")
    alice.choose("receiver", "EEAS")
    alice.choose("site", "SITE-001")
    alice.page.fill("#purpose", "Spare link of a made-up hospital")
    alice.page.fill("#commission", "Alice Example; engineer")
    alice.click("Go on to the units")
    alice.click("Add units by scanning")
    alice.page.wait_for_selector("#bench[data-ready]", state="attached")
    twelve = [row[0] for row in here.rows(
        "SELECT code FROM item WHERE location = 'LVIV-1' AND condition = 'good'"
        " AND status IN ('packed', 'in_stock') ORDER BY id DESC LIMIT 12"
    )]  # fmt: skip
    for code in twelve:
        assert alice.scan(code)["sort"] == "pair"
        assert alice.scan(kits[code])["sort"] == "recorded"
    assert alice.scan(twelve[0])["sort"] == "again"
    alice.clicks += 1
    alice.page.get_by_role("link", name="Handover act").first.click()
    for side in ("giver", "receiver"):
        alice.page.fill(f"#{side}_person", f"{side.capitalize()} Example")
        alice.page.fill(f"#{side}_position", "storekeeper")
        draw(alice.page, f'[data-signature="{side}_signature"]')
    alice.click("Both have signed: hand over")
    expect(alice.page.get_by_text("The units have changed hands.")).to_be_visible()
    alice.keep("hand over 12", began)
    number: str = alice.page.locator("h1").inner_text()
    rows = here.rows("SELECT status, count(*) FROM item WHERE status = 'handed_over' GROUP BY 1")
    assert rows == [("handed_over", 12)]
    assert here.rows("SELECT count(*) FROM discrepancy WHERE kind = 'label_only'") == [(0,)]
    return number


def draw(page: Page, pad: str) -> None:
    """A signature with the mouse."""
    page.locator(pad).scroll_into_view_if_needed()
    box = page.locator(pad).bounding_box()
    assert box is not None
    points = [(0.1, 0.6), (0.2, 0.2), (0.3, 0.8), (0.4, 0.3), (0.55, 0.7), (0.9, 0.4)]
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.6 * box["height"])
    page.mouse.down()
    for x, y in points:
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
    page.mouse.up()


def look_at_papers(
    here: Installation, alice: Person, ref: str, act: str, kits: dict[str, str], folder: Path
) -> None:
    """Every document: its symbol leads to its page, its text holds what it must, its hash holds."""
    issued = here.rows("SELECT kind, number, version FROM document ORDER BY id")
    assert [kind for kind, _, _ in issued] == [
        "packing_list", "waybill", "received_note", "handover_act",
    ]  # fmt: skip
    texts = {}
    for kind, number, version in issued:
        texts[kind], pictures = paper(alice, f"/documents/{number}/{version}.pdf")
        for place, picture in enumerate(pictures[:2]):
            picture.save(folder / f"{kind}-{place + 1}.png")
        alice.open(f"/documents/{number}")
        expect(alice.page.locator("h1")).to_have_text(number)
    listed = [code for (code,) in here.rows("SELECT code FROM item JOIN packing_line ON item = id")]
    assert all(kits[code] in texts["packing_list"] for code in listed)
    assert "EX-SEAL-1" in texts["waybill"]
    assert "нестача" in texts["received_note"]
    assert act in texts["handover_act"]
    assert texts["handover_act"].count("KITEX") == 12
    assert "лише для цивільного" in texts["handover_act"].replace("виключно", "лише")
    assert "SITE-001" not in texts["handover_act"]
