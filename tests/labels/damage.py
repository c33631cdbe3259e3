"""How much a printed symbol bears: `python -m tests.labels.damage` measures, and writes the table.

Symbols with fixed codes are drawn with their quiet zone, damaged, and given to two decoders, one
look each. The table in docs/labels.md, between its two marks, is replaced.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageFilter

from labels.codes import looks_like, parse
from labels.symbol import Level, Symbol, press
from tests.labels.reading import HOST, fixed_codes, symbols_in

PAGE = Path(__file__).resolve().parents[2] / "docs" / "labels.md"
BEGIN, END = "<!-- damage -->\n", "<!-- /damage -->\n"
SYMBOLS = 100
PREFIX = f"HTTPS://{HOST.upper()}/S/"
LEVELS: tuple[Level, ...] = ("M", "Q", "H")
QUIET = 4

Damage = Callable[[Image.Image, random.Random], Image.Image]


def drawn(symbol: Symbol, pixels: int) -> Image.Image:
    """A symbol with its quiet zone, so many pixels a module."""
    side = (symbol.size + 2 * QUIET) * pixels
    picture = Image.new("L", (side, side), 255)
    for x, y, length in symbol.runs():
        left, top = (x + QUIET) * pixels, (y + QUIET) * pixels
        picture.paste(0, (left, top, left + length * pixels, top + pixels))
    return picture


def covered(share: float) -> Damage:
    """A white square over a share of the symbol's area, anywhere inside it."""

    def cover(picture: Image.Image, dice: random.Random) -> Image.Image:
        quiet = picture.width * QUIET // (29 + 2 * QUIET)
        inside = picture.width - 2 * quiet
        side = round(inside * share**0.5)
        x, y = (quiet + dice.randint(0, inside - side) for _ in range(2))
        damaged = picture.copy()
        damaged.paste(255, (x, y, x + side, y + side))
        return damaged

    return cover


def blurred(modules: float) -> Damage:
    """Out of focus by so many modules (standard deviation), at four pixels a module."""
    return lambda picture, _: picture.filter(ImageFilter.GaussianBlur(4 * modules))


def turned(degrees: float) -> Damage:
    """Turned, on white paper."""
    return lambda picture, _: picture.rotate(
        degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=255
    )


def faded(contrast: float) -> Damage:
    """Dark and light only so far apart, in the middle of the greys, with a little noise."""

    def fade(picture: Image.Image, dice: random.Random) -> Image.Image:
        noise = np.random.default_rng(dice.randrange(2**32)).normal(0, 4, picture.size)
        grey = 127.5 + (np.asarray(picture, dtype=float) - 127.5) * contrast + noise
        return Image.fromarray(np.clip(grey, 0, 255).astype("uint8"))

    return fade


def whole(picture: Image.Image, _: random.Random) -> Image.Image:
    return picture


DAMAGES: dict[str, tuple[int, Damage]] = {
    "none, 4 pixels a module": (4, whole),
    "2 pixels a module": (2, whole),
    "5 % covered": (4, covered(0.05)),
    "10 % covered": (4, covered(0.10)),
    "15 % covered": (4, covered(0.15)),
    "20 % covered": (4, covered(0.20)),
    "blurred by a quarter of a module": (4, blurred(0.25)),
    "blurred by half a module": (4, blurred(0.5)),
    "turned by 10°": (4, turned(10)),
    "turned by 45°": (4, turned(45)),
    "turned by 180°": (4, turned(180)),
    "30 % contrast": (4, faded(0.3)),
}


def by_zxing(picture: Image.Image) -> list[str]:
    return [found.text for found in symbols_in(picture)]


def by_opencv(picture: Image.Image) -> list[str]:
    return [str(cv2.QRCodeDetector().detectAndDecode(np.asarray(picture))[0])]


def share_read(name: str, level: Level, read: Callable[[Image.Image], list[str]]) -> float:
    """The share of symbols of a level that a decoder reads with this damage.

    Decoders see things in ruins (a corner passes for a Micro QR symbol); that is no reading. To
    read another code would be one, and fails.
    """
    pixels, damage = DAMAGES[name]
    dice = random.Random(f"{name} {level}")
    right = 0
    for code in fixed_codes(SYMBOLS):
        texts = read(damage(drawn(press(PREFIX, level).symbol(code), pixels), dice))
        codes = {parse(text) for text in texts if looks_like(text)}
        assert codes <= {code}, f"{name}, {level}: {code} was read as {codes}"
        right += PREFIX + code in texts
    return right / SYMBOLS


def table() -> str:
    """The table in Markdown."""
    head = [f"{decoder}, {level}" for decoder in ("zxing-cpp", "OpenCV") for level in LEVELS]
    lines = [f"| damage | {' | '.join(head)} |", "|---" * (len(head) + 1) + "|"]
    for name in DAMAGES:
        shares = [
            share_read(name, level, read) for read in (by_zxing, by_opencv) for level in LEVELS
        ]
        lines.append(f"| {name} | {' | '.join(f'{share:.0%}' for share in shares)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    made = table()
    print(made)
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(before + BEGIN + made + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
