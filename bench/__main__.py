"""Run every bench, or those named, and print one table: `python -m bench [ledger http ...]`."""

from __future__ import annotations

import importlib
import sys

BENCHES = (
    *("ledger", "http", "imports", "donors", "labels", "warehouse", "searches", "phones"),
    *("exports", "reasons"),
)


def main(names: list[str]) -> None:
    """Print the rows of the benches as a Markdown table."""
    print("| what | measured | against | ratio | promised |")
    print("|---|---|---|---|---|")
    for name in names or BENCHES:
        for row in importlib.import_module(f"bench.{name}").run():
            print(
                f"| {row['name']} | {_number(row['figure'])} {row['unit']} | {row['baseline']} "
                f"| {row['ratio']} | {row['target']} |",
                flush=True,
            )


def _number(figure: object) -> str:
    return f"{figure:,}" if isinstance(figure, int | float) else str(figure)


if __name__ == "__main__":
    main(sys.argv[1:])
