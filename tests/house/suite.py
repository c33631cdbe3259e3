"""`./run test`, `./run check`, `./run fix`, ...: what is checked, and what has failed.

`test` is all that this machine can check; what lands must pass it. `check` answers in a minute: the
same checks of style, types and templates, and of the tests those of `FAST`, on SQLite, without a
browser, without what is marked slow. `check --changed` is for the commit hook: of all that, what
the changed files can have broken. `run` has made the environment that this module runs in.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.house import bringing, changes
from tests.house.clocks import ASKING, DAYS, MOMENTS, dated_tests
from tests.house.javascript import CHECK_STYLE, FIX_STYLE, STRICT, WORKER, program
from tests.house.parts import JAVASCRIPT, PARTS

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sys.executable

# As many processes as there are cores, to four. `tests/conftest.py` says what stays together: what
# needs a browser, one after the other, and otherwise each file.
SIDE_BY_SIDE = ["--numprocesses", "auto", "--maxprocesses", "4"]
SIDE_BY_SIDE += ["--dist", "loadfile", "--no-loadscope-reorder"]

# The rooms of tests that need seconds.
FAST = ["tests/domain", "tests/files", "tests/house", "tests/javascript", "tests/labels"]
FAST += ["tests/ledger", "tests/services"]
QUICKLY = ["--quiet", "-m", "not browser and not postgres and not slow", *SIDE_BY_SIDE]


@dataclass(frozen=True)
class Check:
    """One check: its name, its command, which files it reads, and how it is given single ones.

    `of` are the endings of those files. Without `single` it reads them all each time: what one
    file says can be wrong by another.
    """

    name: str
    command: list[str]
    of: tuple[str, ...]
    single: list[str] | None = None

    def after(self, changed: list[str]) -> Check | None:
        """The same for what has changed; None where nothing that it reads has."""
        read = [file for file in changed if file.endswith(self.of) and (ROOT / file).exists()]
        if not read:
            return None
        command = [*self.single, *read] if self.single else self.command
        return Check(self.name, command, self.of)


def checks() -> list[Check]:
    """Everything beside the tests."""
    ruff, djlint = [PYTHON, "-m", "ruff"], [PYTHON, "-m", "djlint", "--lint", "--quiet"]
    python, pages = (".py", "run"), (".html",)
    listed = [
        Check("mypy", [PYTHON, "-m", "mypy"], (*python, "setup.cfg")),
        Check("djlint", [*djlint, "tracker/templates"], pages, djlint),
        Check("ruff check", [*ruff, "check", "."], python, [*ruff, "check", "--force-exclude"]),
        Check(
            "ruff format",
            [*ruff, "format", "--check", "."],
            python,
            [*ruff, "format", "--check", "--force-exclude"],
        ),
    ]
    return [*listed, *checks_of_javascript()] if program("biome") else listed


def checks_of_javascript() -> list[Check]:
    """Style and circles; types, of pages and of the worker, which knows no page."""
    modules = (".js", ".d.ts", "tsconfig.json")
    return [
        Check("biome", [*program("biome"), *CHECK_STYLE], (".js", "biome.json")),
        Check("tsc", [*program("tsc"), "--project", "."], modules),
        Check("tsc, strictly", [*program("tsc"), "--project", STRICT], (*modules, STRICT)),
        Check("tsc of the worker", [*program("tsc"), "--project", WORKER], modules),
    ]


# The commands


def test(arguments: list[str]) -> int:
    """Every check that this machine can make; with arguments only the tests they choose."""
    bringing.main()
    missing = find_parts()
    failed = [] if arguments else all_that_fail(checks())
    say("pytest")
    if run([PYTHON, "-m", "pytest", *(arguments or SIDE_BY_SIDE)]).returncode:
        failed.append("pytest")
    print()
    if arguments:
        print("Left out, because you chose tests: style, types, templates.")
    for sentence in missing:
        print(sentence)
    if missing and in_ci():
        failed.append("parts that CI must have")
    return verdict(failed)


def check(arguments: list[str]) -> int:
    """What answers in a minute; with `--changed` what the changed files can have broken."""
    if arguments not in ([], ["--changed"]):
        print("./run check takes nothing but --changed.", file=sys.stderr)
        return 2
    bringing.main("javascript")
    if not JAVASCRIPT.find():
        print(f"Skipped: {JAVASCRIPT.without}")
    listed, tests = checks(), FAST
    if arguments:
        changed = changes.since_the_last_commit()
        listed = [after for each in listed if (after := each.after(changed))]
        tests = changes.concerned(changed, FAST)
    pytest = Check("pytest", [PYTHON, "-m", "pytest", *QUICKLY, *tests], ())
    return verdict(all_that_fail([pytest, *listed] if tests else listed))


def clocks(arguments: list[str]) -> int:
    """The tests of days at each moment that shows mistakes; `--all`: whatever asks the time."""
    failed, tests = [], dated_tests() if "--all" in arguments else DAYS
    for name, moment in MOMENTS.items():
        say(f"{name}: {moment}")
        command = [PYTHON, "-m", "pytest", *ASKING, *SIDE_BY_SIDE, *tests]
        if run(command, env={**os.environ, "TRACKER_TEST_MOMENT": moment}).returncode:
            failed.append(name)
    return verdict(failed)


def fix(_arguments: list[str]) -> int:
    """Format, and mend what a program can mend; what is left, it says."""
    bringing.main("javascript")
    ruff = [PYTHON, "-m", "ruff"]
    commands = [[*ruff, "check", "--fix", "."], [*ruff, "format", "."]]
    if program("biome"):
        commands.append([*program("biome"), *FIX_STYLE])
    return max(run(command).returncode for command in commands)


def measured(module: str) -> Callable[[list[str]], int]:
    """What gives figures, with all that tests have."""

    def command(arguments: list[str]) -> int:
        find_parts()
        return run([PYTHON, "-m", module, *arguments]).returncode

    return command


COMMANDS = {
    "test": test,
    "check": check,
    "clocks": clocks,
    "fix": fix,
    "bench": measured("bench"),
    "torture": measured("tests.tortures"),
}


# How they are run


def all_that_fail(listed: list[Check]) -> list[str]:
    """The names of those that fail. Two run at a time; what one said is shown when it has ended."""
    failed = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        running = {pool.submit(timed, each): each.name for each in listed}
        for ended in as_completed(running):
            done, seconds = ended.result()
            verdict = "fails" if done.returncode else "passes"
            say(f"{running[ended]} {verdict} ({seconds:.0f} s)")
            if done.returncode:
                failed.append(running[ended])
                print(done.stdout, flush=True)
    return [each.name for each in listed if each.name in failed]


def timed(each: Check) -> tuple[subprocess.CompletedProcess[str], float]:
    """Run a check; what it ended with and said, and how many seconds it took."""
    began = time.monotonic()
    return run(each.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT), (
        time.monotonic() - began
    )


def run(command: list[str], **how: Any) -> subprocess.CompletedProcess[str]:
    """Run a program on the repository, to its end."""
    return subprocess.run(command, cwd=ROOT, check=False, text=True, **how)


def verdict(failed: list[str]) -> int:
    """Say what has failed, or that nothing has; the exit status."""
    print(f"Failed: {', '.join(failed)}" if failed else "Everything that ran has passed.")
    return 1 if failed else 0


def find_parts() -> list[str]:
    """Find PostgreSQL, Chromium, ... and tell the tests; one sentence for each that is missing."""
    missing = []
    for part in PARTS:
        if found := part.find():
            os.environ[part.variable] = found
        else:
            missing.append(f"Skipped: {part.without}")
    return missing


def in_ci() -> bool:
    """Whether what is missing is a failure."""
    return os.environ.get("CI", "").lower() in ("1", "true")


def say(sentence: str) -> None:
    """What happens now, before the output of what happens."""
    print(f"-- {sentence}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(COMMANDS[sys.argv[1]](sys.argv[2:]))
    except KeyboardInterrupt:
        sys.exit(130)
