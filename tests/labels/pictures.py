"""The pictures of docs/labels.md: `python -m tests.labels.pictures` draws them anew."""

from __future__ import annotations

import io
from pathlib import Path

import pypdfium2
from PIL import Image, ImageOps

from labels import (
    L7160,
    CrateLabel,
    KitLabel,
    Label,
    LocationLabel,
    SmallLabel,
    picture_of,
    stock_named,
    write_calibration,
    write_pdf,
)
from tests.labels.reading import HOST, fixed_codes

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "labels"
CODES = fixed_codes(30, seed=7)
LONG = (
    "Портативна електростанція з сонячною панеллю та акумулятором",
    "Portable power station with solar panel and battery pack",
)
STARLINK = ("Комплект Starlink Standard", "Starlink Standard kit")
CRATE = ("Комплект Starlink Standard, 20 шт.", "Starlink Standard kit, 20 pcs")

# File -> the label, the stock, dots per inch.
LABELS: dict[str, tuple[Label, str, int]] = {
    "kit": (KitLabel(CODES[0], HOST, *STARLINK), "Avery L7160", 203),
    "kit-long": (KitLabel(CODES[1], HOST, *LONG), "Avery L7160", 203),
    "blank": (KitLabel(CODES[2], HOST), "Avery L7160", 203),
    "small": (SmallLabel(CODES[3], HOST), "Avery Zweckform L4731", 300),
    "crate": (CrateLabel(CODES[4], HOST, *CRATE, 3, 12), "Zebra 100x150", 100),
    "location": (
        LocationLabel(CODES[5], HOST, "Склад, Львів: стелаж 14", "Lviv warehouse: shelf 14"),
        "Avery L7163",
        150,
    ),
}


def pictures() -> dict[str, Image.Image]:
    """Every picture by its name, without its ending."""
    made: dict[str, Image.Image] = {
        name: ImageOps.expand(picture_of(label, stock_named(stock), dpi).convert("L"), 1, 128)
        for name, (label, stock, dpi) in LABELS.items()
    }
    sheet, page = io.BytesIO(), io.BytesIO()
    write_pdf([KitLabel(code, HOST, *STARLINK) for code in CODES[:17]], L7160, sheet, start=5)
    write_calibration(L7160, page)
    made["sheet"], made["calibration"] = first_page(sheet), first_page(page)
    return made


def first_page(pdf: io.BytesIO) -> Image.Image:
    with pypdfium2.PdfDocument(pdf.getvalue()) as document:
        page = document[0].render(scale=0.8, grayscale=True).to_pil().convert("L")
    return ImageOps.expand(page, 1, 128)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures().items():
        picture.convert("P", colors=16).save(FOLDER / f"{name}.png", optimize=True)
        print(name, picture.size, (FOLDER / f"{name}.png").stat().st_size)


if __name__ == "__main__":
    main()
