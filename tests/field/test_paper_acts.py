"""A paper act: printed, signed by hand, photographed; held against the scans."""

from __future__ import annotations

import io
import json
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pypdfium2
import pytest
from playwright.sync_api import Browser, expect

from labels import L7160, KitLabel, show
from labels.raster import picture_of
from tests.field.conftest import Enrol, invite
from tests.field.phones import a_phone
from tests.field.signing import SigningPhone
from tests.web.browsing import serving
from tests.web.conftest import World, send
from tracker import clock
from tracker.db import db
from tracker.domain.permissions import SYSTEM
from tracker.models import Discrepancy, HandoverAct, Item
from tracker.queries import documents
from tracker.services import act_lists
from tracker.services.evidence import evidence_content


def printed(world: World, codes: list[str]) -> tuple[int, str]:
    """An act in draft with these units, printed for signing by a coordinator: (id, number)."""
    alice = world.as_("alice")
    form = {"giver": "PL", "receiver": "HOSP", "site": "SITE-0001", "purpose": "A spare link."}
    act = int(send(alice, "/acts", form).headers["Location"].rpartition("/")[2])
    with world.app.app_context():
        for code in codes:
            kit = f"KITEX{world.codes.index(code):07}"
            act_lists.add_line(act, code, kit, by=world.actor("alice"), now=clock.now())
    answer = send(alice, f"/acts/{act}/print")
    assert answer.status_code == 303, answer.text
    with world.app.app_context():
        row = db.session.get(HandoverAct, act)
        assert row is not None
        assert (row.state, row.signed_at) == ("draft", None)
        return act, row.number or ""


def photographed(world: World, act: int) -> bytes:
    """The paper on a table, a little askew."""
    with world.app.app_context():
        [paper] = documents.documents_about(f"act:{act}", SYSTEM)
        content, _ = evidence_content(paper.sha256)
    page = pypdfium2.PdfDocument(content)[0].render(scale=1600 / 842).to_pil()
    out = io.BytesIO()
    page.convert("RGB").rotate(3, fillcolor=(90, 80, 70), expand=True).save(out, "JPEG", quality=75)
    return out.getvalue()


def act_text(codes: list[str], photo: bytes, **more: str) -> str:
    said = {
        "v": 1, "id": str(uuid4()), "made_at": "2026-05-01T09:00:00.000Z", "giver": "PL",
        "receiver": "HOSP", "site": "SITE-0001", "purpose": "A spare link.",
        "giver_person": "Alice Example", "giver_position": "keeper", "giver_strokes": None,
        "receiver_person": "Bob Example", "receiver_position": "chief", "receiver_strokes": None,
        "lines": [{"code": code, "second": False} for code in codes],
        "photos": [sha256(photo).hexdigest()], **more,
    }  # fmt: skip
    return json.dumps(said)


def keep(phone: SigningPhone, text: str) -> str:
    answer = phone.client.post(
        "/api/v1/field/acts", json=phone.sign_act(text), headers=phone.headers
    )
    assert answer.status_code == 200, answer.text
    assert answer.json
    return str(answer.get_json()["number"])


def upload(phone: SigningPhone, photo: bytes) -> None:
    path = f"/api/v1/evidence/{sha256(photo).hexdigest()}?size={len(photo)}"
    answer = phone.client.put(path, data=photo, headers=phone.headers)
    assert answer.json == {"received": len(photo), "kept": True}


def differences(world: World) -> set[tuple[str, str]]:
    """(kind, code) of what a comparison with paper has opened."""
    with world.app.app_context():
        rows = db.session.query(Discrepancy).filter(Discrepancy.detail.contains('"paper"'))
        return {(row.kind, db.session.get_one(Item, row.item).code) for row in rows}


def test_the_list_on_paper_is_held_against_what_was_scanned(world: World, enrol: Enrol) -> None:
    act, number = printed(world, world.codes[4:7])
    phone = enrol("SITE-0001", "LVIV-1")  # where the units still stand
    taken = phone.client.get("/api/v1/field", headers=phone.headers).json
    assert taken
    assert taken["papers"] == [{"number": number, "codes": world.codes[4:7]}]
    text = act_text(world.codes[5:8], b"a photo", paper=number)
    own = keep(phone, text)
    assert keep(phone, text) == own != number
    assert differences(world) == {("short", world.codes[4]), ("over", world.codes[7])}
    with world.app.app_context():
        paper = db.session.get(HandoverAct, act)
        assert paper is not None
        assert (paper.state, paper.giver_person) == ("signed", "Alice Example")
    page = world.as_("alice").get(f"/acts/{act}").text
    assert own in page
    assert phone.client.get("/api/v1/field", headers=phone.headers).get_json()["papers"] == []


