"""Discrepancies on screen: the list by age, and one with the form that settles it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from tracker import clock
from tracker.domain.permissions import Action
from tracker.errors import InvalidValue, NotFound, Refusal
from tracker.queries import discrepancies
from tracker.schemas.forms.discrepancies import Settled
from tracker.services import readings
from tracker.services.decisions import admit, decide
from tracker.services.discrepancies import take as take_on
from tracker.web.claims import claims_of
from tracker.web.frame.forms import LARGEST_NUMBER, asked_number, said, typed
from tracker.web.frame.gate import actor, needs

blueprint = Blueprint("discrepancies", __name__)

ONE = f"/discrepancies/<int(max={LARGEST_NUMBER}):number>"

STATES = ("open", "healed", "settled")
KINDS = (
    "gap", "misfit", "wrong_serial", "label_only", "unknown_code", "clock", "loss", "theft",
    "suspected_diversion", "short", "over", "damaged", "conflict", "left_box", "elsewhere",
    "second_person", "partly_seen", "not_booked", "act_missing",
)  # fmt: skip


@blueprint.get("/discrepancies")
@needs(Action.READ_DISCREPANCIES)
def list_discrepancies() -> str:
    """What waits, oldest first; what newer rules found in old stories as one entry a batch."""
    state = request.args.get("state", "open")
    kind = request.args.get("kind", "")
    state = state if state in (*STATES, "all") else "open"
    kind = kind if kind in KINDS else ""
    mine = bool(request.args.get("mine"))
    review = request.args.get("review", "")[:20]
    wanted, of_kind = None if state == "all" else state, kind or None
    page = discrepancies.list_discrepancies(
        actor(),
        state=wanted,
        kind=of_kind,
        owner=actor().ref if mine else None,
        review=review or None,
        after=asked_number("after"),
    )
    asked: dict[str, Any] = {
        "state": state,
        "kind": of_kind,
        "mine": "1" if mine else None,
    }
    following = None
    if page.after:
        following = url_for(
            "discrepancies.list_discrepancies", **asked, review=review or None, after=page.after
        )
    return render_template(
        "discrepancies/list.html",
        page=page,
        review=review,
        reviews=[]
        if review or mine
        else discrepancies.reviews(actor(), state=wanted, kind=of_kind),
        asked=asked,
        state=state,
        kind=kind,
        mine=mine,
        states=STATES,
        kinds=KINDS,
        following=following,
        today=clock.day_in_kyiv(clock.now()),
    )


@blueprint.get(ONE)
@needs(Action.READ_DISCREPANCIES)
def show_discrepancy(number: int) -> str:
    """One discrepancy: what does not fit, what is known, and who settles it."""
    return _page(number)


@blueprint.post(f"{ONE}/settle")
@needs(Action.SETTLE_DISCREPANCY)
def settle(number: int) -> Any:
    """Keep a decision."""
    try:
        _decide(number, said(Settled))
    except InvalidValue as problem:
        return _page(number, problem), problem.status
    flash(gettext("Settled. The decision stays with the discrepancy."), "success")
    return redirect(url_for("discrepancies.show_discrepancy", number=number), 303)


def _decide(number: int, form: dict[str, Any]) -> None:
    decision, by, now = form["decision"], actor(), clock.now()
    if form["adopt"]:
        readings.adopt_reading(number, decision, by=by, now=now)
    elif form["admit"]:
        admit(number, decision, by=by, now=now)
    else:
        decide(number, decision, _event(form["wrong"]), by=by, now=now)


@blueprint.post(f"{ONE}/take")
@needs(Action.SETTLE_DISCREPANCY)
def take(number: int) -> Any:
    """Become the one who answers for it."""
    take_on(number, by=actor())
    return redirect(url_for("discrepancies.show_discrepancy", number=number), 303)


def _page(number: int, problem: Refusal | None = None) -> str:
    case = discrepancies.discrepancy(number, actor())
    if case is None:
        raise NotFound
    reader = actor()
    return render_template(
        "discrepancies/show.html",
        case=case,
        problem=problem,
        said=typed(),
        claims=claims_of(case, reader),
        is_own=reader.ref in (case.made_by, case.raised_by),
        may_settle=reader.may(Action.SETTLE_DISCREPANCY) and case.state == "open",
        today=clock.day_in_kyiv(clock.now()),
    )


def _event(text: str | None) -> str | None:
    try:
        return str(UUID(text)) if text else None
    except ValueError:
        raise InvalidValue("This is not the number of an event.", field="wrong") from None
