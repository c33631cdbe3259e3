"""Signed lines held against the ledger: every line is answered for, once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.booked_acts import BOOKED, Doubt, Named, balance
from tracker.domain.gtin import is_gtin

CODES = [f"EXCODE{number}" for number in range(8)]
KINDS = ["fits", "gap", "repeat", "misfit", "void", "outside"]
names = st.dictionaries(
    st.sampled_from(CODES),
    st.one_of(
        st.integers(1, 4).map(Named),
        st.just(Named(box="EXBOX")),
        st.just(Named(product=True)),
    ),
)


@given(
    st.lists(st.sampled_from(CODES), max_size=12),
    names,
    st.dictionaries(st.integers(1, 4), st.sets(st.sampled_from(KINDS))),
    st.sets(st.integers(1, 6)),
)
def test_each_line_is_booked_once_or_says_why_not(
    codes: list[str],
    named: dict[str, Named],
    verdicts: dict[int, set[str]],
    boxed: set[int],
) -> None:
    told = balance(codes, named, verdicts, boxed)
    assert [line.code for line in told.lines] == codes
    assert len(told.booked) + len(told.unbooked) == len(codes)
    booked = [line.item for line in told.booked]
    assert len(booked) == len(set(booked))
    signed = {named[code].item for code in codes if code in named} - {None}
    assert set(booked) == {item for item in signed if item and verdicts.get(item, set()) & BOOKED}
    assert set(told.unsigned) == boxed - signed
    for _, line in told.unbooked:
        assert (line.item is None) == (line.doubt in (Doubt.UNKNOWN, Doubt.PRODUCT, Doubt.BOX))
        assert (line.same_as is not None) == (line.doubt is Doubt.TWICE)
    assert told.is_whole == (not told.unbooked and not told.unsigned)


@pytest.mark.parametrize(
    ("verdicts", "doubt"),
    [
        ({"fits"}, None),
        ({"fits", "repeat"}, None),
        ({"misfit", "repeat"}, Doubt.OTHER_ACT),
        ({"misfit", "void"}, Doubt.MISFIT),
        ({"void"}, Doubt.WRONG),
        (set(), Doubt.UNSCANNED),
    ],
)
def test_what_the_fold_says_of_its_scans_books_a_line(
    verdicts: set[str], doubt: Doubt | None
) -> None:
    [line] = balance(["EXCODE1"], {"EXCODE1": Named(1)}, {1: verdicts}).lines
    assert line.doubt is doubt


@pytest.mark.parametrize(("counted", "wrong"), [(None, None), (1, None), (14, 14), (0, 0)])
def test_the_number_that_was_signed_for_is_that_of_the_lines(
    counted: int | None, wrong: int | None
) -> None:
    told = balance(["EXCODE1"], {"EXCODE1": Named(1)}, {1: {"fits"}}, counted=counted)
    assert (told.miscounted, told.is_whole) == (wrong, wrong is None)


@pytest.mark.parametrize(
    "code", ["96385074", "012345678905", "4006381333931", "14006381333938", "0012345678905"]
)
def test_a_product_s_barcode_is_told_from_a_number(code: str) -> None:
    assert is_gtin(code)
    wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
    for other in (wrong, code + "00000", f"EX{code}", code[:-1] + "X", "", "490154203237518"):
        assert not is_gtin(other)
