"""`tracker demo`: a real pledge on its way, people to sign in as, and a link for its donor."""

from __future__ import annotations

import json
import os
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT = "demonstration.json"


@click.command()
@click.option("--show", is_flag=True, help="Only print the sign-ins again.")
def demo(show: bool) -> None:
    """Load the demonstration into a new database, and print how to sign in."""
    file = Path(os.environ.get("TRACKER_HOME", "instance")) / KEPT
    if not show:
        told = _load()
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(told, stream)
    elif not file.is_file():
        click.echo("There is no demonstration here. Make an account: tracker user add --help")
        return
    _print(json.loads(file.read_text(encoding="utf-8")))


def _load() -> dict[str, Any]:
    from tracker import clock
    from tracker.commands.application import application
    from tracker.errors import Conflict
    from tracker.services.demonstration import has_pledges

    with application():
        if has_pledges():
            raise Conflict("There are pledges here already; a demonstration needs a new database.")
        now = clock.now()
        with click.progressbar(length=2950, label="Telling a story") as bar:
            _import_files(now)
            code = _tell(now, bar.update)
        return {**_people(now), "label": code, "link": _share(now)}


def _import_files(now: datetime) -> None:
    from tracker.commands.imports import import_file
    from tracker.services.demonstration import DAYS

    folder = Path(__file__).resolve().parent.parent / "reference" / "demonstration"
    begin = now - timedelta(days=DAYS)
    for noun in ("parties", "products", "locations", "pledges", "items"):
        name = "items-PL-2022-11.csv" if noun == "items" else f"{noun}.csv"
        import_file(noun, (folder / name).read_bytes(), name, now=begin)


def _tell(now: datetime, progress: Callable[[int], None]) -> str:
    """The story, its monthly snapshots and its signature; a label to look at."""
    from tracker import clock
    from tracker.ledger import checkpoints
    from tracker.services.demonstration import Story
    from tracker.services.snapshots import month_before, take_snapshots

    story = Story(now, progress)
    story.tell()
    newest = month_before(clock.day_in_kyiv(now))
    for month in (month_before(newest), newest):
        take_snapshots(_first(month), now=now)
    while checkpoints.sequence():
        pass
    checkpoints.sign_checkpoint(checkpoints.notary(), now=now)
    return story.units[700].code


def _first(month: date) -> date:
    return month.replace(day=1)


PEOPLE: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("alice", "coordinator", "everything but accounts",
     {"oblasts": ("UA46", "UA63", "UA59", "UA74", "UA80")}),
    ("bob", "warehouse", "receives, packs and ships in Lviv", {"locations": ("LVIV-1",)}),
    ("charlie", "field", "hands over and deploys at one site", {"locations": ("SITE-001",)}),
    ("diana", "donor", "sees Poland’s pledges", {"party": "PL"}),
    ("erin", "auditor", "reads all, identifiers masked", {}),
    ("adam", "admin", "accounts and devices", {}),
)  # fmt: skip


def _people(now: datetime) -> dict[str, Any]:
    from tracker.domain.permissions import SYSTEM, Role
    from tracker.services import devices, people

    people.lay_roles()
    told = []
    for name, role, can, where in PEOPLE:
        email = f"{name}@example.org"
        password = people.add_account(
            email, Role(role), name=name.capitalize(), by=SYSTEM, now=now, **where
        )
        told.append({"email": email, "password": password, "role": role, "can": can})
    token = devices.add_device("demonstration", Role.COORDINATOR, by=SYSTEM, now=now)
    return {"people": told, "device": token}


def _share(now: datetime) -> str:
    from tracker.domain.permissions import SYSTEM
    from tracker.services.demonstration import PLEDGE
    from tracker.services.shares import make_share

    return make_share(PLEDGE, days=365, by=SYSTEM, now=now)


def _print(told: dict[str, Any]) -> None:
    host = os.environ.get("TRACKER_HOST", "localhost:8000")
    click.echo("\nThe demonstration: 1,570 terminals of PL-2022-11. Sign in as")
    for person in told["people"]:
        click.echo(
            f"  {person['email']:<20} {person['password']:<21} {person['role']}: {person['can']}"
        )
    click.echo(f"A donor’s link   http://{host}/d/#{told['link']}")
    click.echo(f"A unit’s label   http://{host}/s/{told['label']}")
    click.echo(f"A device’s token {told['device']}   (docs/api.md)")
    click.echo("Donors see each day three days later; TRACKER_DONOR_DELAY_DAYS=0 shows it at once.")
