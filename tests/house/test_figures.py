"""The table of docs/figures.md that tells how the house is written is about true."""

from __future__ import annotations

import ast

import pytest

from tests.house.figures import BEGIN, DOCUMENT, END, measured, pairs, spread
from tests.house.sources import functions

SLACK = 0.1  # the table need not be written anew for each commit


def told() -> dict[str, list[float]]:
    """The table between its marks."""
    table = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if "|" in line][2:]
    return {what: [float(each) for each in figures.split(", ")] for what, figures in rows}


def test_what_is_told_of_the_house_is_about_true() -> None:
    now, then = measured(), told()
    assert then.keys() == now.keys()
    drifted = {
        what: (then[what], figures)
        for what, figures in now.items()
        if any(
            abs(was - is_now) > max(2, SLACK * is_now)
            for was, is_now in zip(then[what], figures, strict=True)
        )
    }
    assert drifted == {}, "python -m tests.house.figures --write"


COUNTING = """
def oldest(rows):
    '''The oldest.'''
    found = None
    for row in rows:
        if found is None or row.at < found:
            found = row.at
    return found
"""


@pytest.mark.parametrize(
    ("changed", "many"),
    [
        ({"oldest": "first", "rows": "events", "row": "event", "The oldest": "The first"}, 1),
        ({"<": ">"}, 0),
        ({".at": ".on"}, 0),
        ({"    found = None\n    for": "    for"}, 0),
    ],
)
def test_functions_that_say_the_same_in_other_names_are_a_pair(
    changed: dict[str, str], many: int
) -> None:
    other = COUNTING
    for was, now in changed.items():
        other = other.replace(was, now)
    assert other != COUNTING
    assert pairs([*functions(ast.parse(COUNTING)), *functions(ast.parse(other))]) == many


def test_median_and_the_length_that_nine_of_ten_have_at_most() -> None:
    assert spread(range(1, 101)) == [51, 91, 100]
