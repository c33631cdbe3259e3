"""Paper as it is: copies, printers that miss, the page that shows by how much, kept profiles."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from labels import L7160, STOCK, Stock, write_pdf
from labels.calibration import write_calibration
from labels.profiles import Profile, ProfileError, keep_profile, measured, read_profiles
from tests.labels.reading import addresses, decoded, kit_labels, rendered, text_of


def black_box(picture: Image.Image) -> tuple[int, int, int, int]:
    box = ImageChops.invert(picture).point(lambda ink: 255 if ink > 100 else 0).getbbox()
    assert box is not None
    return box


def test_copies_come_one_after_the_other(tmp_path: Path) -> None:
    labels = kit_labels(3)
    write_pdf(labels, L7160, tmp_path / "out.pdf", copies=2)
    twice = [address for address in addresses(labels) for _ in range(2)]
    assert decoded(rendered(tmp_path / "out.pdf")[0]) == twice


def test_no_copies_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="0 copies"):
        write_pdf(kit_labels(1), L7160, tmp_path / "out.pdf", copies=0)


def test_every_page_is_nudged_and_stretched(tmp_path: Path) -> None:
    labels = kit_labels(42)
    write_pdf(labels, L7160, tmp_path / "straight.pdf")
    write_pdf(labels, L7160, tmp_path / "moved.pdf", nudge=(2.0, -3.0), scale=(1.01, 0.98))
    dots = 200 / 25.4
    for straight, moved in zip(
        rendered(tmp_path / "straight.pdf", 200), rendered(tmp_path / "moved.pdf", 200), strict=True
    ):
        left, top, right, bottom = black_box(straight)
        across = [edge * 1.01 + 2 * dots for edge in (left, right)]
        down = [edge * 0.98 - 3 * dots for edge in (top, bottom)]
        assert black_box(moved)[::2] == pytest.approx(across, abs=1.6)
        assert black_box(moved)[1::2] == pytest.approx(down, abs=1.6)


@pytest.mark.parametrize("stock", STOCK.values(), ids=lambda stock: stock.name)
def test_the_calibration_page_outlines_every_label(stock: Stock, tmp_path: Path) -> None:
    write_calibration(stock, tmp_path / "page.pdf")
    (page,) = rendered(tmp_path / "page.pdf", 254)  # ten dots a millimetre
    for x, y in stock.places():
        for corner_x in (x, x + stock.width):
            for corner_y in (y, y + stock.height):
                spot = (int(corner_x * 10) - 4, int(corner_y * 10) - 4)
                box = (max(0, spot[0]), max(0, spot[1]), spot[0] + 10, spot[1] + 10)
                assert min(page.crop(box).tobytes()) < 128, (corner_x, corner_y)


def test_the_calibration_page_says_what_to_do_in_both_languages(tmp_path: Path) -> None:
    write_calibration(L7160, tmp_path / "page.pdf")
    text = " ".join(text_of(tmp_path / "page.pdf").split())
    assert "Виміряйте обидві лінійки" in text
    assert "Measure both rulers" in text
    assert "100 mm" in text


def test_a_measured_printer_prints_straight_again(tmp_path: Path) -> None:
    """A printer that shrinks to 98 % and pulls paper in 2 mm too far is mended by its profile."""
    misses = {"nudge": (2.0, 1.0), "scale": (0.98, 0.98)}
    mended = measured("office", right=2.0, down=1.0, ruler_x=98.0, ruler_y=98.0)
    assert mended.scale == pytest.approx((1 / 0.98, 1 / 0.98))
    straight, corrected = io.BytesIO(), io.BytesIO()
    write_calibration(L7160, straight)
    write_calibration(L7160, corrected, nudge=mended.nudge, scale=mended.scale)
    (tmp_path / "a.pdf").write_bytes(straight.getvalue())
    (tmp_path / "b.pdf").write_bytes(corrected.getvalue())
    wanted = black_box(rendered(tmp_path / "a.pdf", 200)[0])
    sent = black_box(rendered(tmp_path / "b.pdf", 200)[0])
    dots = 200 / 25.4
    printed = [
        edge * misses["scale"][0] + misses["nudge"][number % 2] * dots
        for number, edge in enumerate(sent)
    ]
    assert printed == pytest.approx(wanted, abs=2)


def test_profiles_are_kept_by_name_and_replaced(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "printers.json"
    assert read_profiles(file) == {}
    zebra = Profile("Zebra на складі", dpi=203, address="10.0.0.7:9100")
    for profile in (Profile("office", 1.0), zebra, Profile("office", -0.5, 0.25, 1.01, 0.99)):
        keep_profile(file, profile)
    assert read_profiles(file) == {
        "office": Profile("office", -0.5, 0.25, 1.01, 0.99),
        "Zebra на складі": zebra,
    }
    assert [path.name for path in file.parent.iterdir()] == ["printers.json"]


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("not json", "printers.json"),
        ('{"a": {"nudge_x": "far"}}', "nudge_x is 'far', not a number"),
        ('{"a": {"nudge_x": 11}}', "more than 10 mm"),
        ('{"a": {"scale_y": 2}}', "scale_y is not between"),
        ('{"a": {"dpi": 7}}', "dpi is not between"),
        ('{"a": {"speed": 7}}', "speed"),
        ("[1]", "printers.json"),
    ],
)
def test_a_file_of_profiles_that_cannot_be_is_refused(
    tmp_path: Path, written: str, complaint: str
) -> None:
    (tmp_path / "printers.json").write_text(written, encoding="utf-8")
    with pytest.raises(ProfileError, match=complaint):
        read_profiles(tmp_path / "printers.json")


def test_a_ruler_without_length_is_refused() -> None:
    with pytest.raises(ProfileError, match="cannot be 0 mm"):
        measured("office", 0, 0, ruler_x=0)
