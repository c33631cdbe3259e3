"""From the printed label to the ledger: paper, camera, no network, network, a chain that fits."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from labels import L7160, KitLabel, show, write_pdf
from tests.field.conftest import invite
from tests.field.phones import a_phone
from tests.field.test_field_app import database_url, events_of, states  # noqa: F401 - a fixture
from tests.web.browsing import serving
from tests.web.conftest import World
from tracker.db import db
from tracker.domain.permissions import Role
from tracker.ledger.checkpoints import notary, sequence, sign_checkpoint
from tracker.ledger.verification import verify
from tracker.models import Item

pytestmark = pytest.mark.browser

SIZE = (1280, 720)
ACROSS = 6.4  # pixels of the camera for a millimetre of paper
SECONDS, RATE = 2, 30
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
NAMES = "Комплект Starlink Standard", "Starlink Standard kit"


def sheet_of(codes: list[str], host: str, folder: Path) -> Image.Image:
    """A printed sheet of labels, as it lies on the table: our PDF in somebody else's pixels."""
    write_pdf((KitLabel(code, host, *NAMES) for code in codes), L7160, folder / "labels.pdf")
    page = pypdfium2.PdfDocument(folder / "labels.pdf")[0]
    picture: Image.Image = page.render(scale=ACROSS * 25.4 / 72).to_pil()
    return picture.convert("RGB")


def film_of(sheet: Image.Image, path: Path) -> Path:
    """What a camera in an unsteady hand sees of the sheet's upper part."""
    with path.open("wb") as out:
        for number in range(SECONDS * RATE):
            left, top = 30 + number % 7, 60 + number % 5
            frame = io.BytesIO()
            sheet.crop((left, top, left + SIZE[0], top + SIZE[1])).save(frame, "JPEG", quality=80)
            out.write(frame.getvalue())
    return path


def test_a_printed_label_reaches_the_ledger_through_a_camera_without_a_network(
    world: World, chromium: Browser, tmp_path: Path
) -> None:
    codes = world.codes[4:7]
    for code in codes:
        world.scan(code, "shipping", "alice", 2, consignment="ZM-1")
    with serving(world.app) as address:
        sheet = sheet_of(codes, address.removeprefix("http://"), tmp_path)
        film = film_of(sheet, tmp_path / "camera.mjpeg")
        camera = (*CAMERA, f"--use-file-for-fake-video-capture={film}")
        with a_phone(chromium.browser_type, tmp_path / "phone", address, *camera) as phone:
            phone.enrol(invite(world, "LVIV-1", role=Role.WAREHOUSE))
            phone.stand("LVIV-1")
            phone.context.set_offline(True)
            phone.page.reload()
            phone.page.wait_for_selector("html[data-ready]")
            phone.show("#/scan")
            phone.page.locator("select").first.select_option("receiving")
            phone.page.click("#camera")
            expect(phone.page.locator("#lately li")).to_have_count(3, timeout=30_000)
            expect(phone.page.locator("#answer")).to_have_class(re.compile("answer-kept"))
            assert sorted(row["scan"]["code"] for row in phone.rows()) == sorted(codes)
            assert states(phone) == ["kept"] * 3
            assert events_of(world) == []
            phone.page.click("#camera")
            phone.context.set_offline(False)
            assert phone.send() == ""
            expect(phone.page.locator("#lately .line-confirmed")).to_have_count(3)
            for code in codes:
                expect(phone.page.locator("#lately")).to_contain_text(show(code))
            sent = [row["id"] for row in sorted(phone.rows(), key=lambda row: row["seq"])]
    assert events_of(world) == sent
    with world.app.app_context():
        units = db.session.query(Item).filter(Item.code.in_(codes))
        assert {(unit.status, unit.location) for unit in units} == {("in_stock", "LVIV-1")}
        sequence()
        sign_checkpoint(notary(), now=datetime.now(UTC))
        report = verify(notary())
        assert report.fits, report.problems
