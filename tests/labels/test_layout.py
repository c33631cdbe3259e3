"""The layout: whatever the names, nothing overlaps, nothing leaves the label, all is legible."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labels import (
    L7160,
    STOCK,
    CodeError,
    CrateLabel,
    KitLabel,
    LayoutError,
    SmallLabel,
    Stock,
    show,
)
from labels.codes import LETTERS, check_letter
from labels.frame import FINEST, GOOD, Frame
from labels.layout import frame_of, frame_on
from labels.marks import Polygon
from labels.stock import L4731
from labels.symbol import QUIET, modules
from labels.text import ASCENT, DESCENT, ELLIPSIS, SMALLEST, Line, clean, width
from tests.labels.reading import HOST, KINDS, NAMES

Box = tuple[float, float, float, float]  # left, top, right, bottom
CODE = "7F3K9M2P4C" + check_letter("7F3K9M2P4C")


def on_l7160(uk: str, en: str) -> Frame:
    return frame_of(KitLabel(CODE, HOST, uk, en), L7160.width, L7160.height)


def box_of(line: Line) -> Box:
    top, bottom = line.y - ASCENT * line.size, line.y + DESCENT * line.size
    return (line.x, top, line.x + line.width, bottom)


def box_of_shape(shape: tuple[Polygon, ...]) -> Box:
    xs = [x for polygon in shape for x, _ in polygon]
    ys = [y for polygon in shape for _, y in polygon]
    return (min(xs), min(ys), max(xs), max(ys))


def symbol_with_quiet_zone(frame: Frame) -> Box:
    quiet, square = QUIET * frame.square.module, frame.square
    side = square.size * square.module
    return (square.x - quiet, square.y - quiet, square.x + side + quiet, square.y + side + quiet)


def overlap(one: Box, other: Box) -> bool:
    a_little = 1e-6
    across = one[0] < other[2] - a_little and other[0] < one[2] - a_little
    return across and one[1] < other[3] - a_little and other[1] < one[3] - a_little


def must_be_printable(frame: Frame) -> None:
    lines = [*frame.lines, *(part.line for part in frame.code_parts)]
    texts, symbol = [box_of(line) for line in lines], symbol_with_quiet_zone(frame)
    for box in texts:
        assert min(box[0], box[1]) >= 0.5, box
        assert box[2] <= frame.width - 0.5, box
        assert box[3] <= frame.height - 0.5, box
    assert min(symbol[:2]) > -1e-6
    assert symbol[2] <= frame.width + 1e-6
    assert symbol[3] <= frame.height + 1e-6
    boxes = [symbol, *texts, *map(box_of_shape, frame.shapes)]
    for number, box in enumerate(boxes):
        assert not any(overlap(box, other) for other in boxes[:number]), (lines, box)
    assert all(line.size >= SMALLEST for line in lines)
    assert frame.square.module >= FINEST


def names_on(frame: Frame) -> str:
    return " ".join(line.text for line in frame.lines)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stock", STOCK.values(), ids=lambda stock: stock.name)
def test_names_short_and_long_fit_every_kind_of_label_on_every_stock(
    kind: str, stock: Stock
) -> None:
    for uk, en in NAMES:
        label = KINDS[kind](CODE, uk, en)
        if stock is L4731 and kind != "small":
            with pytest.raises(LayoutError, match=r"smallest stock that would do is Avery L7651"):
                frame_on(label, stock)
        else:
            must_be_printable(frame_on(label, stock))


@pytest.mark.parametrize(("uk", "en"), NAMES)
def test_names_short_and_long_fit(uk: str, en: str) -> None:
    must_be_printable(on_l7160(uk, en))


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_names_fit(uk: str, en: str) -> None:
    must_be_printable(on_l7160(uk, en))


@given(st.lists(st.sampled_from(["ґїєі’ШЩ", "WM.", "Перетворювач"]), max_size=40))
def test_names_of_many_words_fit(words: list[str]) -> None:
    must_be_printable(on_l7160(" ".join(words), " ".join(reversed(words))))


def test_a_short_name_is_large_and_whole() -> None:
    frame = on_l7160("Комплект Starlink Standard", "Starlink Standard kit")
    assert names_on(frame) == "Комплект Starlink Standard Starlink Standard kit kits.example"
    assert frame.lines[0].size > 4


def test_a_long_name_is_smaller_before_it_is_cut() -> None:
    long = "Портативна електростанція з сонячною панеллю та акумулятором"
    frame = on_l7160(long, "Portable power station with solar panel and battery pack")
    assert long in names_on(frame)
    assert frame.lines[0].size < 4


def test_what_does_not_fit_ends_in_an_ellipsis_in_both_languages() -> None:
    frame = on_l7160("дуже довга назва " * 30, "a very long name " * 30)
    assert sum(line.text.endswith(ELLIPSIS) for line in frame.lines) == 2
    assert {line.size for line in frame.lines} == {SMALLEST}


def test_the_ukrainian_name_stands_first() -> None:
    frame = on_l7160("Генератор", "Generator")
    assert [line.text for line in frame.lines[:2]] == ["Генератор", "Generator"]


@pytest.mark.parametrize("letter", "іїєґІЇЄҐ’«»№—ʼ")
def test_the_typeface_has_what_ukrainian_needs(letter: str) -> None:
    from labels.text import font

    for weight in ("regular", "bold"):
        assert font(weight).face.charToGlyph.get(ord(letter), 0) != 0
        assert width(letter, weight) > 0


def test_control_and_invisible_characters_are_left_out() -> None:
    assert clean("Kit\x00\u202e\tA\r\n\u200bB\ud800") == "Kit A B"


def test_the_symbol_of_a_kit_is_level_q_where_that_leaves_large_modules() -> None:
    frame = frame_of(KitLabel(CODE, "a-longer-host.example"), L7160.width, L7160.height)
    assert frame.level == "Q"
    assert frame.square.module > 0.7


def test_a_level_that_costs_no_room_is_taken() -> None:
    frame = on_l7160("", "")
    assert modules(34, "Q") == modules(34, "H") == frame.square.size
    assert frame.level == "H"


def test_the_symbol_falls_to_level_m_before_its_modules_get_small() -> None:
    label = KitLabel(CODE, HOST)
    wide, low = frame_of(label, 38.1, 21.2), frame_of(label, 38.1, 19)
    assert wide.square.size == modules(34, "Q")
    assert wide.square.module >= GOOD
    assert low.level == "M"
    assert low.square.size == modules(34, "M") < wide.square.size


def test_a_crate_has_the_strongest_level() -> None:
    assert frame_of(CrateLabel(CODE, HOST), 105, 148).level == "H"


def test_a_label_that_is_too_small_is_refused_with_what_would_do() -> None:
    with pytest.raises(LayoutError, match=r"symbol 10\.9 x 10\.9 mm of the label") as caught:
        frame_on(KitLabel(CODE, HOST), L4731)
    assert "The smallest stock that would do is Avery L7651." in str(caught.value)


def test_a_host_too_long_for_any_symbol_is_refused() -> None:
    with pytest.raises(ValueError, match="too many for a symbol"):
        frame_on(KitLabel(CODE, "x" * 5000 + ".example"), L7160)


def test_a_coarse_printer_gets_modules_of_whole_dots() -> None:
    for dpi in (203, 300, 600):
        square = frame_of(KitLabel(CODE, HOST), 50, 30, dpi).square
        dots = square.module * dpi / 25.4
        assert dots == pytest.approx(round(dots))
        assert square.module >= FINEST


def test_what_a_fine_printer_can_do_a_coarse_one_may_not() -> None:
    label = SmallLabel(CODE, HOST)
    assert frame_on(label, L4731, 300).square.module == pytest.approx(4 * 25.4 / 300)
    with pytest.raises(LayoutError, match="in whole dots at 203 dpi"):
        frame_on(label, L4731, 203)


def test_the_smallest_label_holds_the_bare_code_and_larger_ones_the_address() -> None:
    label = SmallLabel(CODE, HOST)
    assert frame_on(label, L4731).bare
    assert not frame_of(label, 38.1, 21.2).bare


def test_the_place_of_the_code_has_room_for_the_widest() -> None:
    (part,) = on_l7160("", "").code_parts
    for letter in LETTERS:
        assert width(show(letter * 11), "bold") <= width(part.line.text, "bold")


def test_every_letter_of_the_code_is_printed_once_in_order() -> None:
    for kind in KINDS.values():
        label = kind(CODE, "", "")
        shown = "".join(line.text for line in frame_of(label, 60, 40).code_lines(label))
        assert shown.replace("-", "") == CODE


def test_a_code_that_is_not_canonical_makes_no_label() -> None:
    with pytest.raises(CodeError, match="not in canonical form"):
        KitLabel(show(CODE), HOST)
    with pytest.raises(CodeError, match="wrong"):
        KitLabel(CODE[::-1], HOST)


def test_a_crate_says_which_of_how_many_and_how_to_handle_it() -> None:
    frame = frame_of(CrateLabel(CODE, HOST, "Генератори", "Generators", 3, 12), 105, 148)
    assert names_on(frame) == "Коробка 3 з 12 Box 3 of 12 Генератори Generators"
    assert len(frame.shapes) == 3
    assert frame_of(CrateLabel(CODE, HOST, marks=()), 105, 148).shapes == ()


def test_a_mark_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no mark 'explosive'"):
        CrateLabel(CODE, HOST, marks=("explosive",))


def test_a_location_carries_a_pin_so_that_nobody_takes_it_for_a_kit() -> None:
    where = KINDS["location"](CODE, "Склад", "Store")
    assert len(frame_of(where, 63.5, 38.1).shapes) == 1
    assert frame_of(KINDS["kit"](CODE, "Склад", "Store"), 63.5, 38.1).shapes == ()
