"""Losses: one number for many units, all or nothing, reversed when a unit turns up."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from tests.services.builders import BOB, COORDINATOR, NOW, item, lay_world, new_units, queue, scan
from tracker.db import db
from tracker.domain.permissions import Actor, Role
from tracker.errors import DoesNotFit, EvidenceBroken, InvalidValue, NotAllowed, OwnEvent
from tracker.models import Discrepancy, Evidence, LossReport
from tracker.services import evidence, losses
from tracker.services.discrepancies import settle
from tracker.services.evidence import evidence_content, keep_evidence
from tracker.services.papers import issuing

ERIN = Actor("account:7", Role.AUDITOR)
LATER = NOW + timedelta(hours=1)
STORY = "The lorry stood in the yard overnight; the seal was broken."


@pytest.fixture(autouse=True)
def world(app: Flask) -> None:
    lay_world()


def stocked(many: int) -> list[str]:
    codes = new_units(many)
    queue([scan(code, "receiving", 1, location="WH-1") for code in codes])
    return codes


def report(codes: list[str], kind: str = "stolen") -> str:
    return losses.report_loss(kind, codes, STORY, authority="EX-POLICE-1", by=BOB, now=NOW)


def open_kinds() -> list[str]:
    db.session.rollback()
    return sorted(db.session.scalars(select(Discrepancy.kind).where(Discrepancy.state == "open")))


@pytest.mark.parametrize(
    ("kind", "opens"), [("lost", "loss"), ("stolen", "theft"), ("destroyed", "loss")]
)
def test_each_unit_gets_its_event_and_a_discrepancy(kind: str, opens: str) -> None:
    codes = stocked(3)
    assert report(codes, kind) == "LOSS-2026-00001"
    assert {item(code).status for code in codes} == {kind}
    assert open_kinds() == [opens] * 3


def test_a_report_is_all_or_nothing() -> None:
    codes = stocked(2)
    report(codes[:1])
    for wrong in ([codes[1], codes[0]], [codes[1], "EXNOBODY1"], []):
        with pytest.raises((DoesNotFit, InvalidValue)):
            report(wrong)
    assert item(codes[1]).status == "in_stock"
    assert db.session.scalars(select(LossReport.number)).all() == ["LOSS-2026-00001"]


def test_a_failure_half_way_leaves_no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = stocked(2)

    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("tracker.services.losses.record_within", fail)
    with pytest.raises(RuntimeError):
        report(codes)
    db.session.rollback()
    assert db.session.scalars(select(LossReport.number)).all() == []
    assert (open_kinds(), item(codes[0]).status) == ([], "in_stock")


def test_what_is_found_is_in_stock_again_and_its_discrepancy_closes() -> None:
    codes = stocked(2)
    number = report(codes)
    losses.reverse(number, item(codes[0]).id, "WH-2", by=COORDINATOR, now=LATER)
    assert (item(codes[0]).status, item(codes[0]).location) == ("in_stock", "WH-2")
    assert open_kinds() == ["theft"]
    again = LATER + timedelta(hours=1)
    with pytest.raises(DoesNotFit):
        losses.reverse(number, item(codes[0]).id, "WH-2", by=COORDINATOR, now=again)


def test_who_reported_does_not_settle() -> None:
    alice = losses.report_loss("lost", stocked(1), STORY, by=COORDINATOR, now=NOW)
    number = db.session.scalar(select(Discrepancy.id))
    assert alice
    assert number is not None
    with pytest.raises(OwnEvent):
        settle(number, "It is gone.", by=COORDINATOR, now=NOW)


def test_an_auditor_reports_nothing() -> None:
    with pytest.raises(NotAllowed):
        losses.report_loss("lost", stocked(1), STORY, by=ERIN, now=NOW)


def test_the_paper_names_units_circumstances_and_evidence() -> None:
    codes = stocked(1)
    sha = keep_evidence(picture(), "photo", by=BOB, now=NOW)
    number = losses.report_loss("lost", codes, STORY, evidence=[sha], by=BOB, now=NOW)
    issued = issuing.issue_loss_report(number, by=BOB, now=NOW)
    assert (issued.number, issued.version) == (number, 1)


def picture(**more: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 20), "red").save(out, "JPEG", **more)
    return out.getvalue()


def test_a_photo_keeps_its_pixels_and_nothing_else() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned: 40 x 20 stands upright as 20 x 40
    exif[0x010E] = "49.8397 N 24.0297 E"
    sha = keep_evidence(picture(exif=exif, comment=b"49.8397"), "photo", by=BOB, now=NOW)
    content, media_type = evidence_content(sha)
    assert media_type == "image/jpeg"
    assert b"49.8397" not in content
    with Image.open(io.BytesIO(content)) as kept:
        assert kept.size == (20, 40)
        assert not kept.getexif()


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"%PDF-1.4", b"\xff\xd8\xff" + b"0" * 50])
def test_what_is_no_photo_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidValue):
        keep_evidence(content, "photo", by=BOB, now=NOW)
    assert db.session.scalars(select(Evidence.sha256)).all() == []


@pytest.mark.parametrize(
    "drawn", ["", "[]", "[[]]", "{}", "[[[2,0],[0,0]]]", '[[["a",0],[0,0]]]', "[[[0,0]]]"]
)
def test_what_is_no_signature_is_refused(drawn: str) -> None:
    with pytest.raises(InvalidValue):
        keep_evidence(drawn.encode(), "signature", by=BOB, now=NOW)


def test_a_file_that_was_changed_or_is_gone_is_not_given_out() -> None:
    sha = keep_evidence(picture(), "photo", by=BOB, now=NOW)
    path = evidence._path(sha)
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"x")
    assert list(evidence.broken()) == [(sha, "changed")]
    with pytest.raises(EvidenceBroken):
        evidence_content(sha)
    path.unlink()
    assert list(evidence.broken()) == [(sha, "gone")]
