"""Films for a camera that is not there: our own labels, held before it by an unsteady hand.

Chromium plays such a file as its camera: JPEGs one after another, thirty a second, over and over.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from labels import L7160, KitLabel, picture_of

SIZE = (1280, 720)
RATE = 30  # pictures a second
HOST = "kit.example"
NAMES = "Комплект Starlink Standard", "Starlink Standard kit"


def scene(codes: Sequence[str], second: float = 0, size: tuple[int, int] = SIZE) -> Image.Image:
    """What a camera sees of the labels of `codes`, side by side, at this moment."""
    picture = Image.new("L", size, 120)
    for number, code in enumerate(codes):
        label = picture_of(KitLabel(code, HOST, *NAMES), L7160).convert("L")
        turned = label.rotate(3 * math.sin(2 * second), expand=True, fillcolor=120)
        left = 40 + 620 * number + round(12 * math.sin(3 * second))
        picture.paste(turned, (left, 180 + round(9 * math.cos(2 * second))))
    return picture


def film(path: Path, shots: Sequence[tuple[float, Sequence[str]]]) -> Path:
    """Write what is in view for how many seconds, shot after shot."""
    with path.open("wb") as out:
        number = 0
        for seconds, codes in shots:
            for _ in range(round(seconds * RATE)):
                out.write(_jpeg(scene(codes, number / RATE)))
                number += 1
    return path


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=80)
    return out.getvalue()
