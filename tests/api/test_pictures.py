"""Photos of phones: a damaged one is refused in a sentence, and none lies about as it came."""

from __future__ import annotations

import io
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from werkzeug.test import TestResponse

from tests.api.conftest import Phone
from tracker.db import db
from tracker.models import Evidence


def drawn(kind: str = "JPEG", **how: object) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((80, 60), 90).convert("RGB").save(out, kind, **how)
    return out.getvalue()


DAMAGED = {
    "exif that is none": drawn(exif=b"Exif\0\0XX"),
    "cut": drawn()[:900],
    "a head alone": drawn()[:4],
    "a png whose sum is wrong": drawn("PNG").replace(b"IDAT", b"IDAX"),
    "a webp of nothing": b"RIFF\x04\x00\x00\x00WEBP",
    "no picture": b"<svg/>",
    "nothing": b" ",
}

SENTENCE = "Це зображення неможливо прочитати; надішліть JPEG, PNG або WebP."


def put(phone: Phone, content: bytes, offset: int = 0, size: int | None = None) -> TestResponse:
    name = sha256(content).hexdigest()
    query = {"offset": offset, "size": size or len(content)}
    return phone.client.put(
        f"/api/v1/evidence/{name}", query_string=query, data=content[offset:], headers=phone.headers
    )


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_photo_is_refused_with_what_to_send(
    coordinator: Phone, app: Flask, damage: str
) -> None:
    for answer in (
        put(coordinator, DAMAGED[damage]),
        coordinator.post("/symbols", data=DAMAGED[damage]),
    ):
        told = answer.get_json()
        assert (answer.status_code, told["type"]) == (422, "/problems/invalid-value")
        assert told["detail"] == SENTENCE
    with app.app_context():
        assert db.session.query(Evidence).count() == 0
    assert not list(coming(app).iterdir())


def test_a_photo_that_is_on_its_way_is_for_nobody_else_to_read(
    coordinator: Phone, app: Flask
) -> None:
    content = drawn(comment=b"50.4501 N 30.5234 E")
    answer = coordinator.client.put(
        f"/api/v1/evidence/{sha256(content).hexdigest()}",
        query_string={"offset": 0, "size": len(content)},
        data=content[:500],
        headers=coordinator.headers,
    )
    assert answer.get_json() == {"received": 500, "kept": False}
    [begun] = coming(app).iterdir()
    assert begun.stat().st_mode & 0o777 == 0o600
    assert coming(app).stat().st_mode & 0o777 == 0o700
    assert put(coordinator, content, 500).get_json()["kept"]
    kept = [file for file in evidence(app).rglob("*") if file.is_file()]
    assert [file.stat().st_mode & 0o777 for file in kept] == [0o600]
    assert b"50.4501" not in kept[0].read_bytes()


def test_a_photo_that_waits_too_long_for_others_is_sent_again(
    coordinator: Phone, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.files import decoding

    monkeypatch.setattr(decoding, "PATIENCE", 0.01)
    content = drawn()
    with decoding._a_turn(), decoding._a_turn():
        answer = put(coordinator, content)
        assert answer.status_code == 429
        assert answer.headers["Retry-After"]
    assert put(coordinator, content, len(content)).get_json()["kept"]


def evidence(app: Flask) -> Path:
    return Path(app.config["HOME"]) / "evidence"


def coming(app: Flask) -> Path:
    return evidence(app) / "coming"


def test_a_photo_that_somebody_else_has_sent_is_as_one_that_never_came(
    phone: Callable[[str], Phone], app: Flask
) -> None:
    """Who comes with the same picture sends it whole; it is kept once."""
    first, second, content = phone("coordinator"), phone("warehouse"), drawn()
    name = sha256(content).hexdigest()
    assert put(first, content).get_json()["kept"]
    begun = {"received": 0, "kept": False}
    assert second.get(f"/evidence/{name}").get_json() == begun
    assert second.get(f"/evidence/{'0' * 64}").get_json() == begun
    assert first.get(f"/evidence/{name}").get_json()["kept"]
    assert put(second, content).get_json()["kept"]
    assert list(coming(app).iterdir()) == []
