"""`tracker share ...`: links that show one pledge to its donor, without an account."""

from __future__ import annotations

import json
from typing import Any

import click
from flask import current_app

from tracker import clock
from tracker.commands.application import application
from tracker.domain.permissions import SYSTEM
from tracker.errors import NotFound
from tracker.queries import donors
from tracker.services import shares


@click.group("share")
def group() -> None:
    """Links that show one pledge to its donor."""


@group.command("new")
@click.argument("pledge")
@click.option(
    "--days",
    type=click.IntRange(1, shares.LONGEST_DAYS),
    default=90,
    show_default=True,
    help="The link ends after so many days.",
)
@click.option("--json", "as_json", is_flag=True, help="Answer for a program.")
def new(pledge: str, days: int, as_json: bool) -> None:
    """Make a link to PLEDGE; it is printed this once."""
    with application():
        token = shares.make_share(pledge, days=days, by=SYSTEM, now=clock.now())
        scheme = "https" if current_app.config["SECURE_COOKIES"] else "http"
        link = f"{scheme}://{current_app.config['HOST']}/d/#{token}"
    if as_json:
        click.echo(json.dumps({"pledge": pledge, "days": days, "link": link}))
        return
    click.echo(f"Link to {pledge} for {days} days, shown only now:\n  {link}")


@group.command("list")
@click.argument("pledge")
@click.option("--json", "as_json", is_flag=True, help="Answer for a program.")
def list_links(pledge: str, as_json: bool) -> None:
    """All links to PLEDGE, newest first: number, state, end, uses."""
    with application():
        found = donors.shares_of(pledge)
        if found is None:
            raise NotFound
        rows = [_serialised(row) for row in found]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        used = f"used {row['uses']:,} times" if row["uses"] != 1 else "used once"
        click.echo(f"{row['number']}\t{row['state']}\tends {row['ends_on']}\t{used}")


@group.command("revoke")
@click.argument("number", type=click.IntRange(1, 2**31 - 1))
def revoke(number: int) -> None:
    """Withdraw the link NUMBER at once."""
    with application():
        shares.revoke_share(number, by=SYSTEM, now=clock.now())
    click.echo(f"Link {number} opens nothing any more.")


def _serialised(row: Any) -> dict[str, Any]:
    """A link in words; its token is kept nowhere and so cannot be told."""
    now = clock.now()
    state = "withdrawn" if row.revoked_at else "ended" if row.expires_at <= now else "open"
    return {
        "number": row.id,
        "state": state,
        "made_by": row.made_by,
        "ends_on": clock.day_in_kyiv(row.expires_at).isoformat(),
        "uses": row.uses,
    }
