"""Labels for Zebra and others that understand ZPL II: a picture for each, nothing to interpret.

Text never reaches the printer's language: whatever a product is called, a label stays one label.
`^GFA` and its Z64 encoding are described in Zebra's ZPL II Programming Guide.
"""

from __future__ import annotations

import base64
import zlib
from binascii import crc_hqx
from collections.abc import Iterable, Iterator

from PIL import ImageChops

from labels.kinds import Label
from labels.raster import picture_of
from labels.stock import Stock

MOST_COPIES = 99_999_999  # what ^PQ takes


def zpl_of(label: Label, stock: Stock, dpi: int = 203, copies: int = 1) -> str:
    """One label, from `^XA` to `^XZ`, ASCII.

    Raises LayoutError where it could not be read in whole dots, ValueError for an impossible
    number of copies.
    """
    if not 1 <= copies <= MOST_COPIES:
        raise ValueError(f"A printer makes 1 to {MOST_COPIES:,} copies, not {copies}.")
    picture = picture_of(label, stock, dpi)
    black_is_one = ImageChops.invert(picture).tobytes()
    row = (picture.width + 7) // 8
    packed = base64.b64encode(zlib.compress(black_is_one, 9))
    size = len(black_is_one)
    graphic = f"^GFA,{size},{size},{row},:Z64:{packed.decode()}:{crc_hqx(packed, 0):04X}"
    page = f"^PW{picture.width}^LL{picture.height}^LH0,0"
    return f"^XA{page}^FO0,0{graphic}^FS^PQ{copies}^XZ\n"


def zpl_job(
    labels: Iterable[Label], stock: Stock, dpi: int = 203, copies: int = 1
) -> Iterator[bytes]:
    """Each label as the bytes to send, in order."""
    return (zpl_of(label, stock, dpi, copies).encode("ascii") for label in labels)
