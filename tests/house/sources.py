"""The repository's own files and the functions in them, for what looks at how it is written."""

from __future__ import annotations

import ast
import functools
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.house.parts import CHECKOUT, need

ROOT = Path(__file__).resolve().parents[2]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def tracked() -> list[Path]:
    """The files of the repository that exist; a file deleted but not committed does not."""
    git = need(CHECKOUT)
    listing = subprocess.run(
        [git, "-c", "safe.directory=*", "ls-files", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [path for name in listing.split("\0") if name and (path := ROOT / name).is_file()]


def python_files() -> Iterator[tuple[Path, str]]:
    """Each with its text."""
    for path in tracked():
        if path.suffix == ".py" or path == ROOT / "run":
            yield path, path.read_text(encoding="utf-8")


def written_by_us() -> Iterator[tuple[Path, str]]:
    """Python files but migrations, which are a history and grow no neater by splitting."""
    versions = ROOT / "migrations" / "versions"
    return ((path, text) for path, text in python_files() if versions not in path.parents)


@functools.cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def short(path: Path) -> str:
    """Its name as the repository knows it."""
    return path.relative_to(ROOT).as_posix()


def functions(tree: ast.AST) -> Iterator[Function]:
    """All of them, methods and those inside others too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
