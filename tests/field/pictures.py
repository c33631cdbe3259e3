"""The pictures of the field guide: `python -m tests.field.pictures` draws them into docs/."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import BrowserType

from tests.field.phones import BrowserPhone
from tests.field.screens import walk
from tests.house.parts import ROOT
from tests.web.browsing import serving
from tests.web.conftest import World

FOLDER = ROOT / "docs" / "pictures"
STRIPS = {"scanning": ("enrol", "home", "kept"), "handing-over": ("pair", "signed", "sent")}
LOCALES = ("uk", "en")
GAP, COLOURS = 16, 64


def name_of(strip: str, locale: str) -> str:
    """The file of a strip of screens."""
    return f"field-{strip}-{locale}.png"


def draw(world: World, kind: BrowserType, folder: Path) -> Iterator[tuple[str, bytes]]:
    """(file name, PNG) of every picture: three screens beside each other."""
    with serving(world.app) as address:
        for turn, locale in enumerate(LOCALES):  # what was handed over is not there any more
            phone = BrowserPhone(kind, folder / f"phone-{locale}", address)
            wanted = {name for names in STRIPS.values() for name in names}
            screens = {
                name: Image.open(io.BytesIO(phone.page.screenshot()))
                for name in walk(world, phone, locale, first=6 + 2 * turn)
                if name in wanted
            }
            phone.close()
            for strip, names in STRIPS.items():
                yield name_of(strip, locale), _beside([screens[name] for name in names])


def _beside(screens: list[Image.Image]) -> bytes:
    wide = sum(one.width for one in screens) + GAP * (len(screens) + 1)
    whole = Image.new("RGB", (wide, screens[0].height + 2 * GAP), (200, 206, 212))
    left = GAP
    for one in screens:
        whole.paste(one, (left, GAP))
        left += one.width + GAP
    out = io.BytesIO()
    few = whole.quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(out, "PNG", optimize=True)
    return out.getvalue()


def main() -> int:
    """Draw them anew; the exit status."""
    from playwright.sync_api import sync_playwright

    from tests.conftest import _migrate
    from tests.web.conftest import make_world

    with TemporaryDirectory(prefix="kittrail-") as name, sync_playwright() as playwright:
        folder = Path(name)
        _migrate(folder)
        for file, content in draw(make_world(folder), playwright.chromium, folder):
            (FOLDER / file).write_bytes(content)
            print(f"{file}: {len(content):,} bytes", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
