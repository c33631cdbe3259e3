"""`tracker ledger rebuild`, and what `tracker init` tells where the rules of the fold are newer."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from tracker import clock
from tracker.commands.application import application
from tracker.domain.rules import RULES, Change
from tracker.errors import Refusal
from tracker.ledger import rebuilding
from tracker.ledger.rebuilding import Found, Progress
from tracker.queries import ledger

TOLD = 10
KINDS = {
    Change.PROPOSED: "written off by one person alone: a proposal now, for a second one to confirm",
    Change.COUNTED: "counted elsewhere: stands where it was counted",
    Change.LEFT_BOX: "out of a box that it left",
    Change.APART: "seen by itself elsewhere than its box, of which nobody said that it left",
    Change.NOT_DRAGGED: "no longer moved with a box that it was not in",
    Change.PLACE_FILLED: "an unknown place filled by a scan that said the same again",
    Change.PLACE_DROPPED: "a place dropped that was only passed",
    Change.NOT_ONLINE: "no longer online by a person’s word; a terminal counts as working",
    Change.CONDITION: "its own condition kept where its box was called good",
    Change.UNNAMED: "changed otherwise; each is named below",
}
"""What each kind of change means, of one unit."""


@click.command("rebuild")
@click.option("--repair", is_flag=True, help="Put right what differs. Without it nothing changes.")
@click.option("--dry-run", is_flag=True, hidden=True)  # what it does anyway, asked for in scripts
@click.option("--json", "as_json", is_flag=True, help="Answer for a program.")
def rebuild_states(repair: bool, dry_run: bool, as_json: bool) -> None:
    """Fold every story anew, and tell by kind what the units' rows say otherwise."""
    if repair and dry_run:
        raise click.UsageError("Either --repair or --dry-run.")
    with application(), folding() as progress:
        if not repair:
            found = rebuilding.dry_run(now=clock.now(), progress=progress)
        elif rebuilding.rules_are_due():
            raise Refusal(RULES_FIRST)
        else:
            differed = rebuilding.rebuild(now=clock.now(), progress=progress)
            units = ledger.units()
    if not repair:
        click.echo(json.dumps(as_object(found)) if as_json else as_text(found, "would change"))
        sys.exit(1 if found else 0)
    changed = sum(len(names) for names in differed.values())
    if as_json:
        click.echo(json.dumps({"units": units, "changed": changed, **differed}))
    else:
        put_right = changed - len(differed["deleted"])
        click.echo(f"{units:,} units folded anew; {put_right:,} differed and were put right.")
        for kind, names in differed.items():
            for name in names[:TOLD]:
                click.echo(f"  {kind}: {name}")
    sys.exit(1 if changed else 0)


RULES_FIRST = (
    "The stored states are of older rules than this version’s. `tracker init` applies the new ones"
    " once; `tracker ledger rebuild` tells before what that changes."
)


def apply_rules() -> None:
    """Fold the stories that are there by this version's rules, if that is due; tell what changed.

    Must run in the application's context.
    """
    with folding() as progress:
        found = rebuilding.apply_rules(now=clock.now(), progress=progress)
    if found is not None and found.units:
        click.echo(as_text(found, "changed"))
    if found is not None and (found.opened or found.reopened):
        click.echo(f"What was opened waits as one review, {rebuilding.REVIEW}: see /discrepancies.")


@contextmanager
def folding() -> Iterator[Progress]:
    """A bar on a terminal; nothing where a program listens."""
    unseen = not sys.stderr.isatty()
    whole = max(ledger.units(), 1)
    with click.progressbar(length=whole, label="Folding", file=sys.stderr, hidden=unseen) as bar:
        yield bar.update


def as_text(found: Found, verb: str) -> str:
    """What a rebuild found, by kind, in sentences."""
    lines = [f"{found.units:,} units folded; {found.changed:,} {verb}:"]
    for kind in Change:
        if found.kinds[kind]:
            names = _listed(found.named[kind], found.kinds[kind])
            lines.append(f"{found.kinds[kind]:>9,}  {KINDS[kind]} ({names})")
    for code, members in found.unnamed:
        said = "; ".join(f"{name}: {was} -> {now}" for name, (was, now) in members.items())
        lines.append(f"           {code}  {said}")
    cases = (
        ("opened", found.opened),
        ("closed", found.healed),
        ("opened again", found.reopened),
    )
    told: tuple[tuple[int, str, Sequence[str]], ...] = (
        (len(found.boxes), "a box in another pallet, or in none", found.boxes),
        (found.shares, "a scan of a box joins the story of a unit in it", ()),
        (found.arrivals, "what became of it on its consignments worked out anew", ()),
        *((kinds.total(), f"discrepancies {what}: {_counted(kinds)}", ()) for what, kinds in cases),
        (len(found.tallies), "numbers in the donors’ counts corrected", ()),
        (len(found.deleted), "rows deleted of which there are stories", found.deleted),
    )
    for number, what, named in told:
        if number:
            which = f" ({_listed(named[:TOLD], number)})" if named else ""
            lines.append(f"{number:>9,}  {what}{which}")
    return "\n".join(lines) if found else f"{found.units:,} units folded; nothing {verb}."


def as_object(found: Found) -> dict[str, Any]:
    """The same for a program."""
    return {
        "units": found.units,
        "changed": found.changed,
        "kinds": dict(found.kinds),
        "named": found.named,
        "unnamed": [
            {"code": code, "members": {name: [str(v) for v in pair] for name, pair in said.items()}}
            for code, said in found.unnamed
        ],
        "boxes": found.boxes,
        "shares": found.shares,
        "arrivals": found.arrivals,
        "opened": dict(found.opened),
        "closed": dict(found.healed),
        "opened_again": dict(found.reopened),
        "tallies": found.tallies,
        "deleted": found.deleted,
        "rules": RULES,
    }


def _listed(names: Sequence[str], whole: int) -> str:
    more = f", and {whole - len(names):,} more" if whole > len(names) else ""
    return ", ".join(names) + more


def _counted(kinds: Counter[str]) -> str:
    return ", ".join(f"{number:,} {kind}" for kind, number in sorted(kinds.items()))