@pytest.mark.parametrize("first", ["photo", "act"])
def test_what_the_phone_could_not_read_the_server_reads_when_the_photo_comes(
    world: World, enrol: Enrol, first: str
) -> None:
    act, number = printed(world, world.codes[4:6])
    photo, phone = photographed(world, act), enrol("SITE-0001")
    if first == "photo":
        upload(phone, photo)
    keep(phone, act_text(world.codes[4:5], photo))
    if first == "act":
        assert differences(world) == set()
        upload(phone, photo)
    assert differences(world) == {("short", world.codes[5])}
    with world.app.app_context():
        [row] = db.session.query(HandoverAct).filter(HandoverAct.uid.is_not(None))
        assert row.paper == number


def test_a_photo_of_something_else_links_nothing(world: World, enrol: Enrol) -> None:
    printed(world, world.codes[4:6])
    out = io.BytesIO()
    label = KitLabel(world.codes[4], "elsewhere.example", "Комплект", "Kit")
    picture_of(label, L7160).convert("RGB").save(out, "JPEG")
    phone = enrol("SITE-0001")
    keep(phone, act_text(world.codes[4:5], out.getvalue(), paper="ACT-2026-999999"))
    upload(phone, out.getvalue())
    assert differences(world) == set()


def test_the_server_reads_what_a_phone_cannot(world: World, enrol: Enrol) -> None:
    out = io.BytesIO()
    picture_of(KitLabel(world.codes[4], "kit.example", "Комплект", "Kit"), L7160, 300).convert(
        "RGB"
    ).save(out, "JPEG", quality=85)
    phone = enrol("SITE-0001")

    def ask(content: bytes) -> tuple[int, object]:
        answer = phone.client.post("/api/v1/symbols", data=content, headers=phone.headers)
        return answer.status_code, answer.json

    text = f"HTTPS://KIT.EXAMPLE/S/{world.codes[4]}"
    assert ask(out.getvalue()) == (200, {"codes": [{"text": text, "format": "qr_code"}]})
    assert ask(b"no picture")[0] == 422
    assert ask(b"x" * 3_000_001)[0] == 413
    assert world.client().post("/api/v1/symbols", data=out.getvalue()).status_code == 401


@pytest.mark.browser
def test_a_paper_act_is_read_and_compared_on_the_phone(
    world: World, chromium: Browser, tmp_path: Path
) -> None:
    with serving(world.app) as address:
        world.app.config["HOST"] = address.removeprefix("http://")
        act, number = printed(world, world.codes[4:6])
        (tmp_path / "paper.jpg").write_bytes(photographed(world, act))
        with a_phone(chromium.browser_type, tmp_path / "phone", address) as phone:
            page = phone.page
            phone.enrol(invite(world, "SITE-0001", "LVIV-1"))
            phone.stand("SITE-0001")
            phone.context.set_offline(True)
            phone.show("#/handover")
            for place in (4, 6):
                phone.type(world.codes[place])
                phone.type(f"KITEX{place:07}")
            page.get_by_role("button", name="Далі").click()
            page.get_by_label("Хто передає").select_option("PL")
            page.get_by_label("Хто приймає").select_option("HOSP")
            page.get_by_role("button", name="Далі").click()
            page.get_by_label("Підписано на папері").check()
            for side in (0, 1):
                page.get_by_label("Ім’я та прізвище").nth(side).fill("Боб Тест")
                page.get_by_label("Посада").nth(side).fill("директор")
            page.locator("main input[type=file]").set_input_files(tmp_path / "paper.jpg")
            check = page.locator("#paper-check")
            expect(check).to_contain_text(f"Це акт {number}.", timeout=20_000)
            expect(check).to_contain_text(f"не відскановано: {show(world.codes[5])}")
            expect(check).to_contain_text(f"немає в папері: {show(world.codes[6])}")
            page.get_by_role("button", name="Зберегти акт").click()
            page.wait_for_selector('main[data-page="unsent"]')
            phone.context.set_offline(False)
            assert phone.send() == ""
    assert differences(world) == {("short", world.codes[5]), ("over", world.codes[6])}
