"""Rules of the fold made wrong one by one: do the tests notice?

`python -m tests.domain.mutants` takes each rule of `MUTANTS` the wrong way in a copy of the code,
runs the tests of the fold and of devices' clocks there, and prints a table. A wrong rule that
passes them is a hole in the tests; the command then ends with 1. It takes some minutes.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("tracker", "labels", "tests", "setup.cfg")
TESTS = ("test_what_is.py", "test_custody.py", "test_clocks.py")
QUIETLY = ("-q", "-x", "--no-header", "-p", "no:cacheprovider")


@dataclass(frozen=True)
class Mutant:
    """What is wrong in words, the file of `tracker/domain`, what stands there, what instead."""

    wrong: str
    file: str
    right: str
    instead: str


MUTANTS = (
    Mutant(
        "a unit that is shipped alone stays in its box",
        "containers.py",
        "        return None, False, (box, event.id)\n",
        "        return box, False, None\n",
    ),
    Mutant(
        "nobody is asked about a unit that left its box",
        "containers.py",
        "        return None, False, (box, event.id)\n",
        "        return None, False, None\n",
    ),
    Mutant(
        "a unit seen elsewhere goes on with its box",
        "containers.py",
        "        if not state.apart:\n",
        "        if True:\n",
    ),
    Mutant(
        "what was seen alone never goes on with its box",
        "containers.py",
        "        if in_one_step and (event.location is None or state.is_at(event)):\n",
        "        if False:\n",
    ),
    Mutant(
        "a box takes what was seen alone over steps that nobody scanned",
        "containers.py",
        "        if in_one_step and (",
        "        if (",
    ),
    Mutant(
        "a box’s scan concerns what lies in another",
        "containers.py",
        '    return state, "outside"\n',
        "    return state, None\n",
    ),
    Mutant(
        "a unit on another journey rejoins its box",
        "containers.py",
        "        and event.consignment == state.consignment\n",
        "",
    ),
    Mutant(
        "what is handed over alone stays in its box",
        "containers.py",
        "    if step.leaving is Leaving.ENDS:\n        return None, False, None\n",
        "",
    ),
    Mutant(
        "a step that is done elsewhere is not noticed",
        "custody.py",
        "    return None if carried else state.location\n",
        "    return None\n",
    ),
    Mutant(
        "what was handed over may not be carried",
        "custody.py",
        "    return None if carried else state.location\n",
        "    return state.location\n",
    ),
    Mutant(
        "the site that the act names does not matter",
        "custody.py",
        "        return None if fits else state.bound_for[0]\n",
        "        return None\n",
    ),
    Mutant(
        "what was tapped in a list moves the unit",
        "custody.py",
        "    if contradicts and location is not None and not "
        "(event.sighted and event.via is None):\n",
        "    if False:\n",
    ),
    Mutant(
        "one person alone writes a unit off",
        "custody.py",
        "    return sum(map(is_person, known)) > 1\n",
        "    return sum(map(is_person, known)) > 0\n",
    ),
    Mutant(
        "a unit that moves stays proposed to be written off",
        "custody.py",
        "        proposed=state.proposed if target is state.status else None,\n",
        "        proposed=state.proposed,\n",
    ),
    Mutant(
        "who leaves transit is left at the border",
        "effects.py",
        "    if state.status is Status.IN_TRANSIT and status is not Status.IN_TRANSIT:\n"
        "        return nowhere\n",
        "",
    ),
    Mutant(
        "a repeat fills no unknown place",
        "custody.py",
        "    if state.location is None and event.location is not None:\n        seen =",
        "    if False:\n        seen =",
    ),
    Mutant(
        "a declaration that was declared wrong counts",
        "voiding.py",
        "        if event.step != DECLARING_ERROR or event.id in void or event.declares is None:\n",
        "        if event.step != DECLARING_ERROR or event.declares is None:\n",
    ),
    Mutant(
        "a story is folded in the order in which it came",
        "custody.py",
        "    story = sorted({event.id: event for event in events}.values(), "
        "key=lambda event: event.place)\n",
        "    story = list({event.id: event for event in events}.values())\n",
    ),
    Mutant(
        "an announcement is folded when it was filed",
        "occurrences.py",
        "        return (self.step != ANNOUNCING, self.key)\n",
        "        return (True, self.key)\n",
    ),
    Mutant(
        "a closed box says that a damaged unit is good",
        "occurrences.py",
        '        return None if self.via is not None and self.condition == "good" '
        "else self.condition\n",
        "        return self.condition\n",
    ),
    Mutant(
        "a person’s word puts a terminal on line",
        "ladder.py",
        "    return _climb(rungs, Rung.ONLINE, event.effective_at) if event.reading else rungs\n",
        "    return _climb(rungs, Rung.ONLINE, event.effective_at) if event.working else rungs\n",
    ),
    Mutant(
        "what was tapped in a list was inspected",
        "ladder.py",
        "    if rung is Rung.INSPECTED:\n        climbs = looked\n",
        "    if rung is Rung.INSPECTED:\n        climbs = True\n",
    ),
    Mutant(
        "a cable can be on line",
        "ladder.py",
        "    if not whose.terminal:\n        return rungs\n",
        "",
    ),
    Mutant(
        "one slow batch says what a device’s clock shows",
        "clocks.py",
        "        return Clock(offset, sure=True, seen=True, told_at=exchange.told_at)\n",
        "        return self\n",
    ),
    Mutant(
        "a device’s order counts for nothing",
        "clocks.py",
        "        if soonest is not None:\n            at = max(at, soonest)\n",
        "",
    ),
    Mutant(
        "an exchange of any length is believed",
        "clocks.py",
        "        return self.told_at - self.asked_at if timedelta(0) <= took < PROMPT else None\n",
        "        return self.told_at - self.asked_at\n",
    ),
)


def planted(tree: Path, mutant: Mutant) -> None:
    """Make the rule wrong in the copy `tree`. Raises ValueError if it does not stand there once."""
    path = tree / "tracker" / "domain" / mutant.file
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.right) != 1:
        raise ValueError(f"{mutant.file} does not hold the rule once: {mutant.wrong}")
    path.write_text(text.replace(mutant.right, mutant.instead), encoding="utf-8")


def noticed(mutant: Mutant) -> str:
    """The first test that fails with the rule made wrong; nothing if none does."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        for name in COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, tree / name)
        planted(tree, mutant)
        tests = [f"tests/domain/{name}" for name in TESTS]
        command = [sys.executable, "-m", "pytest", *QUIETLY, *tests]
        ended = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    failed = [line for line in ended.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    if ended.returncode not in (0, 1):
        raise RuntimeError(ended.stdout + ended.stderr)
    return failed[0].split("::")[-1].split(" - ")[0] if failed else ""


def main() -> int:
    """Print every wrong rule and the test that notices it; 1 if one is not noticed."""
    alive = 0
    print("| wrong rule | noticed by |\n|---|---|")
    for mutant in MUTANTS:
        by = noticed(mutant)
        alive += not by
        print(f"| {mutant.wrong} | {by or '**nothing**'} |", flush=True)
    print(f"\n{len(MUTANTS) - alive} of {len(MUTANTS)} noticed.")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
