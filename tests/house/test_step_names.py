"""The names of steps stand in THE table; elsewhere only where a rule is about that very step."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from tests.house.parts import ROOT
from tracker.domain.lifecycle import STEPS, Status

TABLES = {
    "tracker/domain/lifecycle.py",
    "tracker/domain/permissions.py",  # who may do what
    "tracker/services/demonstration.py",  # a story made of steps
}
RULES: dict[str, tuple[str, str]] = {
    # A unit's announcement is paper: it stands before every scan, and no scan makes it.
    "tracker/ledger/announcing.py": ("announcing", "writes it, without a scan"),
    "tracker/services/imports/manifests.py": ("announcing", "finds units that only paper knows"),
    "tracker/web/claims.py": ("announcing", "paper is no rival's claim"),
    "tracker/web/items.py": (
        "announcing decommissioning",
        "nobody takes an announcement back; a write-off is proposed on the unit's page",
    ),
    # A blank label becomes a unit's.
    "tracker/ledger/binding.py": ("commissioning", "binds the label"),
    "tracker/ledger/chunk.py": (
        "commissioning",
        "labels are bound before what was scanned on them",
    ),
    "tracker/queries/stories.py": ("announcing commissioning", "by these a label names a unit"),
    "tracker/ledger/telling.py": ("announcing commissioning", "by these a unit wore its labels"),
    # A box is put onto a pallet, or opened.
    "tracker/queries/nesting.py": ("packing unpacking", "on a box they move the box itself"),
    "tracker/services/asking.py": ("unpacking", "written for who says that it was taken out"),
    "tracker/static/field/questions.js": ("unpacking", "the same on the phone"),
    "tracker/static/scan/scanning.js": ("packing", "the box that is packed can be closed"),
    "tracker/templates/scanning/show.html": ("packing", "the box that is packed can be closed"),
    # What is received is looked at.
    "tracker/queries/unopened.py": ("receiving", "what was scanned since is no receipt"),
    "tracker/services/intake.py": ("receiving", "goods that nobody announced"),
    # A count has a sheet of its own.
    "tracker/ledger/counts.py": ("counting", "joins the open count"),
    "tracker/models/ledger.py": ("counting", "an index for it"),
    # What is handed over stands on an act.
    "tracker/domain/bench.py": ("accepting", "done at the bench by listing units on an act"),
    "tracker/ledger/named_acts.py": ("accepting", "holds it against the act"),
    "tracker/static/field/handover.js": ("accepting", "the form of the act"),
    "tracker/static/field/home.js": ("accepting", "the form of the act"),
    "tracker/static/field/listing.js": ("accepting", "the form of the act"),
    "tracker/static/field/pile.js": ("accepting", "the form of the act"),
    "tracker/static/field/forms.js": ("deploying", "asks for training and speed"),
    # Others that a verb writes.
    "tracker/services/consignments.py": ("entering_exiting", "its units cross with a consignment"),
    "tracker/services/losses.py": (
        "reporting_lost reporting_stolen destroying finding",
        "a report of a loss writes them for its units",
    ),
    "tracker/services/proposals.py": ("decommissioning", "takes two people"),
    # The bench counts what was done with what it is set to; buttons lead to it.
    "tracker/queries/bench.py": ("receiving packing unpacking shipping counting", "its tally"),
    "tracker/services/bench.py": ("packing counting", "has a box in hand, or a count"),
    "tracker/templates/boxes/show.html": ("packing", "a button to the bench"),
    "tracker/templates/consignments/show.html": ("receiving shipping", "buttons to the bench"),
    "tracker/templates/counts/show.html": ("counting", "a button to the bench"),
}
"""File -> the steps that it names, and why it must."""

NAMES = "|".join(sorted(set(STEPS) - set(Status)))  # `returning` is a status too
NAMED = re.compile(rf"""["'](?:step = ')?({NAMES})'?["']|steps\(\)\.({NAMES})\b""")


def named(root: Path) -> dict[str, set[str]]:
    """File -> the steps that its code names, quoted."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted((root / "tracker").rglob("*")):
        place = path.relative_to(root).as_posix()
        if path.suffix in (".py", ".js", ".html", ".ts") and place not in TABLES:
            for match in NAMED.finditer(path.read_text(encoding="utf-8")):
                found[place].add(match[1] or match[2])
    return found


def test_steps_are_named_in_their_table_and_where_a_rule_is_about_one() -> None:
    assert named(ROOT) == {place: set(steps.split()) for place, (steps, _) in RULES.items()}


def test_a_name_that_strays_is_found(tmp_path: Path) -> None:
    (tmp_path / "tracker" / "web").mkdir(parents=True)
    page = tmp_path / "tracker" / "web" / "items.py"
    page.write_text('"""Planted."""\nif step in ("collecting", "returning"):\n    pass\n')
    assert named(tmp_path) == {"tracker/web/items.py": {"collecting"}}
