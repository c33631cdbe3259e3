"""Finds the texts of refusals and the names of steps, beside what Babel finds by itself.

A refusal is raised on floors that know nothing of languages, so its words are not marked: they
are the `title`, the `next_step` and the docstring of each class in `errors.py`, and the sentence
with which one is raised. `web.frame.problems` looks them up when it shows them. What a step is
called stands in its row of `domain/lifecycle.py`; `web.words.terms` looks it up.
"""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import IO, Any

from babel.messages.extract import extract_python

ERRORS = Path(__file__).resolve().parent.parent / "errors.py"
LIFECYCLE = ERRORS.parent / "domain" / "lifecycle.py"
SHOWN = ("title", "next_step")
CALLED = ("name", "done", "meaning", "card")

Message = tuple[int, Any, Any, Any]


def extract(
    file: IO[bytes],
    keywords: Mapping[str, Any],
    comment_tags: Collection[str],
    options: Any,
) -> Iterator[Message]:
    """Babel's way in: (line, function, message, comments) for each text of one source file."""
    source = file.read()
    yield from extract_python(io.BytesIO(source), keywords, comment_tags, options)
    tree = ast.parse(source)
    if source == ERRORS.read_bytes():
        yield from _described(tree)
    if source == LIFECYCLE.read_bytes():
        yield from _named(tree)
    yield from _raised(tree)


def _named(tree: ast.Module) -> Iterator[Message]:
    """What steps are called, on screens and cards, and what those mean that CBV has no word for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) == "Step":
            for given in node.keywords:
                if given.arg in CALLED and (text := _text(given.value)):
                    yield given.value.lineno, "_", text, []


def _described(tree: ast.Module) -> Iterator[Message]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef):
            continue
        if meaning := ast.get_docstring(node):
            yield node.lineno, "_", " ".join(meaning.partition("\n\n")[0].split()), []
        for line in node.body:
            target = getattr(line, "target", None) or (getattr(line, "targets", None) or [None])[0]
            if isinstance(target, ast.Name) and target.id in SHOWN and _text(line.value):  # type: ignore[attr-defined]
                yield line.lineno, "_", _text(line.value), []  # type: ignore[attr-defined]


def _raised(tree: ast.Module) -> Iterator[Message]:
    for node in ast.walk(tree):
        is_refusal = isinstance(node, ast.Call) and _name(node.func) in _refusals()
        if is_refusal and node.args and (text := _text(node.args[0])):  # type: ignore[attr-defined]
            yield node.lineno, "_", text, []  # type: ignore[attr-defined]


def _name(node: ast.AST) -> str:
    return str(getattr(node, "attr", None) or getattr(node, "id", ""))


def _text(node: ast.AST | None) -> str:
    """A plain string; a text put together at run time cannot be looked up."""
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return str(node.value) if is_text else ""  # type: ignore[union-attr]


@cache
def _refusals() -> frozenset[str]:
    return frozenset(
        re.findall(r"^class (\w+)\(", ERRORS.read_text(encoding="utf-8"), re.MULTILINE)
    )
