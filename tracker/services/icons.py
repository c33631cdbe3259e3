"""The app's icon as pixels: the mark on its ground, with room for a phone's own mask."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image, ImageDraw

SIZES = (180, 192, 512)
GROUND, INK = "#12456b", "#ffffff"
_FINER = 4  # drawn so much larger, then scaled down: smooth edges


@lru_cache(maxsize=len(SIZES))
def app_icon(size: int) -> bytes:
    """A PNG of `size` pixels a side: the lines of the mark as the pages draw it, on 24 units."""
    whole = size * _FINER
    picture = Image.new("RGB", (whole, whole), GROUND)
    brush = ImageDraw.Draw(picture)

    def at(x: float, y: float) -> tuple[float, float]:
        # The mark takes the middle 60 %: a mask may cut away the rest.
        return tuple((0.2 + 0.6 * part / 24) * whole for part in (x, y))  # type: ignore[return-value]

    wide = round(whole * 0.06)
    for line in (((5, 4), (5, 20)), ((5, 13), (15, 4)), ((9.5, 9.5), (17, 20))):
        ends = [at(*point) for point in line]
        brush.line(ends, fill=INK, width=wide)
        for x, y in ends:
            brush.ellipse((x - wide / 2, y - wide / 2, x + wide / 2, y + wide / 2), fill=INK)
    x, y = at(19, 20)
    brush.ellipse((x - wide, y - wide, x + wide, y + wide), fill=INK)
    out = io.BytesIO()
    picture.resize((size, size), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()
