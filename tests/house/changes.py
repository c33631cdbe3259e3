"""What has changed since the last commit, and which tests that concerns."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

from tests.house.floors import imported
from tests.house.parts import CHECKOUT

ROOT = Path(__file__).resolve().parents[2]
# What changes more than can be told from imports; and tests that read the repository itself.
CONCERNS_ALL = ("run", "setup.cfg", "constraints.txt", "conftest.py")
ALWAYS = ["tests/house"]


def since_the_last_commit() -> list[str]:
    """Every file that is not as it was committed, new ones too, as git spells them."""
    git = CHECKOUT.find()
    if not git:
        raise SystemExit(f"What has changed is not known: git cannot say it. {CHECKOUT.without}")
    found: set[str] = set()
    for question in (
        ["diff", "--name-only", "-z", "HEAD"],
        ["ls-files", "--others", "--exclude-standard", "-z"],
    ):
        answer = subprocess.run(
            [git, "-c", "safe.directory=*", *question],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        )
        found.update(name for name in answer.stdout.split("\0") if name)
    return sorted(found)


def concerned(changed: list[str], rooms: list[str], root: Path = ROOT) -> list[str]:
    """Of the test files in `rooms` those that changed, and those that import what changed.

    An import of an import does not count: a hook answers soon, the whole suite answers for all.
    """
    if not changed:
        return []
    if any(Path(file).name in CONCERNS_ALL for file in changed):
        return rooms
    modules = {_dotted(Path(file)) for file in changed if file.endswith(".py")}
    chosen = [
        file
        for room in rooms
        if room not in ALWAYS
        for path in sorted((root / room).rglob("test_*.py"))
        if (file := path.relative_to(root).as_posix()) in changed or _imports(path) & modules
    ]
    return [*(room for room in ALWAYS if room in rooms), *chosen]


def _imports(path: Path) -> set[tuple[str, ...]]:
    """Every module that a file may import: of `a.b.c` either `a.b.c` is one or `a.b` is."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in imported(node, path)
    }
    return names | {name[:-1] for name in names}


def _dotted(file: Path) -> tuple[str, ...]:
    parts = file.with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts
