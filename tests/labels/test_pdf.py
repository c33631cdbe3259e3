"""The sheet of labels: every label decodes, in its place, and the file is what we say it is."""

from __future__ import annotations

import io
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pypdfium2
import pytest
from PIL import ImageChops

from labels import L7160, KitLabel, new_code, show, write_pdf
from tests.labels.reading import HOST, addresses, decoded, kit_labels, rendered, text_of

DPI = 203


def pixels(left: float, top: float, right: float, bottom: float) -> tuple[int, int, int, int]:
    """A box in mm as a box in pixels."""
    box = (round(mm * DPI / 25.4) for mm in (left, top, right, bottom))
    return (next(box), next(box), next(box), next(box))


def test_every_label_of_two_pages_decodes_to_its_code_in_its_place(tmp_path: Path) -> None:
    labels = kit_labels(37)
    assert write_pdf(labels, L7160, tmp_path / "sheet.pdf") == 2
    pages = rendered(tmp_path / "sheet.pdf", DPI)
    assert decoded(pages[0]) + decoded(pages[1]) == addresses(labels)
    for page, first in ((pages[0], 0), (pages[1], 21)):
        for (x, y), label in zip(L7160.places(), labels[first : first + 21], strict=False):
            box = (x, y, x + L7160.width, y + L7160.height)
            assert decoded(page.crop(pixels(*box))) == addresses([label])


def test_nothing_is_printed_outside_the_labels(tmp_path: Path) -> None:
    write_pdf(kit_labels(21), L7160, tmp_path / "sheet.pdf")
    page = rendered(tmp_path / "sheet.pdf", DPI)[0]
    for x, y in L7160.places():
        box = (x + 1, y + 1, x + L7160.width - 1, y + L7160.height - 1)
        page.paste(255, pixels(*box))
    assert page.getextrema() == (255, 255)


def test_a_part_used_sheet_is_used_on(tmp_path: Path) -> None:
    labels = kit_labels(5)
    assert write_pdf(labels, L7160, tmp_path / "sheet.pdf", start=20) == 2
    pages = rendered(tmp_path / "sheet.pdf")
    assert decoded(pages[0]) == addresses(labels[:2])
    assert decoded(pages[1]) == addresses(labels[2:])


@pytest.mark.parametrize("start", [0, 22, -1])
def test_a_place_off_the_sheet_is_refused(tmp_path: Path, start: int) -> None:
    with pytest.raises(ValueError, match="places 1 to 21"):
        write_pdf(kit_labels(1), L7160, tmp_path / "sheet.pdf", start=start)


def test_a_nudge_moves_everything_right_and_down(tmp_path: Path) -> None:
    labels = kit_labels(3)
    write_pdf(labels, L7160, tmp_path / "straight.pdf")
    write_pdf(labels, L7160, tmp_path / "nudged.pdf", nudge=(2.54, 5.08))
    straight, nudged = (
        rendered(tmp_path / name, 100)[0] for name in ("straight.pdf", "nudged.pdf")
    )
    moved = ImageChops.offset(straight, 10, 20)
    assert max(ImageChops.difference(moved, nudged).tobytes()) < 40


def test_the_same_labels_make_the_same_bytes(tmp_path: Path) -> None:
    labels = kit_labels(25)
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        write_pdf(labels, L7160, file)
    assert files[0].getvalue() == files[1].getvalue()


def test_documents_drawn_at_the_same_time_do_not_disturb_each_other() -> None:
    def drawn(count: int) -> bytes:
        out = io.BytesIO()
        write_pdf(kit_labels(count), L7160, out)
        return out.getvalue()

    counts = [number % 12 + 1 for number in range(48)]
    alone = {count: drawn(count) for count in set(counts)}
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as pool:
            together = list(pool.map(drawn, counts))
    finally:
        sys.setswitchinterval(usual)
    assert together == [alone[count] for count in counts]


def test_the_text_can_be_copied_and_searched(tmp_path: Path) -> None:
    label = KitLabel(new_code(), HOST, "Ґанок із їжаком, що є п’ятим", "A porch")
    write_pdf([label], L7160, tmp_path / "sheet.pdf")
    text = " ".join(text_of(tmp_path / "sheet.pdf").split())
    assert "Ґанок із їжаком, що є п’ятим" in text
    assert "A porch" in text
    assert show(label.code) in text


def test_the_document_has_a_title_and_a_language_and_asks_not_to_be_scaled(tmp_path: Path) -> None:
    write_pdf(kit_labels(1), L7160, tmp_path / "sheet.pdf", title="PL-2022-11")
    with pypdfium2.PdfDocument(tmp_path / "sheet.pdf") as document:
        assert document.get_metadata_dict()["Title"] == "PL-2022-11"
    written = (tmp_path / "sheet.pdf").read_bytes()
    assert b"/Lang (uk)" in written
    assert b"/PrintScaling /None" in written


def test_all_type_is_embedded(tmp_path: Path) -> None:
    write_pdf(kit_labels(1), L7160, tmp_path / "sheet.pdf")
    written = (tmp_path / "sheet.pdf").read_bytes()
    assert b"Helvetica" not in written
    assert written.count(b"/FontFile2") >= 1


def test_progress_is_told_page_by_page(tmp_path: Path) -> None:
    told: list[int] = []
    write_pdf(kit_labels(50), L7160, tmp_path / "sheet.pdf", progress=told.append)
    assert told == [21, 42, 50]


def test_labels_may_come_one_by_one(tmp_path: Path) -> None:
    assert write_pdf(iter(kit_labels(3)), L7160, tmp_path / "sheet.pdf") == 1


def test_no_labels_make_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no labels"):
        write_pdf([], L7160, tmp_path / "sheet.pdf")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_half_way_leaves_the_old_file_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "sheet.pdf").write_text("the old one")
    broken = [*kit_labels(30), KitLabel(new_code(), "хост")]
    with pytest.raises(ValueError, match="cannot stand in a symbol"):
        write_pdf(broken, L7160, tmp_path / "sheet.pdf")
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.pdf"]
    assert (tmp_path / "sheet.pdf").read_text() == "the old one"
