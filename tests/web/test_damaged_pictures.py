"""Damaged pictures that come with a form are refused in a sentence."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.web.conftest import World, send

SENTENCE = "This picture cannot be read; send a JPEG, PNG or WebP."


def with_broken_exif() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG", exif=b"Exif\0\0XX")
    return out.getvalue()


@pytest.mark.parametrize("content", [with_broken_exif(), b"\xff\xd8", b"GIF89a"])
def test_a_damaged_picture_at_the_bench_is_refused(still_world: World, content: bytes) -> None:
    photo = (io.BytesIO(content), "photo.jpg")
    answer = send(still_world.as_("bob"), "/scan/photos", {"photo": photo})
    assert answer.status_code == 422
    assert SENTENCE in answer.text
