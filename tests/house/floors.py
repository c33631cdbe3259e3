"""Who may import whom, as a table (docs/design.md shows it), and a reader of source that holds it.

The source is read, not run, so an import inside a function or under TYPE_CHECKING counts as any
other. `violations(root)` names each import that points up, with file, line and what is allowed.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

EVERYTHING = {
    *("errors", "clock", "i18n", "config", "db", "domain", "models", "schemas", "queries"),
    *("files", "ledger", "ledger.standalone", "services", "api", "web", "cli", "commands"),
    *("labels", "papers", "exports"),
}
LEDGER = {"queries", "models", "domain", "files", "db", "errors", "clock", "config", "labels"}
OUTSIDE = {"services", "ledger", "files", "queries", "schemas", "domain", "errors", "i18n", "clock"}
OUTSIDE |= {"exports"}

# Floor -> the floors it may import, beside itself. "tracker" is `tracker/__init__.py` alone; a room
# that knows less than its floor is a floor of its own ("ledger.standalone").
MAY_IMPORT: dict[str, set[str]] = {
    "labels": set(),
    "papers": {"labels"},
    "exports": {"queries", "domain", "papers", "labels"},  # of queries the view alone
    "errors": set(),
    "clock": set(),
    "i18n": set(),
    "config": set(),
    "ledger.standalone": set(),
    "domain": {"errors"},
    "db": {"domain", "errors"},
    "models": {"domain", "db"},
    "schemas": {"domain", "errors"},
    "queries": {"models", "domain", "db"},
    "files": {"domain", "errors"},
    "ledger": LEDGER,
    "services": LEDGER | {"ledger", "papers", "exports"},
    "api": OUTSIDE | {"web"},  # the gate, the renderer of refusals and the limits stand there
    "web": OUTSIDE,
    "cli": OUTSIDE | {"tracker", "config", "commands"},
    "commands": OUTSIDE | {"tracker", "config"},
    "tracker": EVERYTHING,
}

# Files that put the house together may reach further: file -> floors beside those of its own.
WIRING: dict[str, set[str]] = {
    "tracker/web/__init__.py": {"db", "models"},  # signing in is told which tables hold people
}

# Floor -> libraries that would tie it to what it must not know: a request, a table.
MAY_NOT_KNOW: dict[str, set[str]] = {
    "labels": {"flask", "sqlalchemy"},
    "papers": {"flask", "sqlalchemy"},
    "exports": {"flask", "sqlalchemy", "werkzeug"},
    "queries": {"flask", "werkzeug"},
    "files": {"flask", "sqlalchemy", "werkzeug"},
    "ledger": {"flask", "werkzeug"},
    "services": {"flask", "werkzeug"},
}
BUT = {"flask.current_app"}  # settings and keys belong to no request
STANDARD_LIBRARY_ONLY = {"domain", "ledger.standalone"}


def violations(root: Path) -> list[str]:
    """Every import below `root` that the table forbids, as `file:line: sentence`."""
    return [
        f"{path.relative_to(root)}:{line}: {sentence}"
        for package in ("tracker", "labels")
        for path in sorted((root / package).rglob("*.py"))
        for line, sentence in _read(path, path.relative_to(root))
    ]


def _read(path: Path, place: Path) -> Iterator[tuple[int, str]]:
    here = _floor_of(place.with_suffix("").parts)
    allowed = MAY_IMPORT.get(here, set()) | WIRING.get(place.as_posix(), set())
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name in imported(node, place):
                if sentence := _refusal(here, allowed, name):
                    yield node.lineno, sentence
        elif isinstance(node, ast.Call) and here != "db" and _commits(node):
            yield node.lineno, f"{here} commits; only transaction() in tracker.db may"


def _refusal(here: str, allowed: set[str], name: tuple[str, ...]) -> str:
    """Why `here` may not import the dotted `name`, or an empty string."""
    there = _floor_of(name)
    shown = ".".join(name)
    if not there:
        library = name[0]
        if here in STANDARD_LIBRARY_ONLY and library not in sys.stdlib_module_names:
            return f"{here} imports {shown}; it may know the standard library only"
        if library in MAY_NOT_KNOW.get(here, ()) and shown not in BUT:
            return f"{here} imports {shown}; it may not know {library}"
        return ""
    if name[:3] == ("tracker", "db", "transaction") and here not in ("services", "ledger", "db"):
        return f"{here} imports {shown}; only services and the ledger may write"
    if here not in MAY_IMPORT:
        return f"{here} is not a floor of the house; add it to the table or move it"
    if there != here and there not in allowed:
        return f"{here} imports {shown}; it may import {', '.join(sorted(allowed)) or 'nothing'}"
    return ""


def _floor_of(name: tuple[str, ...]) -> str:
    """The floor that a dotted name of ours stands on; empty for a name that is not ours."""
    if name[0] == "labels":
        return "labels"
    if name[0] != "tracker":
        return ""
    inside = name[1] if len(name) > 1 else ""
    if ".".join(name[1:3]) in EVERYTHING:
        return ".".join(name[1:3])
    return inside if inside in EVERYTHING else _unknown(name, inside)


def _unknown(name: tuple[str, ...], inside: str) -> str:
    """`from tracker import create_app` is the house itself; `tracker.elsewhere` is no floor."""
    is_the_house = inside in ("", "__init__") or (len(name) == 2 and inside == "create_app")
    return "tracker" if is_the_house else f"tracker.{inside}"


def imported(node: ast.Import | ast.ImportFrom, place: Path) -> Iterator[tuple[str, ...]]:
    """Each dotted name that an import statement in the file `place` brings in."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield tuple(alias.name.split("."))
        return
    start = place.parts[: -node.level] if node.level else ()
    module = tuple(node.module.split(".")) if node.module else ()
    for alias in node.names:
        yield (*start, *module, alias.name)


def _commits(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "commit"
