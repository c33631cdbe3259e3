"""Identifiers: what people, scanners and spreadsheets make of them, and the one form kept."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tracker.domain import identifiers
from tracker.domain.identifiers import (
    SCHEMES,
    IdentifierError,
    guess,
    lookup_key,
    mask,
    normalise,
    search_key,
    tidy,
)

IMEI = "490154203237518"  # the example of 3GPP TS 23.003
UTID = "UT01000000-00ABCDEF-00XYZ123"


@pytest.mark.parametrize(
    ("scheme", "written", "kept"),
    [
        ("kit", "kitex0000012", "KITEX0000012"),
        ("kit", "  KITEX0000012\u00a0", "KITEX0000012"),
        ("kit", "КІТЕХ0000012", "KITEX0000012"),
        ("kit", "кітех 0000 012", "KITEX0000012"),
        ("kit", "лшеучццццццц".replace("ц", "1"), "KITEX1111111"),
        ("serial", "exbe7a9s5r6c", "EXBE7A9S5R6C"),
        ("serial", "12345678.0", "12345678"),
        ("serial", "EX\u2013123\u2014A", "EX-123-A"),
        ("serial", "１２３ＥＸ", "123EX"),
        ("serial", "12E3456", "12E3456"),
        ("utid", UTID.lower(), UTID),
        ("utid", UTID.lower().removeprefix("ut"), UTID),
        ("utid", UTID.replace("-", ""), UTID),
        ("imei", IMEI, IMEI),
        ("imei", "49-015420-323751-8", IMEI),
        ("imei", "490154203237518.0", IMEI),
        ("asset_tag", "інв-0012", "IHB-0012"),
        ("asset_tag", "цивільний/7", "ЦИBIЛЬHИЙ/7"),
        ("router", "Router-0100EX", "ROUTER-0100EX"),
    ],
)
def test_a_number_is_kept_in_one_form(scheme: str, written: str, kept: str) -> None:
    assert normalise(scheme, written).value == kept
    assert lookup_key(written) == kept


@pytest.mark.parametrize(
    ("written", "note"),
    [
        ("КIT12345678", identifiers.LOOK_ALIKE),
        ("KIT 12345678", identifiers.BLANKS),
        ("ЛШЕ12345678", identifiers.KEYBOARD),
    ],
)
def test_what_was_repaired_is_said(written: str, note: str) -> None:
    assert normalise("kit", written).notes == (note,)


def test_a_spreadsheets_number_is_said_to_have_lost_its_zeros() -> None:
    assert normalise("serial", "12345678.0").notes == (identifiers.SPREADSHEET,)


def test_a_clean_number_has_nothing_said_about_it() -> None:
    assert normalise("kit", " KITEX0000012 ") == ("KITEX0000012", ())


@pytest.mark.parametrize(
    ("scheme", "written", "why"),
    [
        ("kit", "KIT12", "is no kit number"),
        ("kit", "EX12345678", "is no kit number"),
        ("kit", "KITEX00O0012", "look alike"),
        ("serial", "", "empty"),
        ("serial", " \u00a0", "empty"),
        ("serial", "A1", "too short"),
        ("serial", "N/A", "stands for no number"),
        ("serial", "немає", "stands for no number"),
        ("serial", "1.23457E+14", "lost digits"),
        ("serial", "=cmd()", "equals sign"),
        ("serial", "EX\x0012", "U+0000"),
        ("serial", "EXЖ12", "cyrillic capital letter zhe"),
        ("serial", "EX😀12", "grinning face"),
        ("serial", "E" * 65, "at most 64"),
        ("utid", "01000000-00000000", "three groups of eight"),
        ("utid", "0" * 24, "three groups of eight"),
        ("imei", "490154203237519", "check digit"),
        ("imei", "49015420323751", "14 digits"),
        ("imei", "49015420323751X", "only digits"),
        ("mac", "001122334455", "no scheme"),
    ],
)
def test_what_cannot_be_a_number_is_refused_with_the_reason(
    scheme: str, written: str, why: str
) -> None:
    with pytest.raises(IdentifierError, match=re.escape(why)):
        normalise(scheme, written)


@pytest.mark.parametrize(
    ("written", "scheme"),
    [
        ("kit 12345678", "kit"),
        ("01000000-00abcdef-00000000", "utid"),
        (IMEI, "imei"),
        ("490154203237519", None),
        ("EXBE7A9S5R6C", None),
        ("HTTPS://EXAMPLE.ORG/S/7F3K9M2P4CX", None),
    ],
)
def test_the_shape_of_a_number_gives_its_scheme_away(written: str, scheme: str | None) -> None:
    assert guess(written) == scheme


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("value", ["KITEX0000012", "EXBE7A9S5R6C", "A12", "ABCD", UTID])
def test_a_mask_hides_at_least_three_quarters_of_a_number(scheme: str, value: str) -> None:
    shown = mask(scheme, value).removeprefix("KIT").removeprefix("…")
    assert value.endswith(shown)
    assert len(shown) <= len(value) / 4


NUMBERS = st.one_of(
    st.text(max_size=30),
    st.text("АВЕКМНОРСТУХІабекмнорстухіKITEXkitex0123456789 -–\u00a0.", max_size=20),
    st.from_regex(r"(KIT|КІТ|кіт|ЛШЕ)(EX|ЕХ)?[0-9]{6,12}(\.0)?", fullmatch=True),
    st.from_regex(r"(ut)?[0-9a-z]{8}-[0-9a-z]{8}-[0-9a-z]{8}", fullmatch=True),
    st.from_regex(r"[0-9]{2}-?[0-9]{6}-?[0-9]{6}-?[0-9](\.0)?", fullmatch=True),
)


@given(NUMBERS, st.sampled_from(SCHEMES))
@example("12345678.0.0", "serial")
@example("\u1e9e12", "asset_tag")
def test_the_kept_form_stays_as_it_is(written: str, scheme: str) -> None:
    try:
        kept = normalise(scheme, written).value
    except IdentifierError:
        return
    assert normalise(scheme, kept).value == kept
    assert lookup_key(written) == kept == lookup_key(kept)


@given(NUMBERS)
@example("ŉ")
@example("12345678.0.0")
def test_any_scanned_text_has_a_lookup_form_that_stays_as_it_is(written: str) -> None:
    assert lookup_key(lookup_key(written)) == lookup_key(written)


@given(st.text(st.characters(max_codepoint=0x52F, exclude_categories=["Cs"]), max_size=40))
def test_what_is_searched_and_what_is_searched_for_meet(text: str) -> None:
    assert search_key(search_key(text)) == search_key(text)
    assert search_key(text.upper()) == search_key(text)


@pytest.mark.parametrize(
    ("held", "asked"),
    [
        ("KITEX0000012", "kitex0000012"),
        ("KITEX0000012", "кітех0000"),
        ("KITEX0000012", "0000 012"),
        ("UT01000000-00ABCDEF-00XYZ123", "00000000abc"),
        ("Комплект Starlink Standard", "КОМПЛЕКТ starlink"),
        ("Вузол зв’язку", "зв'язку"),
        ("Ґанок", "ґанок"),
    ],
)
def test_a_part_of_a_text_is_found_however_it_is_written(held: str, asked: str) -> None:
    assert search_key(asked) in search_key(held)


@given(NUMBERS, st.sampled_from(SCHEMES))
def test_every_kept_number_is_found_by_searching_for_it(written: str, scheme: str) -> None:
    try:
        kept = normalise(scheme, written).value
    except IdentifierError:
        return
    assert search_key(kept) in search_key(f"7F3K9M2P4CX {kept} Starlink")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  Склад,\u00a0 Львів ", "Склад, Львів"),
        ("Вузол зв'язку", "Вузол зв’язку"),
        ("Вузол звʼязку", "Вузол зв’язку"),
        ("the donor's kit", "the donor's kit"),
        ("\ufeffone\r\n  two  ", "one\ntwo"),
        ("й", "й"),
    ],
)
def test_a_text_is_tidied_without_changing_its_words(written: str, kept: str) -> None:
    assert tidy(written) == kept


@given(st.text(max_size=40))
def test_a_tidy_text_stays_as_it_is(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)
