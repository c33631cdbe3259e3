"""`# fmt: skip` stands in tables alone, whose columns a reader looks down; all else is laid out by
the formatter."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.parts import ROOT

SKIP = "# fmt: " + "skip"
LEFT = {
    "tracker/exports/book.py": "cells of a sheet, a row of them to a line",
    "tracker/queries/counts.py": "columns of long queries",
    "tracker/queries/items.py": "columns of long queries",
}
"""What is no table in itself and reads as one."""

LITERALS = (ast.Dict, ast.List, ast.Set, ast.Tuple)


def skipped(root: Path) -> Iterator[tuple[str, int, bool]]:
    """(file, line, whether it ends a table) of each place that the formatter leaves alone."""
    for path in sorted(one for top in ("tracker", "labels") for one in (root / top).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        lines = [number for number, line in enumerate(text.splitlines(), 1) if SKIP in line]
        ends = {
            node.end_lineno: node
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.stmt)
        }
        for line in lines:
            yield str(path.relative_to(root)), line, is_table(ends.get(line))


def is_table(node: ast.stmt | None) -> bool:
    """Whether a statement is a list, a mapping or a tuple, perhaps handed to one call."""
    value = getattr(node, "value", None)
    if isinstance(value, ast.Call) and len(value.args) == 1:
        value = value.args[0]
    return isinstance(value, LITERALS)


def test_only_tables_are_left_alone() -> None:
    odd = [f"{file}:{line}" for file, line, table in skipped(ROOT) if not table]
    assert [one for one in odd if one.partition(":")[0] not in LEFT] == []
    assert {one.partition(":")[0] for one in odd} == set(LEFT)


def test_another_statement_is_named(tmp_path: Path) -> None:
    (tmp_path / "tracker").mkdir()
    planted = tmp_path / "tracker" / "planted.py"
    planted.write_text(f"A = [1,\n     2]  {SKIP}\nB = max(1,\n        2)  {SKIP}\n", "utf-8")
    assert list(skipped(tmp_path)) == [
        ("tracker/planted.py", 2, True),
        ("tracker/planted.py", 4, False),
    ]
