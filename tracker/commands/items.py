"""`tracker item CODE`: one unit and its story."""

from __future__ import annotations

import json

import click

from tracker.commands.application import application
from tracker.domain.permissions import SYSTEM
from tracker.errors import NotFound
from tracker.queries import items
from tracker.services.codes import read_code, show


@click.command()
@click.argument("code")
@click.option("--json", "as_json", is_flag=True, help="Answer for a program.")
def item(code: str, as_json: bool) -> None:
    """Show the unit that CODE (printed code, address, maker's number) names."""
    with application():
        canonical = read_code(code)
        found = items.item_by_code(canonical, SYSTEM)
        found = found or items.item_by_identifier(canonical, SYSTEM)
        if found is None:
            raise NotFound(f"{code} names no unit.")
        told = {
            "code": found.code,
            "pledge": found.pledge,
            "product": found.product,
            "status": found.status,
            "condition": found.condition,
            "location": found.location,
            "story": [
                {"step": e.step, "effective_at": e.effective_at.isoformat(), "by": e.by}
                for e in items.story(found.id, SYSTEM)
            ],
        }
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    click.echo(f"{show(str(told['code']))}  {told['product']}  {told['pledge']}")
    click.echo(f"{told['status']}, {told['condition']}, at {told['location'] or 'no place'}")
    for event in told["story"]:
        click.echo(f"  {event['effective_at'][:16]}  {event['step']:<18} {event['by']}")
