"""One reader of forms: a route names the schema of its form, and looks into no request itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.parts import ROOT

READER = "tracker/web/frame/forms.py"
BY_HAND = {"form", "values"}
"""What of a request holds a form as it was sent."""


def readings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, what) of each place that looks into a form, or shows it but to be typed again."""
    shown = {
        keyword.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _name(node.func) == "render_template"
        for keyword in node.keywords
    }
    kept = {part for one in shown for part in (one, *_branches(one))}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in BY_HAND:
            if _name(node.value) == "request":
                yield node.lineno, f"request.{node.attr}"
        elif isinstance(node, ast.Call) and _name(node.func) == "typed" and node not in kept:
            yield node.lineno, "typed()"


def _branches(node: ast.expr) -> tuple[ast.expr, ...]:
    return (node.body, node.orelse) if isinstance(node, ast.IfExp) else ()


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def by_hand(root: Path) -> list[str]:
    """`file:line: what` of everything in `tracker` that reads a form by itself."""
    found = []
    for path in sorted((root / "tracker").rglob("*.py")):
        place = path.relative_to(root).as_posix()
        if place != READER:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found += [f"{place}:{line}: {what}" for line, what in readings(tree)]
    return found


def test_no_route_reads_a_form_by_hand() -> None:
    assert by_hand(ROOT) == []


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('name = request.form.get("name", "")', "request.form"),
        ('name = flask.request.values["name"]', "request.values"),
        ("said = request.form", "request.form"),
        ('name = typed()["name"]', "typed()"),
    ],
)
def test_a_form_that_is_read_by_hand_is_named(tmp_path: Path, line: str, named: str) -> None:
    route = tmp_path / "tracker" / "web" / "items.py"
    route.parent.mkdir(parents=True)
    route.write_text(f'"""Planted."""\n\n{line}\n', encoding="utf-8")
    assert by_hand(tmp_path) == [f"tracker/web/items.py:3: {named}"]


def test_what_was_typed_may_be_shown_again(tmp_path: Path) -> None:
    route = tmp_path / "tracker" / "web" / "items.py"
    route.parent.mkdir(parents=True)
    route.write_text(
        'render_template("a.html", said=typed(), again=typed() if wrong else {})\n',
        encoding="utf-8",
    )
    assert by_hand(tmp_path) == []


BY_FLASK_SECURITY = {"tracker/web/passkeys.py", "tracker/web/signing_in.py"}


def test_wtforms_stays_where_flask_security_asks_for_it() -> None:
    files = sorted((ROOT / "tracker").rglob("*.py"))
    used = {str(path.relative_to(ROOT)) for path in files if "wtforms" in path.read_text("utf-8")}
    assert used == BY_FLASK_SECURITY
