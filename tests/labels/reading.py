"""Look at what was printed through somebody else's eyes: pdfium renders, zxing-cpp decodes."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pypdfium2
import zxingcpp
from PIL import Image

from labels.codes import LETTERS, address, check_letter
from labels.kinds import CrateLabel, KitLabel, Label, LocationLabel, SmallLabel

HOST = "kits.example"
NAMES = [
    ("Комплект Starlink Standard", "Starlink Standard kit"),
    ("Міжмережевий екран", "Branch firewall"),
    ("", ""),
    ("Об’єднувальний ґанковий пристрій із їжаковою ємністю", "Є і ї ґ ’ in one long name"),
    ("Джерело безперебійного електроживлення " * 4, "Uninterruptible power supply " * 6),
    ("Донаукововисокотехнологічноелектроенергетичний", "W" * 90),
]


# Each kind of label with names in these two languages; an empty one leaves a language out.
KINDS: dict[str, Callable[[str, str, str], Label]] = {
    "kit": lambda code, uk, en: KitLabel(code, HOST, uk, en),
    "small": lambda code, _uk, _en: SmallLabel(code, HOST),
    "crate": lambda code, uk, en: CrateLabel(code, HOST, uk, en, 3, 12),
    "location": lambda code, uk, en: LocationLabel(code, HOST, uk, en),
}


def fixed_codes(count: int, seed: int = 1) -> list[str]:
    """The same codes in every run: that a decoder finds a symbol must not be luck."""
    dice = random.Random(seed)
    tens = ("".join(dice.choices(LETTERS, k=10)) for _ in range(count))
    return [ten + check_letter(ten) for ten in tens]


def kit_labels(count: int) -> list[KitLabel]:
    """Labels with, in turn, each of NAMES."""
    return [
        KitLabel(code, HOST, *NAMES[number % len(NAMES)])
        for number, code in enumerate(fixed_codes(count, seed=3))
    ]


def addresses(labels: Sequence[Label]) -> list[str]:
    return [address(label.code, label.host, label.company_prefix) for label in labels]


def rendered(pdf: Path, dpi: int = 203) -> list[Image.Image]:
    """Each page as a grey picture."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [
            page.render(scale=dpi / 72, grayscale=True).to_pil().convert("L") for page in document
        ]
    finally:
        document.close()


def text_of(pdf: Path) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()


def symbols_in(picture: Image.Image) -> list[zxingcpp.Barcode]:
    """The QR symbols that zxing-cpp sees, in no order."""
    # Kept in a constant, its list of formats outlives the library, which complains at the end.
    only = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    return list(zxingcpp.read_barcodes(picture, formats=only))


def decoded(picture: Image.Image) -> list[str]:
    """What the symbols in a picture hold, row by row from the top left."""
    found = sorted(symbols_in(picture), key=lambda one: one.position.top_left.y)
    rows: list[list[zxingcpp.Barcode]] = []
    for one in found:
        last = rows[-1][0].position if rows else None
        if last and one.position.top_left.y < (last.top_left.y + last.bottom_left.y) / 2:
            rows[-1].append(one)
        else:
            rows.append([one])
    return [
        one.text for row in rows for one in sorted(row, key=lambda one: one.position.top_left.x)
    ]
