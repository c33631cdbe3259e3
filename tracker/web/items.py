"""Items on screen: lists with a search, one item with its story, and declaring an error."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from tracker import clock
from tracker.domain.custody import Verdict
from tracker.domain.identifiers import SCHEMES
from tracker.domain.lifecycle import DECLARING_ERROR, ERROR_REASONS, Rung, Status, allowed
from tracker.domain.permissions import Action, Actor, Scope
from tracker.domain.scans import KEPT, Mode, Scan
from tracker.errors import InvalidValue, NotAllowed, NotFound
from tracker.ledger.record import record
from tracker.queries import discrepancies, items, locations, pledges, proposals
from tracker.schemas.forms.items import DeclaredError
from tracker.services.asking import taken_out_beside
from tracker.web import search
from tracker.web.frame.forms import asked_number, event_id, said
from tracker.web.frame.gate import actor, needs

blueprint = Blueprint("items", __name__)

FILTERS = ("status", "location", "pledge", "q")
PAGE = 50
NEWEST = 200
"""How many events of a story a page shows."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a story with what the fold made of it; `may_declare` for this reader."""

    event: items.StoryEvent
    verdict: Verdict | None
    may_declare: bool

    @property
    def is_late(self) -> bool:
        """Whether the ledger heard of it a day or more after it happened."""
        return self.event.recorded_at - self.event.effective_at >= timedelta(days=1)


@blueprint.get("/items")
@needs(Action.READ_ITEMS)
def list_items() -> str:
    """Items by status, location, pledge, and any part of any identifier."""
    reader = actor()
    asked = {name: request.args.get(name, "").strip()[:200] for name in FILTERS}
    if asked["status"] not in set(Status):
        asked["status"] = ""
    page = items.find_items(
        reader,
        status=asked["status"] or None,
        location=asked["location"] or None,
        pledge=asked["pledge"] or None,
        q=asked["q"],
        after=asked_number("after"),
        limit=PAGE,
        fragments=items.may_search_fragments(reader),
    )
    following = url_for("items.list_items", **_given(asked), after=page.after)
    return render_template(
        "items/list.html",
        page=page,
        asked=asked,
        following=following if page.after else None,
        statuses=list(Status),
        places=locations.refs_but_sites(reader),
        pledges=pledges.pledge_refs(),
    )


@blueprint.get("/items/<code>")
@needs(Action.READ_ITEMS)
def show_item(code: str) -> Any:
    """One item: what it is, where it stands, how that is proved, and its story."""
    item = _item(code)
    if item.code != code:
        return redirect(url_for("items.show_item", code=item.code), 303)
    reader = actor()
    return render_template(
        "items/show.html",
        item=item,
        story=_shown(item, reader),
        readings=items.identifiers_of(item.id, items.identifier_scope(item, reader)),
        rungs=[(rung, getattr(item, f"{rung.value}_at")) for rung in Rung],
        discrepancies=_open(item, reader),
        reasons=ERROR_REASONS,
        schemes=SCHEMES,
        proposed=bool(reader.may(Action.WRITE_OFF) and proposals.open_proposals(item.id)),
        may_write_off=reader.may(Action.WRITE_OFF)
        and "decommissioning" in allowed(Status(item.status)),
    )


@blueprint.post("/items/<code>/declare")
@needs(Action.DECLARE_ERROR)
def declare_error(code: str) -> Any:
    """Keep a new event that says an earlier one is wrong; the earlier one stays."""
    item = _item(code)
    form = said(DeclaredError)
    declared, reason = event_id(form["event"]), form["reason"]
    if reason not in ERROR_REASONS:
        raise InvalidValue("Choose whether it did not happen or was recorded wrongly.")
    now = clock.now()
    scan = Scan(
        id=str(uuid4()),
        code=item.code,
        step=DECLARING_ERROR,
        occurred_at=now,
        note=form["note"],
        declares=declared,
        reason=reason,
    )
    scans, beside = [scan], taken_out_beside(declared)
    if beside is not None:
        scans.append(replace(scan, id=str(uuid4()), declares=beside))
    outcome, *_ = record(scans, sent_at=now, mode=Mode.LIVE, by=actor(), now=now)
    if outcome.result not in KEPT:
        raise NotAllowed
    flash(gettext("Kept. The earlier record stays readable and no longer counts."), "success")
    return redirect(url_for("items.show_item", code=item.code), 303)


def _item(code: str) -> Any:
    item = search.item_named(code, actor())
    if item is None:
        raise NotFound
    return item


def _shown(item: Any, reader: Actor) -> list[Told]:
    told = items.folded_story(item.id, reader)
    story, verdicts = told.events, told.verdicts
    reach = reader.scope(Action.DECLARE_ERROR)
    return [
        Told(
            event,
            verdicts.get(event.id),
            event.declared is None
            and event.step not in (DECLARING_ERROR, "announcing")
            and (reach is Scope.ALL or (reach is Scope.OWN and event.by == reader.ref)),
        )
        for event in story[: -NEWEST - 1 : -1]
    ]


def _open(item: Any, reader: Actor) -> list[discrepancies.Case]:
    if not reader.may(Action.READ_DISCREPANCIES):
        return []
    return discrepancies.open_discrepancies(item.id, actor())


def _given(asked: dict[str, str]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if value}
