"""A picture's pixels, from whoever sent it: at a bounded cost, or a sentence that says why not.

A file of a few kilobytes can ask for gigabytes, and a decoder may raise anything. So what decoding
would cost is worked out from the file's head, before a pixel is decoded; two pictures are decoded
at a time, and whatever a decoder raises means that the picture cannot be read.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import ExifTags, Image, JpegImagePlugin, PngImagePlugin

from tracker.errors import InvalidValue, TooManyRequests

LARGEST_PICTURE = 50_000_000  # pixels
MOST_MEMORY = 140_000_000  # bytes for the pixels of one picture while it is decoded
MOST_SCANS = 100  # passes of a JPEG over its own pixels; cameras and browsers make ten
AT_ONCE = 2
PATIENCE = 5  # seconds that a picture waits for those before it

_FORMATS = ("JPEG", "PNG", "WEBP")
_KEEPING_SHAPE = frozenset({"L", "RGB"})  # modes that are made smaller as they are
_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2}  # of a pixel, in memory; 4 of any other
_WEBP_BYTES = 20  # of a pixel: two frames, the codec's own, a copy, ours
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # by what the camera says of its own orientation

# Texts in a PNG are unpacked as it is opened, up to 64 MB; nothing here reads them.
PngImagePlugin.MAX_TEXT_CHUNK = 256 * 1024
PngImagePlugin.MAX_TEXT_MEMORY = 1024 * 1024

_turns = threading.BoundedSemaphore(AT_ONCE)


def decoded(content: bytes, mode: str, side: int) -> Image.Image:
    """The pixels of a JPEG, PNG or WebP as `mode` (RGB or L), upright, the longer side at most
    `side`; nothing else of the file.

    Raises InvalidValue for what cannot be read, or would cost too much to read, and
    TooManyRequests where too many pictures wait.
    """
    with _a_turn():
        try:
            return _decoded(content, mode, side)
        except InvalidValue:
            raise
        except Exception as problem:  # whatever a file makes a decoder raise
            raise InvalidValue(
                "This picture cannot be read; send a JPEG, PNG or WebP."
            ) from problem


@contextmanager
def _a_turn() -> Iterator[None]:
    if not _turns.acquire(timeout=PATIENCE):
        raise TooManyRequests("Many pictures are being read just now.")
    try:
        yield
    finally:
        _turns.release()


def _decoded(content: bytes, mode: str, side: int) -> Image.Image:
    with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
        if opened.width * opened.height > LARGEST_PICTURE:
            raise InvalidValue("A photo has at most 50 megapixels.")
        small = _fitting(opened.size, side)
        kept = _held_back(opened, content)
        opened.draft(mode, small)  # a JPEG is decoded at a half, a quarter, an eighth of its size
        if kept + _cost(opened, small) > MOST_MEMORY:
            raise InvalidValue(
                "This picture takes too much memory to read; send it as a smaller JPEG."
            )
        opened.load()  # only now: to ask a PNG how it was held decodes it
        turn = _UPRIGHT.get(_exif(opened).get(ExifTags.Base.Orientation, 1))
        picture: Image.Image = opened if opened.mode in _KEEPING_SHAPE else opened.convert(mode)
        if picture is not opened:
            opened.im = None  # type: ignore[assignment]  # the pixels as they were are not needed
        if picture.size != small:
            picture = picture.resize(small, Image.Resampling.LANCZOS)
        return _bare(picture.convert(mode) if picture.mode != mode else picture, turn)


def _exif(opened: Image.Image) -> Image.Exif:
    """What the camera says of the picture; raises for what cannot be read, each time."""
    if raw := opened.info.get("exif"):
        exif = Image.Exif()
        exif.load(raw)
        return exif
    return opened.getexif()


def _fitting(size: tuple[int, int], side: int) -> tuple[int, int]:
    """`size`, its longer side at most `side`, in the same shape."""
    longest = max(size)
    if longest <= side:
        return size
    width, height = (max(1, round(one * side / longest)) for one in size)
    return width, height


def _cost(opened: Image.Image, small: tuple[int, int]) -> int:
    """Bytes that decoding, converting and making small take at the most, at the same time."""
    pixels, of_small = opened.width * opened.height, small[0] * small[1] * 4
    if opened.format == "WEBP":
        return pixels * _WEBP_BYTES
    whole = pixels * _BYTES.get(opened.mode, 4)
    if opened.mode in _KEEPING_SHAPE:
        between = small[0] * opened.height * (whole // pixels)  # made narrow first, then low
        return whole + between + of_small
    between = small[0] * opened.height * 4
    return max(whole + pixels * 4, pixels * 4 + between + of_small)


def _held_back(opened: Image.Image, content: bytes) -> int:
    """Bytes that the decoder itself keeps of a JPEG which it must read whole before it can begin.

    Raises InvalidValue for one that makes it go over its pixels again and again.
    """
    if not isinstance(opened, JpegImagePlugin.JpegImageFile):
        return 0
    components, scans = _passes(content)
    if scans > MOST_SCANS:
        raise InvalidValue("This picture cannot be read; send a JPEG, PNG or WebP.")
    if components == opened.layers and "progressive" not in opened.info:
        return 0
    across = max(layer[1] for layer in opened.layer)
    down = max(layer[2] for layer in opened.layer)
    samples = sum(layer[1] * layer[2] for layer in opened.layer) / (across * down)
    return int(opened.width * opened.height * samples * 2)


def _passes(content: bytes) -> tuple[int, int]:
    """How many components the first scan of a JPEG has, and how many scans there are."""
    at = 2
    while content[at] == 0xFF and content[at + 1] != 0xDA:
        if content[at + 1] == 0xFF:  # filling
            at += 1
            continue
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return content[at + 4], content.count(b"\xff\xda", at)


def _bare(picture: Image.Image, turn: Image.Transpose | None) -> Image.Image:
    """The pixels upright, in a picture that knows nothing else."""
    if turn is not None:
        picture = picture.transpose(turn)
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    return bare
