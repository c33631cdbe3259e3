"""The first page after signing in: what needs this reader, and the box that finds anything."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from tracker import clock
from tracker.domain.permissions import Action, Actor, Role
from tracker.queries import discrepancies, found_reports, items, pledges, proposals, releases
from tracker.web import search
from tracker.web.frame.gate import actor, needs, open_to_anyone

blueprint = Blueprint("home", __name__)

IN_PROGRESS = frozenset(
    {"announced", "in_stock", "packed", "in_transit", "handed_over", "returning", "in_repair"}
)


@blueprint.get("/")
@open_to_anyone("who is not signed in is led to the sign-in page; others see their own start")
def start() -> Any:
    """What needs this reader."""
    reader = actor()
    if reader.role is Role.DONOR:
        return redirect(url_for("donors.list_own"), 303)
    return render_template(
        "home/start.html",
        waiting=_waiting(reader),
        oldest=_oldest(reader),
        found=found_reports.waiting() if reader.may(Action.SETTLE_DISCREPANCY) else 0,
        proposed=proposals.waiting() if reader.may(Action.WRITE_OFF) else 0,
        photos=releases.how_many_wait() if reader.may(Action.RELEASE) else 0,
        pledges=_in_progress(reader),
    )


@blueprint.get("/find")
@needs(Action.READ_ITEMS)
def find() -> Any:
    """The page of what was scanned or typed: a code, an identifier, or part of one."""
    sought = request.args.get("q", "").strip()[:200]
    if not sought:
        return redirect(url_for("home.start"), 303)
    reader = actor()
    fragments = items.may_search_fragments(reader)
    if item := search.item_named(sought, reader):
        return redirect(url_for("items.show_item", code=item.code), 303)
    if reader.may(Action.READ_CONSIGNMENTS) and (box := search.box_named(sought, reader)):
        return redirect(url_for("boxes.show_box", code=box), 303)
    found = items.find_items(reader, q=sought, limit=2, fragments=fragments).rows
    if len(found) == 1:
        return redirect(url_for("items.show_item", code=found[0].code), 303)
    return redirect(url_for("items.list_items", q=sought), 303)


def _waiting(reader: Actor) -> discrepancies.Load | None:
    if not reader.may(Action.READ_DISCREPANCIES):
        return None
    return discrepancies.waiting(clock.day_in_kyiv(clock.now()), reader)


def _oldest(reader: Actor) -> list[discrepancies.Case]:
    if not reader.may(Action.READ_DISCREPANCIES):
        return []
    return list(discrepancies.list_discrepancies(reader, limit=5).rows)


def _in_progress(reader: Actor) -> list[pledges.PledgeRow]:
    if not reader.may(Action.READ_PLEDGES):
        return []
    rows = pledges.pledge_rows(reader).rows
    return [row for row in rows if IN_PROGRESS & row.by_status.keys()][:6]
