"""The field app in a real browser: enrolled, cut off, scanning, signing, and sent in the end."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Request, expect

from labels.codes import CodeError, new_code, parse, show
from tests.field.conftest import drafted, invite
from tests.field.phones import BrowserPhone, a_phone
from tests.web.browsing import serving
from tests.web.conftest import World, send
from tracker.db import db
from tracker.domain.permissions import Role
from tracker.models import Event, Evidence, HandoverAct, Item
from tracker.services import uploads

pytestmark = pytest.mark.browser
Take = Callable[..., BrowserPhone]


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """One database is enough here: what the phone sends is tried on both elsewhere."""
    import shutil

    shutil.copy(sqlite_template, tmp_path / "tracker.sqlite")
    return f"sqlite:///{tmp_path / 'tracker.sqlite'}"


@pytest.fixture
def address(world: World) -> Iterator[str]:
    with serving(world.app) as address:
        yield address


@pytest.fixture
def take(world: World, address: str, chromium: Browser, tmp_path: Path) -> Iterator[Take]:
    """`take("SITE-0001")`: an enrolled phone."""
    with ExitStack() as stack:
        many = 0

        def make(*places: str, role: Role = Role.FIELD) -> BrowserPhone:
            nonlocal many
            many += 1
            folder = tmp_path / f"phone-{many}"
            phone = stack.enter_context(a_phone(chromium.browser_type, folder, address))
            phone.enrol(invite(world, *places, role=role), f"Phone {many}")
            phone.stand(places[0])  # that it asks so is another story: test_what_is_asked
            return phone

        yield make


def events_of(world: World, phone: int = 2) -> list[str]:
    with world.app.app_context():
        rows = db.session.query(Event).filter(Event.by == f"device:{phone}")
        return [row.id for row in rows.order_by(Event.position)]


def states(phone: BrowserPhone) -> list[str]:
    return [row["state"] for row in sorted(phone.rows(), key=lambda row: row["seq"])]


def test_codes_are_read_as_the_server_reads_them(take: Take) -> None:
    phone = take("SITE-0001")
    good = [new_code() for _ in range(200)]
    shapes = [show(code) for code in good] + [show(code).lower() for code in good[:50]]
    shapes += [f"HTTPS://{code[:4]}.EXAMPLE/S/{code}" for code in good[:50]]
    shapes += [code.replace("0", "O").replace("1", "І") for code in good[:50]]
    wrong = [code[:4] + ("Z" if code[4] != "Z" else "Y") + code[5:] for code in good]
    wrong += ["", "KIT00012345", "https://example.org/x", "U" * 11, "7F3K9"]
    told = phone.page.evaluate(
        """async (texts) => {
          const { parse } = await import("/static/field/codes.js");
          const read = (text) => {
            try { return parse(text); } catch (problem) { return `!${problem.message}`; }
          };
          return texts.map(read);
        }""",
        shapes + wrong,
    )

    def ours(text: str) -> str:
        try:
            return parse(text)
        except CodeError as problem:
            return f"!{problem.reason}"

    assert told == [ours(text) for text in shapes + wrong]


def test_after_one_visit_it_starts_without_a_network(take: Take) -> None:
    phone = take("SITE-0001")
    expect(phone.page.locator("#keeping")).to_have_count(0)
    phone.context.set_offline(True)
    phone.page.reload()
    phone.page.wait_for_selector("html[data-ready]")
    for path in ("#/scan", "#/handover", "#/units", "#/unsent", "#/settings", "#/"):
        phone.show(path)
        expect(phone.page.locator("main h1").first).not_to_be_empty()
    expect(phone.page.locator("#net")).to_have_text("Мережі немає. Усе зберігається.")


def test_what_a_phone_counted_offline_joins_the_count_that_was_open(
    world: World, take: Take
) -> None:
    alice, phone = world.as_("alice"), take("LVIV-1", role=Role.WAREHOUSE)
    page = send(alice, "/counts", {"location": "LVIV-1"}).headers["Location"]
    phone.context.set_offline(True)
    phone.show("#/scan")
    phone.page.locator("select").first.select_option("counting")
    for code in world.codes[4:6]:
        phone.type(show(code))
        expect(phone.page.locator("#answer .answer-code")).to_have_text(show(code))
    send(alice, f"{page}/close")
    assert all(code[:5] in alice.get("/discrepancies?kind=short").text for code in world.codes[4:6])
    phone.context.set_offline(False)
    assert phone.send() == ""
    assert "<strong>2</strong> found, seen singly" in alice.get(page).text
    short = alice.get("/discrepancies?kind=short").text
    assert [code[:5] in short for code in world.codes[4:7]] == [False, False, True]


def test_what_is_scanned_offline_is_kept_and_reaches_the_ledger(world: World, take: Take) -> None:
    phone = take("LVIV-1", role=Role.WAREHOUSE)
    phone.context.set_offline(True)
    phone.show("#/scan")
    phone.page.locator("select").first.select_option("receiving")
    for code in world.codes[1:6]:
        phone.type(show(code))
        expect(phone.page.locator("#answer .answer-code")).to_have_text(show(code))
        expect(phone.page.locator("#answer")).to_contain_text("Збережено на цьому телефоні")
    assert states(phone) == ["kept"] * 5
    phone.type("7F3K9-M2P4C-Y")
    expect(phone.page.locator("#answer")).to_have_class(re.compile("answer-refused"))
    assert events_of(world) == []
    phone.page.reload()  # nothing that was shown as kept depends on the page
    phone.context.set_offline(False)
    assert phone.send() == ""
    assert states(phone) == ["confirmed"] * 5
    assert events_of(world) == [
        row["id"] for row in sorted(phone.rows(), key=lambda row: row["seq"])
    ]
    phone.show("#/unsent")
    phone.page.get_by_role("button", name="Звірити з журналом").click()
    expect(phone.page.locator("#shift-said")).to_have_text("Ви зробили 5 сканувань, у журналі – 5.")


def test_a_receipt_that_the_server_did_not_sign_is_none(world: World, take: Take) -> None:
    phone = take("LVIV-1", role=Role.WAREHOUSE)
    phone.show("#/scan")
    phone.page.locator("select").first.select_option("receiving")
    for code in world.codes[1:3]:
        phone.type(show(code))
        expect(phone.page.locator("#answer .answer-code")).to_have_text(show(code))
    assert phone.send() in ("", "busy")
    phone.page.wait_for_timeout(500)
    assert states(phone) == ["confirmed"] * 2
    [one, other] = sorted(phone.rows(), key=lambda row: row["seq"])
    receipt = one["answer"]["receipt"]
    claims = [
        (one["id"], receipt),
        (other["id"], receipt),
        (one["id"], {**receipt, "hash": "0" * 64}),
        (one["id"], {**receipt, "item_seq": receipt["item_seq"] + 1}),
        (one["id"], {**receipt, "signature": other["answer"]["receipt"]["signature"]}),
    ]
    told = phone.page.evaluate(
        """async (claims) => {
          const { receiptFits } = await import("/static/field/keys.js");
          const { self } = await import("/static/field/store.js");
          const { receipt_key: key } = await self("taken");
          return Promise.all(claims.map(([id, receipt]) => receiptFits(key, id, receipt)));
        }""",
        claims,
    )
    assert told == [True, False, False, False, False]


def draw(page: Page, number: int) -> None:
    """A signature with a finger on the pad of this number."""
    pad = page.locator("svg.pad").nth(number)
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box
    page.mouse.move(box["x"] + 30, box["y"] + 40)
    page.mouse.down()
    for step in range(12):
        page.mouse.move(box["x"] + 30 + 18 * step, box["y"] + 40 + 25 * (step % 2))
    page.mouse.up()


def photo(path: Path) -> Path:
    """A photo that says where it was taken."""
    exif = Image.Exif()
    exif.get_ifd(0x8825)[2] = (50.0, 27.0, 0.0)
    picture = Image.effect_noise((2400, 1800), 60).convert("RGB")
    picture.save(path, "JPEG", exif=exif, comment=b"50.45,30.52")
    return path


def hand_over_a_pile(world: World, phone: BrowserPhone, tmp_path: Path) -> None:
    """Three units that a draft lists for the site: one act and its photo, without a network."""
    drafted(world, world.codes[4:7])
    page = phone.page
    phone.context.set_offline(True)
    phone.show("#/handover")
    for number in (4, 5, 6):
        phone.type(world.codes[number])
        expect(page.locator("#answer")).to_have_class(re.compile("answer-pair"))
        phone.type(f"KITEX{number:07}")
        expect(page.locator("#answer")).to_have_class(re.compile("answer-kept"))
    expect(page.locator("#pile li")).to_have_count(3)
    page.get_by_role("button", name="Далі").click()
    page.get_by_label("Хто передає").select_option("PL")
    page.get_by_label("Хто приймає").select_option("HOSP")
    page.get_by_role("button", name="Далі").click()
    expect(page.locator(".paper")).to_contain_text("3 одиниці")
    page.get_by_role("button", name="Зберегти акт").click()
    expect(page.get_by_role("alert")).to_have_text("Вкажіть ім’я та посаду обох сторін.")
    for number, (person, position) in enumerate((("Боб", "директор"), ("Аліса", "логіст"))):
        page.get_by_label("Ім’я та прізвище").nth(number).fill(person + " Тест")
        page.get_by_label("Посада").nth(number).fill(position)
        draw(page, number)
    page.locator("input[type=file]").set_input_files(photo(tmp_path / "act.jpg"))
    expect(page.locator(".photos img")).to_have_count(1)
    page.get_by_role("button", name="Зберегти акт").click()
    page.wait_for_selector('main[data-page="unsent"]')
    assert states(phone) == ["kept"] * 3
    expect(page.locator(".act")).to_contain_text("Акт чекає на надсилання.")


def test_a_pile_is_handed_over_with_one_act_and_no_network(
    world: World, take: Take, tmp_path: Path
) -> None:
    phone = take("SITE-0001")
    page = phone.page
    hand_over_a_pile(world, phone, tmp_path)
    phone.context.set_offline(False)
    assert phone.send() == ""
    assert states(phone) == ["confirmed"] * 3
    [act] = phone.rows("acts")
    expect(page.locator(".act").first).to_contain_text(act["number"])
    with world.app.app_context():
        [row] = db.session.query(HandoverAct).filter(HandoverAct.uid.is_not(None))
        assert (row.uid, row.number, row.state) == (act["id"], act["number"], "signed")
        units = db.session.query(Item).filter(Item.code.in_(world.codes[4:7]))
        assert {unit.status for unit in units} == {"handed_over"}
        [sent] = phone.rows("photos")
        kept = db.session.get(Evidence, uploads.kept_as(sent["sha"]))
        assert kept is not None
        assert kept.kind == "photo"
        folder = world.app.config["HOME"] / "evidence"
        content = (folder / kept.sha256[:2] / kept.sha256).read_bytes()
        with Image.open(io.BytesIO(content)) as picture:
            assert max(picture.size) <= 1600
            assert not picture.getexif()
        assert b"50.45" not in content


def test_a_unit_is_deployed_and_inspected(world: World, take: Take) -> None:
    drafted(world, world.codes[7:8])
    phone = take("SITE-0001")
    page = phone.page
    phone.record({"code": world.codes[7], "isLabel": True, "step": "accepting", "act": "A-9",
                  "receiver": "HOSP", "second_identifier": "KITEX0000007"})  # fmt: skip
    phone.context.set_offline(True)
    phone.show(f"#/u/{world.codes[7]}")
    page.get_by_role("button", name="розгорнути").or_(
        page.locator(".big-button.first")
    ).first.click()
    page.get_by_label("Штрихкод виробника").fill("KITEX0000007")
    page.get_by_label("Об’єкт").select_option("SITE-0001")
    page.locator("form.card button[type=submit]").click()
    expect(page.get_by_role("alert").last).to_have_text("Вкажіть, чи працює.")
    page.locator("fieldset.choice label", has_text="так").click()
    page.get_by_label("Кого навчено").fill("Чергова зміна")
    page.get_by_label("завантаження, Мбіт/с").fill("182")
    page.locator("form.card button[type=submit]").click()
    expect(page.locator("#answer")).to_have_class(re.compile("answer-kept"))
    phone.show("#/")
    phone.show(f"#/u/{world.codes[7]}")
    phone.type(world.codes[7])
    page.locator(".big-button.first").click()
    for group in range(3):
        page.locator("fieldset.choice").nth(group).locator("label", has_text="так").click()
    page.locator("form.card button[type=submit]").click()
    expect(page.locator("#answer")).to_have_class(re.compile("answer-kept"))
    phone.context.set_offline(False)
    assert phone.send() == ""
    assert states(phone) == ["confirmed"] * 3
    with world.app.app_context():
        unit = db.session.query(Item).filter_by(code=world.codes[7]).one()
        assert (unit.status, unit.location) == ("deployed", "SITE-0001")
        assert unit.inspected_at is not None
        assert unit.working_at is not None


def test_a_revoked_phone_forgets_all_but_what_is_unsent(world: World, take: Take) -> None:
    phone = take("SITE-0001")
    phone.context.set_offline(True)
    [kept] = phone.record({"code": world.codes[3], "isLabel": True, "step": "inspecting",
                           "findings": {"present": True}})  # fmt: skip
    send(world.as_("alice"), "/devices/2/revoke")
    phone.context.set_offline(False)
    phone.send()
    phone.page.reload()
    phone.page.wait_for_selector("html[data-ready]")
    expect(phone.page.get_by_role("alert")).to_contain_text("Доступ цього телефона закінчився.")
    phone.send()
    [row] = phone.rows()
    assert (row["id"], row["answer"]["outcome"]) == (kept, "set_aside")
    assert phone.page.evaluate(
        "import('/static/field/store.js').then(({ self }) => self('taken'))"
    ) is None  # fmt: skip
    with phone.page.expect_download() as download:
        phone.page.get_by_role("button", name="Зберегти ненадіслане у файл").click()
    told = json.loads(Path(download.value.path()).read_text())
    assert [scan["id"] for scan in told["scans"]] == [kept]


def carry(maker: BrowserPhone, messenger: BrowserPhone, tmp_path: Path) -> None:
    """What one phone has not sent, saved as a file and given to another."""
    maker.show("#/unsent")
    with maker.page.expect_download() as download:
        maker.page.get_by_role("button", name="Зберегти ненадіслане у файл").click()
    file = tmp_path / "unsent.json"
    download.value.save_as(file)
    messenger.show("#/unsent")
    messenger.page.locator("#bring").set_input_files(file)


def test_another_phone_brings_the_file(world: World, take: Take, tmp_path: Path) -> None:
    maker, messenger = take("LVIV-1", role=Role.WAREHOUSE), take("LVIV-1", role=Role.WAREHOUSE)
    maker.context.set_offline(True)
    made = maker.record(*({"code": code, "isLabel": True, "step": "receiving", "location": "LVIV-1"}
                          for code in world.codes[1:4]))  # fmt: skip
    carry(maker, messenger, tmp_path)
    expect(messenger.page.locator("main")).to_contain_text("передано 3 сканування")
    assert events_of(world) == made
    maker.context.set_offline(False)
    assert maker.send() == ""
    assert states(maker) == ["confirmed"] * 3
    assert events_of(world) == made


def test_nothing_that_leads_to_a_site_stays_on_the_phone(world: World, take: Take) -> None:
    phone = take("SITE-0001")
    phone.show("#/units")
    phone.page.get_by_role("button", name="Показати, де це").click()
    expect(phone.page.locator(".places")).to_contain_text("вулиця Вигадана, 7")
    [site] = phone.rows("sites")
    assert set(site["facts"]) == {"name_uk", "address"}
    phone.page.evaluate(
        """async () => {
          const { sweep } = await import("/static/field/store.js");
          await sweep(Date.now() + 72 * 3600e3 + 1000);
        }"""
    )
    assert phone.rows("sites") == []


def test_scans_are_sent_in_the_order_in_which_they_were_made(world: World, take: Take) -> None:
    phone = take("LVIV-1", role=Role.WAREHOUSE)
    phone.context.set_offline(True)
    said = {"isLabel": True, "step": "counting", "location": "LVIV-1"}
    for _ in range(3):
        phone.record(*({**said, "code": world.codes[4 + at % 8]} for at in range(80)))
    sent: list[int] = []

    def listen(request: Request) -> None:
        if request.url.endswith("/api/v1/scans"):
            batch = json.loads(request.post_data or "")
            sent.extend(scan["device_seq"] for scan in batch["scans"])

    phone.page.on("request", listen)
    phone.context.set_offline(False)
    expect(phone.page.locator("#pill")).to_have_text("Усе надіслано", timeout=30_000)
    assert sent == list(range(1, 241))
    newest = phone.page.evaluate(
        """() => import("/static/field/store.js").then(async ({ newest }) => [
          (await newest(50)).map((row) => row.seq),
          (await newest(50, "confirmed")).map((row) => row.seq),
          (await newest(50, "kept")).length,
        ])"""
    )
    assert newest == [list(range(240, 190, -1)), list(range(240, 190, -1)), 0]
