"""One fold for every reader: who asks what a story adds up to asks `queries.stories`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.parts import ROOT

FOLDS = {"fold", "apply", "says_again", "voided"}
MAY_FOLD = {
    "tracker/ledger/announcing.py",  # one unit in thought, before there are events
    "tracker/ledger/chunk.py",
    "tracker/ledger/outcomes.py",
    "tracker/ledger/refolding.py",
    "tracker/queries/nesting.py",  # the story of a box
    "tracker/queries/stories.py",
}


def folding(tree: ast.Module) -> Iterator[str]:
    """What a module uses of the fold: imported by name, or of the module `custody`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "tracker.domain.custody":
            yield from (alias.name for alias in node.names if alias.name in FOLDS)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield from {node.attr} & FOLDS if node.value.id == "custody" else ()


def who_folds(root: Path) -> dict[str, list[str]]:
    found = {}
    for path in sorted((root / "tracker").rglob("*.py")):
        place = path.relative_to(root).as_posix()
        used = [*folding(ast.parse(path.read_text(encoding="utf-8")))]
        if used and place.split("/")[1] != "domain":
            found[place] = used
    return found


def test_nobody_but_the_writer_and_the_stories_folds() -> None:
    assert set(who_folds(ROOT)) == MAY_FOLD


def test_a_page_that_folds_by_itself_is_named(tmp_path: Path) -> None:
    (tmp_path / "tracker" / "web").mkdir(parents=True)
    page = tmp_path / "tracker" / "web" / "items.py"
    page.write_text('"""Planted."""\nfrom tracker.domain import custody\ncustody.fold([])\n')
    assert who_folds(tmp_path) == {"tracker/web/items.py": ["fold"]}
