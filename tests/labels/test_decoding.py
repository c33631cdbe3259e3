"""Every stock x kind x language, printed, rasterised at 203 dpi, and read by two decoders."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from labels import STOCK, Stock, write_pdf
from labels.codes import parse
from labels.stock import L4731
from tests.labels.reading import KINDS, decoded, fixed_codes, rendered

DPI = 203
LANGUAGES = [
    ("Міжмережевий екран із ґанком", ""),
    ("", "Branch firewall"),
    ("Об’єднувач їжі", "Two of two"),
]
PRINTABLE = [
    (stock, kind)
    for stock in STOCK.values()
    for kind in KINDS
    if stock is not L4731 or kind == "small"  # test_layout.py: the rest is refused there
]


def by_opencv(picture: Image.Image) -> str:
    """What OpenCV reads at the first look that succeeds, as through a phone held by hand.

    Its finder overlooks one symbol in fifty, of any quality, until the picture is a little larger,
    smaller or turned.
    """
    for degrees, scale in product((0, 2, -3), (1.0, 0.8, 1.25, 1.5, 2.0)):
        look = picture.resize((round(picture.width * scale), round(picture.height * scale)))
        look = look.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=255)
        text, _, _ = cv2.QRCodeDetector().detectAndDecode(np.asarray(look))
        if text:
            return str(text)
    return ""


@pytest.mark.slow
@pytest.mark.parametrize(("stock", "kind"), PRINTABLE, ids=lambda one: getattr(one, "name", one))
def test_every_label_is_read_by_two_decoders(stock: Stock, kind: str, tmp_path: Path) -> None:
    codes = fixed_codes(3)
    labels = [KINDS[kind](code, *names) for code, names in zip(codes, LANGUAGES, strict=True)]
    write_pdf(labels, stock, tmp_path / "out.pdf")
    pages = rendered(tmp_path / "out.pdf", DPI)
    places = list(stock.places())
    for number, code in enumerate(codes):
        page, place = divmod(number, stock.per_page)
        x, y = places[place]
        box = (x, y, x + stock.width, y + stock.height)
        picture = pages[page].crop(tuple(round(mm * DPI / 25.4) for mm in box))  # type: ignore[arg-type]
        (text,) = decoded(picture)
        assert parse(text) == code
        assert by_opencv(picture) == text
