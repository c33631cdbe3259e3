"""Codes in a photo, for phones that cannot read them by themselves."""

from __future__ import annotations

from dataclasses import dataclass

import zxingcpp

from tracker.files.decoding import decoded

LARGEST_PHOTO = 3_000_000
"""Bytes: a phone makes its photos small before it sends them."""

LONGEST_SIDE = 4000
"""Pixels: enough for a label at the end of a pallet."""

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

    Only what passes its own error correction counts. Raises what `decoded` raises.
    """
    grey = decoded(content, "L", LONGEST_SIDE)
    found = zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormats(list(FORMATS)))
    told = [Symbol(one.text, FORMATS[one.format]) for one in found if one.text and one.valid]
    return list(dict.fromkeys(told))
