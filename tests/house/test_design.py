"""What docs/design.md tells in tables is what the code holds."""

from __future__ import annotations

import re

from tests.house.floors import MAY_IMPORT
from tests.house.parts import ROOT
from tracker.domain.lifecycle import NEW, STEPS, Presence, Status, Step

DESIGN = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
Row = list[str]


def table(beginning: str) -> list[Row]:
    """The rows of the table whose head begins with this cell."""
    lines = iter(DESIGN.splitlines())
    for line in lines:
        if line.startswith(f"| {beginning} |"):
            next(lines)
            break
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def test_the_table_of_floors_is_the_one_that_code_is_held_to() -> None:
    told: dict[str, set[str]] = {}
    for floor, cell in table("floor"):
        like = re.match(r"as `([\w.]+)`, and (.*)", cell)
        known, named = (told[like[1]], like[2]) if like else (set(), cell)
        told[floor.strip("`")] = known | set(re.findall(r"`([\w.]+)`", named))
    assert told == {floor: may for floor, may in MAY_IMPORT.items() if floor != "tracker"}


LIVING = set(Status) - {Status.WRITTEN_OFF}


def test_the_table_of_steps_is_the_one_that_scans_are_judged_by() -> None:
    assert table("step") == [cells(step) for step in STEPS.values()]


def cells(step: Step) -> Row:
    """The row that tells of a step."""
    claims = "" if step.presence is Presence.NONE else step.presence
    needs = ", ".join(need.replace("_", " ") for need in step.needs)
    name = step.id.replace("_", " ") + (" *" if step.forward else "")
    return [name, statuses(step.sources), step.target.replace("_", " "), claims, needs]


def statuses(sources: frozenset[Status | None]) -> str:
    """The statuses that a step may follow, in the order of the lifecycle."""
    if NEW in sources and len(sources) > 1:
        return "any"
    if sources == LIVING:
        return "living"
    named = (status.replace("_", " ") for status in Status if status in sources)
    return ", ".join(named) or "(new)"
