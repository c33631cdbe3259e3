"""Codes in a photo, for phones that cannot read them by themselves."""

from __future__ import annotations

import io
from dataclasses import dataclass

import zxingcpp
from PIL import Image, ImageOps

from tracker.errors import InvalidValue
from tracker.services.evidence import LARGEST_PICTURE

LARGEST_PHOTO = 3_000_000
"""Bytes: a phone makes its photos small before it sends them."""

FORMATS = {
    zxingcpp.BarcodeFormat.QRCode: "qr_code",
    zxingcpp.BarcodeFormat.DataMatrix: "data_matrix",
    zxingcpp.BarcodeFormat.Code128: "code_128",
    zxingcpp.BarcodeFormat.Code39: "code_39",
    zxingcpp.BarcodeFormat.EAN13: "ean_13",
}
"""What labels and makers use, by the names that browsers give them."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """One code that was read."""

    text: str
    format: str


def symbols_in(content: bytes) -> list[Symbol]:
    """The codes in a photo, each once. Nothing of it is kept.

    Only what passes its own error correction counts. Raises InvalidValue for what is no picture,
    or too large.
    """
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as picture:
            if picture.width * picture.height > LARGEST_PICTURE:
                raise InvalidValue("A picture has at most 50 megapixels.")
            grey = ImageOps.exif_transpose(picture).convert("L")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise InvalidValue("This picture cannot be read.") from None
    found = zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormats(list(FORMATS)))
    told = [Symbol(one.text, FORMATS[one.format]) for one in found if one.text and one.valid]
    return list(dict.fromkeys(told))
