"""What checks our JavaScript: programs that package.json names, brought by `./run test`.

biome.json and tsconfig.json say which files and which rules. Where the programs are missing nothing
is checked, and the tests say so (tests/house/test_javascript.py).
"""

from __future__ import annotations

from pathlib import Path

from tests.house.parts import JAVASCRIPT, node_of

ROOT = Path(__file__).resolve().parents[2]
CHECK_STYLE = ["check", "--error-on-warnings", "--max-diagnostics=100"]
FIX_STYLE = ["check", "--write"]
STRICT = "tsconfig.strict.json"  # the modules in which nothing is of a type that is not said
WORKER = "tracker/static/field"  # where the worker's own tsconfig.json is


def program(name: str) -> list[str]:
    """How to call a program that package.json names; an empty list where it was not brought."""
    folder = JAVASCRIPT.find()
    if not folder:
        return []
    return [node_of(Path(folder)), f"{folder}/node_modules/.bin/{name}"]
