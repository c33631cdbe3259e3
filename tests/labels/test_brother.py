"""Brother's rows of dots, read back as a picture by the package's own reader and decoded."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from brother_ql.reader import BrotherQLReader
from PIL import Image, ImageChops

from labels import address, picture_of, stock_named
from labels.brother import ROLLS, BrotherError, brother_job, printable
from tests.labels.reading import HOST, KINDS, NAMES, decoded, fixed_codes


def printed(job: bytes, folder: Path) -> list[Image.Image]:
    """The pages of a job as they come out of the printer."""
    reader = BrotherQLReader(io.BytesIO(job))
    reader.filename_fmt = str(folder / "{counter:04d}.png")
    reader.analyse()
    return [Image.open(file).convert("L") for file in sorted(folder.glob("*.png"))]


@pytest.mark.parametrize("roll", ROLLS)
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_label_reads_on_each_roll(roll: str, kind: str, tmp_path: Path) -> None:
    code, stock = fixed_codes(1)[0], stock_named(roll)
    label = KINDS[kind](code, *NAMES[3])
    [job] = brother_job([label], stock)
    [page] = printed(job, tmp_path)
    assert decoded(page) == [address(code, HOST)]


def test_no_dot_is_cut_off_or_scaled(tmp_path: Path) -> None:
    stock = stock_named("Brother 62x100")
    label = KINDS["kit"](fixed_codes(1)[0], *NAMES[0])
    [page] = printed(next(brother_job([label], stock)), tmp_path)
    wanted = picture_of(label, printable(stock), 300).convert("L")
    ink, drawn = ImageChops.invert(page).getbbox(), ImageChops.invert(wanted).getbbox()
    assert ink is not None
    assert drawn is not None
    assert ImageChops.difference(page.crop(ink), wanted.crop(drawn)).getbbox() is None


def test_a_label_is_a_job_of_its_own_with_its_copies(tmp_path: Path) -> None:
    labels = [KINDS["kit"](code, *NAMES[0]) for code in fixed_codes(3)]
    jobs = list(brother_job(labels, stock_named("Brother 29x90"), copies=2))
    assert len(jobs) == 3
    assert len(printed(jobs[0], tmp_path)) == 2


def test_what_the_printer_does_not_know_is_refused() -> None:
    label = KINDS["kit"](fixed_codes(1)[0], *NAMES[0])
    with pytest.raises(BrotherError, match="Brother printers have no Avery L7160; they have "):
        next(brother_job([label], stock_named("Avery L7160")))
    with pytest.raises(BrotherError, match="no Brother printer 'QL-1'"):
        next(brother_job([label], stock_named("Brother 29x90"), "QL-1"))
    with pytest.raises(ValueError, match="1 to 999 copies"):
        next(brother_job([label], stock_named("Brother 29x90"), copies=0))


def test_without_the_package_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "brother_ql.models", None)
    with pytest.raises(BrotherError, match=r"pip install 'kittrail\[brother\]'"):
        next(brother_job([], stock_named("Brother 29x90")))
