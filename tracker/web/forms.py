"""What forms and addresses bring: the base of every form, and numbers in an address."""

from __future__ import annotations

from flask import request
from flask_wtf import FlaskForm

LARGEST_NUMBER = 2**31 - 1  # of a row, on both databases


class Form(FlaskForm):  # type: ignore[misc]
    """A form with a token; its words are ours, not WTForms' own translations of them."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """WTForms' own messages stay unused: each validator is given one."""


def asked_number(name: str) -> int | None:
    """A row's number in the address's query; None for none, and for what is no number."""
    number = request.args.get(name, type=int)
    return None if number is None else max(0, min(number, LARGEST_NUMBER))
