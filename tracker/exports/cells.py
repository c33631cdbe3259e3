"""Texts that go into a spreadsheet's cell: none of them may be taken for a formula.

Spreadsheets run what begins like a formula, also in a CSV, also behind blanks or quotes. Names and
statements are written by people, so such a text gets an apostrophe before it, which spreadsheets
show or swallow and never run. Numbers and days are written as numbers and days, not as texts.
"""

from __future__ import annotations

import re

_STARTS = re.compile(r"[\s\"'`´’‘“”«»\u200b-\u200f\u2060\ufeff]*[=+\-@|%＝＋－−﹣＠\t\r]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffe\uffff]|[\ud800-\udfff]")
LONGEST = 32_000


def safe(text: str) -> str:
    """`text` on one line, without control characters, and never a formula."""
    starts = _STARTS.match(text) is not None
    line = _CONTROL.sub(" ", text)[:LONGEST]
    return f"'{line}" if starts or _STARTS.match(line) else line
