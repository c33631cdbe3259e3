"""What a person typed: whole, or refused with both lengths."""

from __future__ import annotations

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.texts import few_enough, fitting
from tracker.errors import TooLong


@given(st.text(max_size=40), st.integers(0, 40))
def test_a_text_is_whole_or_refused(text: str, most: int) -> None:
    whole = normalize("NFC", text.strip().replace("\r\n", "\n"))
    if len(whole) <= most:
        assert fitting(text, most, "note") == whole
        return
    with pytest.raises(TooLong) as refusal:
        fitting(text, most, "note")
    assert (refusal.value.extra["many"], refusal.value.extra["most"]) == (len(whole), most)


def test_nothing_is_an_empty_text() -> None:
    assert fitting(None, 0, "note") == ""


def test_the_refusal_says_which_text_and_by_how_much() -> None:
    with pytest.raises(TooLong) as refusal:
        fitting("The lorry\nstood in the yard overnight; " * 9, 100, "circumstances")
    assert refusal.value.in_words() == (
        "“The lorry stood in the yard ov…” has 350 characters; at most 100 can be kept."
    )
    assert refusal.value.extra["field"] == "circumstances"


def test_more_than_can_be_taken_is_refused() -> None:
    few_enough(3, 3, "item")
    with pytest.raises(TooLong, match="4 were chosen; at most 3"):
        few_enough(4, 3, "item")
