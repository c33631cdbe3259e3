"""The field guide: its pictures are drawn by this test, its two pages say the same."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Browser

from tests.field import pictures
from tests.house.parts import ROOT
from tests.web.conftest import make_world

GUIDE = ROOT / "docs" / "field-guide.md"
LARGEST = 200_000  # bytes
ALIKE = 24  # of 255, on average and coarsely: codes, dates and typefaces differ


def coarse(content: bytes) -> Image.Image:
    with Image.open(io.BytesIO(content)) as picture:
        return picture.convert("L").resize((48, 32))


@pytest.mark.browser
def test_the_pictures_show_the_app_as_it_is(
    sqlite_template: Path, tmp_path: Path, chromium: Browser
) -> None:
    shutil.copy(sqlite_template, tmp_path / "tracker.sqlite")
    world = make_world(tmp_path)
    drawn = dict(pictures.draw(world, chromium.browser_type, tmp_path))
    assert len(drawn) == 4
    for name, content in drawn.items():
        kept = (pictures.FOLDER / name).read_bytes()
        assert max(len(kept), len(content)) < LARGEST, name
        with Image.open(io.BytesIO(kept)) as old, Image.open(io.BytesIO(content)) as new:
            assert old.size == new.size, name
        [apart] = ImageStat.Stat(ImageChops.difference(coarse(kept), coarse(content))).mean
        assert apart < ALIKE, f"{name} is of an older app: python -m tests.field.pictures"


def test_two_pages_say_the_same_in_two_languages() -> None:
    ours, theirs = GUIDE.read_text(encoding="utf-8").split("\n---\n")
    shapes = [
        [line[0] if line.startswith(("#", "!")) else "p" for line in page.split("\n") if line]
        for page in (ours, theirs)
    ]
    assert shapes[0] == shapes[1]
    assert re.findall(r"field-([\w-]+)-uk\.png", ours) == re.findall(
        r"field-([\w-]+)-en\.png", theirs
    )
    for page in (ours, theirs):
        assert len(page.split()) < 500  # a page each, with its pictures


def test_the_guide_and_the_ukrainian_readme_lead_to_what_exists() -> None:
    for file in (GUIDE, ROOT / "README.uk.md"):
        for target in re.findall(r"\]\(([^)#]+)\)", file.read_text(encoding="utf-8")):
            assert (file.parent / target).exists(), target
    assert "README.uk.md" in (ROOT / "README.md").read_text(encoding="utf-8")
