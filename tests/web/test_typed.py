"""What the fields of forms make of what a browser sends."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask

from tracker.errors import InvalidValue, TooLong
from tracker.schemas import typed
from tracker.web.frame import forms


class Everything(typed.Form):
    """One of each."""

    words, maybe = typed.Words(5), typed.Maybe(5)
    parts, lines = typed.Parts(3), typed.Lines(3)
    several = typed.Several(3, limit=2)
    word, token = typed.Word(), typed.Token()
    whole = typed.Whole()
    day = typed.Day()
    yes, ticked = typed.Yes(), typed.Ticked()
    renamed = typed.Word(data_key="as")


NOTHING: dict[str, Any] = {
    "words": "", "maybe": None, "parts": [], "lines": (), "several": [], "word": "", "token": "",
    "whole": None, "day": None, "yes": False, "ticked": False, "renamed": "",
}  # fmt: skip


def said(form: dict[str, Any]) -> dict[str, Any]:
    app = Flask(__name__)
    with app.test_request_context("/", method="POST", data=form):
        return forms.said(Everything)


def test_a_form_that_says_nothing_says_nothing_of_every_field() -> None:
    assert said({}) == NOTHING
    assert said({"csrf_token": "x", "words": "  ", "parts": " \n "}) == NOTHING


@pytest.mark.parametrize(
    ("name", "sent", "read"),
    [
        ("words", " a b ", "a b"),
        ("maybe", "abcde", "abcde"),
        ("parts", "abc\r\nde  f", ["abc", "de", "f"]),
        ("lines", "a b\r\n\r\n c ", ("a b", "c")),
        ("several", ["a", "b"], ["a", "b"]),
        ("word", "x" * 64, "x" * 64),
        ("word", "x" * 65, ""),
        ("token", " https://example.org/d/#abc ", "abc"),
        ("token", "#" + "x" * 65, ""),
        ("whole", "0042", 42),
        ("whole", str(2**31), None),
        ("whole", "-1", None),
        ("whole", "٣", None),
        ("day", "2026-05-01", date(2026, 5, 1)),
        ("yes", "yes", True),
        ("yes", "no", False),
        ("ticked", "no", True),
        ("as", "pdf", "pdf"),
    ],
)
def test_what_is_sent_is_read(name: str, sent: Any, read: Any) -> None:
    key = "renamed" if name == "as" else name
    assert said({name: sent}) == {**NOTHING, key: read}


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("words", "abcdef"),
        ("maybe", "abcdef"),
        ("parts", "a abcd"),
        ("lines", "a\nabcd"),
        ("several", ["abcd"]),
        ("several", ["a", "b", "c"]),
    ],
)
def test_what_is_too_long_is_refused_by_name(name: str, sent: Any) -> None:
    with pytest.raises(TooLong) as refusal:
        said({name: sent})
    assert refusal.value.extra["field"] == name


def test_what_is_no_day_is_refused() -> None:
    with pytest.raises(InvalidValue, match="This is not a date"):
        said({"day": "1 May"})


def test_a_number_that_must_be_given_is_asked_for() -> None:
    class Asked(typed.Form):
        many = typed.Required()

    app = Flask(__name__)
    for sent in ("", "x", "-1"):
        with (
            app.test_request_context("/", method="POST", data={"many": sent}),
            pytest.raises(InvalidValue, match="Type a whole number"),
        ):
            forms.said(Asked)
