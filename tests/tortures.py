"""What `./run torture` does: phones in bad luck; with `--long` every hardship in full.

`--long flood` runs only that one. The suite runs each in a short form.
"""

from __future__ import annotations

import importlib
import sys

LONG = {
    "phones": "tests.field.torture",
    "guessing": "tests.web.guessing",
    "flood": "tests.flood",
}
"""Each has a `main(arguments)` that prints what it came to and gives the exit status."""


def main(arguments: list[str]) -> int:
    """Run what the arguments name; the worst exit status."""
    if "--long" not in arguments:
        return run("phones", arguments)
    named = [word for word in arguments if word != "--long"]
    if unknown := set(named) - LONG.keys():
        print(f"There is no {', '.join(sorted(unknown))} here, but {', '.join(LONG)}.")
        return 2
    return max(run(name, []) for name in named or LONG)


def run(name: str, arguments: list[str]) -> int:
    """Run one of them."""
    print(f"-- {name}", flush=True)
    status: int = importlib.import_module(LONG[name]).main(arguments)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
