"""Pictures from anybody: what decoding one costs, and what a damaged one is answered with."""

from __future__ import annotations

import io
import random
import threading
import time

import pytest
from PIL import Image, JpegImagePlugin

from tests.files.hungry_pictures import PICTURES, cost_of, saved, with_scans
from tracker.errors import InvalidValue, TooManyRequests
from tracker.files import decoding
from tracker.files.decoding import decoded
from tracker.files.pictures import cleaned
from tracker.files.symbols import symbols_in

MOST = 150  # MB
SOME = (
    *("JPEG, 50 MP", "JPEG, 50 MP, progressive", "PNG, 50 MP", "WebP, 12 MP"),
    "PNG, sixty packed megabytes of text",
)
TURNED = 6  # of EXIF: the camera was held upright


def drawn(kind: str = "JPEG", size: tuple[int, int] = (64, 48), **how: object) -> bytes:
    out = io.BytesIO()
    picture = Image.effect_noise(size, 90).convert("RGB")
    picture.save(out, kind, **how)
    return out.getvalue()


@pytest.mark.parametrize("name", SOME)
def test_a_picture_costs_little_whatever_its_file_says(name: str) -> None:
    cost, _ = cost_of(PICTURES[name]())
    assert cost <= MOST


@pytest.mark.slow
@pytest.mark.parametrize("what", ["photo", "symbols"])
@pytest.mark.parametrize("name", sorted(PICTURES.keys() - set(SOME)))
def test_no_picture_costs_much(name: str, what: str) -> None:
    cost, said = cost_of(PICTURES[name](), what)
    assert cost <= MOST
    assert said == "read" or said.startswith(("This picture", "A photo"))


@pytest.mark.parametrize("name", ["JPEG, 50 MP", "JPEG, 12 MP, progressive", "WebP, 6 MP"])
def test_what_cameras_make_is_read(name: str) -> None:
    content, kind = cleaned(PICTURES[name](), "photo")
    assert kind == "image/jpeg"
    with Image.open(io.BytesIO(content)) as kept:
        assert max(kept.size) == 2000


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_stands_upright_and_keeps_its_shape(kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = TURNED
    upright = decoded(drawn(kind, (64, 48), exif=exif.tobytes()), "RGB", 32)
    assert (upright.size, upright.info) == ((24, 32), {})


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_damaged_picture_is_read_or_refused_in_a_sentence(kind: str) -> None:
    luck, whole = random.Random(9), drawn(kind, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0")
    refused = 0
    for _ in range(300):
        content = bytearray(whole[: luck.randint(1, len(whole))] if luck.random() < 0.3 else whole)
        for _ in range(luck.randint(1, 6)):
            content[luck.randrange(min(len(content), 200))] = luck.randrange(256)
        refused += _is_refused(bytes(content))
    assert refused > 50


def _is_refused(content: bytes) -> bool:
    """Whether a picture is refused by what keeps photos and by what reads codes; never worse."""
    said = []
    for read in (lambda: cleaned(content, "photo"), lambda: symbols_in(content)):
        try:
            read()
        except InvalidValue as refusal:
            said.append(str(refusal))
    assert len(said) in (0, 2)
    return bool(said)


@pytest.mark.parametrize(
    "problem",
    [SyntaxError(), KeyError(1), RecursionError(), MemoryError(), TypeError(), EOFError(),
     AttributeError(), ZeroDivisionError(), Image.DecompressionBombWarning()],
)  # fmt: skip
def test_whatever_a_decoder_raises_is_a_picture_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    def load(_: object) -> None:
        raise problem

    monkeypatch.setattr(JpegImagePlugin.JpegImageFile, "load", load)
    with pytest.raises(InvalidValue, match="cannot be read"):
        cleaned(drawn(), "photo")


def test_a_jpeg_of_endless_scans_is_refused_before_it_is_decoded() -> None:
    began = time.monotonic()
    with pytest.raises(InvalidValue):
        decoded(with_scans(20_000), "RGB", 100)
    assert time.monotonic() - began < 5


def test_two_pictures_are_decoded_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    here, most, lock = 0, 0, threading.Lock()

    def slowly(*_: object) -> Image.Image:
        nonlocal here, most
        with lock:
            here += 1
            most = max(most, here)
        time.sleep(0.05)
        with lock:
            here -= 1
        return Image.new("RGB", (1, 1))

    monkeypatch.setattr(decoding, "_decoded", slowly)
    threads = [threading.Thread(target=decoded, args=(b"", "RGB", 9)) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert most == 2


def test_a_picture_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "PATIENCE", 0.01)
    with decoding._a_turn(), decoding._a_turn(), pytest.raises(TooManyRequests):
        decoded(saved("L", (9, 9), "PNG")(), "L", 9)
    assert decoded(saved("L", (9, 9), "PNG")(), "L", 9).size == (9, 9)
