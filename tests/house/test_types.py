"""What an event holds is said in one place (`domain.bodies.Body`), and checked all the way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.house.bodies import faults
from tests.house.parts import ROOT

TYPED = ("tracker/domain", "tracker/ledger")
"""Where a dictionary's type says what stands in it."""
DICTIONARIES = ("dict", "defaultdict", "Dict", "Mapping", "MutableMapping", "OrderedDict")


def is_open(node: ast.AST) -> bool:
    """Whether a type is of a dictionary of which nothing is known but that its keys are text."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Tuple):
        return False
    names = [part.id if isinstance(part, ast.Name) else "" for part in node.slice.elts]
    return getattr(node.value, "id", "") in DICTIONARIES and names == ["str", "Any"]


def open_dictionaries(root: Path) -> Iterator[str]:
    """Each of them below `root` in the rooms that must have none, as `file:line`."""
    for room in TYPED:
        for path in sorted((root / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if is_open(node):
                    yield f"{path.relative_to(root)}:{getattr(node, 'lineno', 0)}"


def test_no_dictionary_in_the_ledger_is_open_to_anything() -> None:
    assert list(open_dictionaries(ROOT)) == []


@pytest.mark.parametrize("kind", ["dict[str, Any]", "Mapping[str, Any]", "list[dict[str, Any]]"])
def test_a_dictionary_of_anything_is_named(tmp_path: Path, kind: str) -> None:
    (tmp_path / "tracker" / "ledger").mkdir(parents=True)
    page = tmp_path / "tracker" / "ledger" / "events.py"
    page.write_text(f'"""Planted."""\nbody: {kind} = 7\n')
    assert list(open_dictionaries(tmp_path)) == ["tracker/ledger/events.py:2"]


BODY = {
    "v": 1,
    "id": "00000000-0000-4000-8000-000000000001",
    "subject": "item:7",
    "step": "receiving",
    "occurred_at": "2026-05-01T09:30:00.000Z",
    "effective_at": "2026-05-01T09:30:00.000Z",
    "recorded_at": "2026-05-01T09:30:00.000Z",
    "by": "device:3",
}


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({}, None),
        ({"flags": ["clock"], "via": {"event": "x", "unit": "y"}}, None),
        ({"findings": {"present": True}}, None),
        ({"step": 7}, "body.step is int, not str"),
        ({"flags": ["clock", 7]}, "body.flags[] is int, not str"),
        ({"via": {"event": "x"}}, "body.via lacks unit"),
        ({"via": "x"}, "body.via is str, not an object"),
        ({"findings": {"shiny": True}}, "body.findings cannot hold shiny"),
        ({"serial": "EX1"}, "body cannot hold serial"),
    ],
)
def test_a_body_that_says_something_else_is_named(said: dict[str, Any], fault: str | None) -> None:
    assert list(faults(BODY | said)) == ([] if fault is None else [fault])


def test_a_body_without_its_step_is_named() -> None:
    assert list(faults({name: said for name, said in BODY.items() if name != "step"})) == [
        "body lacks step"
    ]
