"""How long functions and files are, what is said twice, and how much is tested, as a table.

`python -m tests.house.figures` prints it; with `--write` it stands in docs/figures.md, between its
two marks. A test holds that what stands there is still about true.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

from tests.house.sources import ROOT, Function, functions, parsed, short, tracked, written_by_us

DOCUMENT = ROOT / "docs" / "figures.md"
BEGIN, END = "<!-- the house: begin -->\n", "<!-- the house: end -->\n"
SPREAD = ": median, 90 of 100, longest"
LONG_ENOUGH = 5  # lines: shorter functions are alike because there is little that they can say
Table = dict[str, list[float]]
"""What is told -> its figures."""


def measured() -> Table:
    """Code is what is installed; tests are the tests and what they stand on."""
    ours = dict(written_by_us())
    files = {
        "code": [path for path in ours if short(path).startswith(("tracker/", "labels/"))],
        "tests": [path for path in ours if short(path).startswith("tests/")],
    }
    found = {
        name: [each for path in some for each in functions(parsed(path))]
        for name, some in files.items()
    }
    lines = {name: [ours[path].count("\n") for path in some] for name, some in files.items()}
    lines["JavaScript"] = [
        path.read_text(encoding="utf-8").count("\n") for path in tracked() if is_script(path)
    ]
    told = sum(ast.get_docstring(each) is not None for each in found["code"])
    return {
        **{f"lines of a function in {name}{SPREAD}": spread(map(length, some))
           for name, some in found.items()},
        **{f"lines of a file in {name}{SPREAD}": spread(some) for name, some in lines.items()},
        "functions in code that say what they do, of 100": [round(100 * told / len(found["code"]))],
        "pairs of functions in code that say the same in other names": [pairs(found["code"])],
        "lines of tests for 100 lines of code": [
            round(100 * sum(lines["tests"]) / sum(lines["code"]))
        ],
    }  # fmt: skip


def is_script(path: Path) -> bool:
    """Whether a page loads it."""
    return path.suffix == ".js" and short(path).startswith("tracker/static/")


def length(function: Function) -> int:
    """In lines, from `def` to its end."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def spread(lengths: Iterable[int]) -> list[float]:
    """Median, the length that 90 of 100 have at most, the greatest."""
    ordered = sorted(lengths)
    return [ordered[len(ordered) // 2], ordered[len(ordered) * 9 // 10], ordered[-1]]


def pairs(found: Sequence[Function]) -> int:
    """How often two of them have one shape."""
    shapes = Counter(shape(each) for each in found if length(each) >= LONG_ENOUGH)
    return sum(many * (many - 1) // 2 for many in shapes.values())


def shape(function: Function) -> str:
    """What it does, without its docstring, its constants and how it calls its variables."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    names: dict[str, str] = {}
    words = []
    for node in chain.from_iterable(map(ast.walk, [function.args, *body])):
        words.append(type(node).__name__)
        if isinstance(node, ast.Name | ast.arg):
            name = node.id if isinstance(node, ast.Name) else node.arg
            words.append(names.setdefault(name, str(len(names))))
        elif isinstance(node, ast.Attribute | ast.keyword):
            words.append((node.attr if isinstance(node, ast.Attribute) else node.arg) or "**")
    return " ".join(words)


def as_markdown(table: Table) -> str:
    """The table as a document holds it."""
    rows = [f"| {what} | {', '.join(f'{each:g}' for each in row)} |" for what, row in table.items()]
    return "\n".join(["| what | now |", "|---|---|", *rows, ""])


def main(arguments: list[str]) -> None:
    """Print the table, or write it."""
    table = as_markdown(measured())
    if arguments != ["--write"]:
        print(table, end="")
        return
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
