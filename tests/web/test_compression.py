"""What goes over the wire packed: files of ours, what is the same for all, never a page."""

from __future__ import annotations

import gzip
import os
from functools import partial
from pathlib import Path

import brotli
import pytest

from tests.web.conftest import World

SAME_FOR_ALL = ("/field/", "/field/words/uk.json", "/field/worker.js", "/static/field/app.js")


@pytest.mark.parametrize("path", SAME_FOR_ALL)
@pytest.mark.parametrize(("way", "unpack"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
def test_it_is_packed_as_the_browser_takes_it(
    still_world: World, path: str, way: str, unpack: object
) -> None:
    client = still_world.client()
    plain = client.get(path, headers={"Accept-Encoding": "identity"}, buffered=True)
    assert "Content-Encoding" not in plain.headers
    packed = client.get(path, headers={"Accept-Encoding": way})
    assert packed.headers["Content-Encoding"] == way
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert unpack(packed.data) == plain.data  # type: ignore[operator]
    assert len(packed.data) < len(plain.data) / 2
    again = {"Accept-Encoding": way, "If-None-Match": packed.headers["ETag"]}
    answer = client.get(path, headers=again)
    assert (answer.status_code, answer.data) == (304, b"")
    other = again | {"If-None-Match": '"other"'}
    assert client.get(path, headers=other, buffered=True).status_code == 200


def test_a_page_is_not_packed(still_world: World) -> None:
    answer = still_world.as_("alice").get("/items", headers={"Accept-Encoding": "br"})
    assert "Content-Encoding" not in answer.headers


def test_the_decoder_was_packed_beforehand(still_world: World) -> None:
    path = "/static/vendor/zxing_reader.wasm"
    packed = still_world.client().get(path, headers={"Accept-Encoding": "br"})
    assert len(packed.data) < 380_000
    assert packed.mimetype == "application/wasm"


@pytest.mark.parametrize(
    "asked",
    [
        {"Accept-Encoding": "br", "Range": "bytes=0-99"},
        {"Accept-Encoding": "br;q=0, gzip;q=0"},
        {"Accept-Encoding": "zstd"},
        {},
    ],
)
def test_a_part_and_what_nobody_asked_to_be_packed_stay_as_they_are(
    still_world: World, asked: dict[str, str]
) -> None:
    answer = still_world.client().get("/static/app.css", headers=asked, buffered=True)
    assert "Content-Encoding" not in answer.headers
    assert answer.status_code == (206 if "Range" in asked else 200)


def test_a_changed_file_is_packed_anew(
    still_world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "a.css").write_text("a {}" * 500)
    (tmp_path / "a.css.br").write_bytes(b"packed beforehand")
    monkeypatch.setattr(still_world.app, "static_folder", str(tmp_path))
    get = partial(still_world.client().get, "/static/a.css", headers={"Accept-Encoding": "br"})
    assert get().data == b"packed beforehand"
    os.utime(tmp_path / "a.css.br", (0, 0))
    assert brotli.decompress(get().data) == b"a {}" * 500
    (tmp_path / "a.css").write_text("b {}" * 500)
    assert brotli.decompress(get().data) == b"b {}" * 500
