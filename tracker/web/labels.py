"""The page of a scanned label, `/s/<code>`: what this is, and the one next step as a big button.

To whoever is not signed in every code answers with the same bytes: whom to call, and a form for
"I found this". So a code tells a stranger nothing, not even whether it was ever issued.
"""

from __future__ import annotations

from typing import Any, cast
from uuid import uuid4

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from tracker import clock
from tracker.domain.lifecycle import STEPS, Leaving, Move, Need, Rung, Status, allowed, next_step
from tracker.domain.permissions import Action, Actor, Scope, scannable
from tracker.domain.scans import KEPT, Findings, Mode, Outcome, Result, Scan
from tracker.errors import InvalidValue, NotFound
from tracker.queries import items, labels
from tracker.schemas.forms.found_reports import Found
from tracker.schemas.forms.labels import TakenStep
from tracker.services import found_reports
from tracker.services.asking import record_answered
from tracker.services.codes import read_code, read_identifier
from tracker.services.labels import replace
from tracker.web import search
from tracker.web.frame.forms import event_id, said, typed
from tracker.web.frame.gate import actor, current_actor, needs, open_to_anyone
from tracker.web.frame.limits import limiter
from tracker.web.words import terms
from tracker.web.words.questions import asked as asked_in_words

blueprint = Blueprint("labels", __name__)

LATELY = 30
TEXTS = ("location", "consignment", "receiver", "act", "report", "condition", "note")


@blueprint.get("/s/<code>")
@blueprint.get("/S/<code>")
@open_to_anyone("a stranger gets the same bytes for every code")
def show_label(code: str) -> Any:
    """What the label is, for staff; the finder's page for everybody else."""
    reader = current_actor()
    if reader is None or not reader.may(Action.READ_ITEMS):
        return _stranger()
    return _staff_page(code, reader)


@blueprint.post("/s/<code>")
@blueprint.post("/S/<code>")
@open_to_anyone("whoever found a unit may say so")
@limiter.limit("5 per minute")
def report_found(code: str) -> Any:
    """Keep a finder's words for the coordinators; the answer is the same for every code."""
    found_reports.keep(code, **said(Found), now=clock.now())
    return _stranger(thanked=True)


@blueprint.post("/s/<code>/steps/<step>")
@needs(Action.READ_ITEMS)
def take_step(code: str, step: str) -> Any:
    """Record one step of the unit or box in front of the person, live."""
    reader = actor()
    if step not in STEPS or step not in scannable(reader):
        raise NotFound
    form = said(TakenStep)
    scan = _scan(code, step, form)
    how: dict[str, Any] = {"sent_at": scan.occurred_at, "now": scan.occurred_at, "by": reader}
    outcome = record_answered(scan, form["answer"], mode=Mode.LIVE, **how)
    if outcome.result in KEPT:
        is_odd = outcome.discrepancy or outcome.units == 0
        flash(_message(outcome, step), "warning" if is_odd else "success")
        listed = 1 if form["listed"] else None
        return redirect(url_for("labels.show_label", code=code, listed=listed), 303)
    page = _staff_page(code, reader, outcome=outcome, asked=step, form=form)
    return (page, 409) if isinstance(page, str) else page


@blueprint.post("/items/<code>/replace")
@needs(Action.PRINT_LABELS)
def replace_label(code: str) -> Any:
    """Give a unit whose label is damaged a new one, and lead to printing it."""
    new = replace(code, by=actor(), now=clock.now())
    flash(gettext("The unit has a new label now. Print it and stick it over the old one."))
    return redirect(url_for("printing.choose", what="items", item=new), 303)


def _stranger(*, thanked: bool = False) -> Any:
    page = render_template(
        "labels/stranger.html", contact=current_app.config["CONTACT"], thanked=thanked
    )
    answer = current_app.response_class(page, 200)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _staff_page(
    code: str,
    reader: Actor,
    *,
    outcome: Outcome | None = None,
    asked: str | None = None,
    form: dict[str, Any] | None = None,
) -> Any:
    label = _state(code)
    if label and label.location:
        return redirect(url_for("locations.show_location", ref=label.location), 303)
    box = (
        labels.box_contents(label.handling_unit, reader) if label and label.handling_unit else None
    )
    item: Any = None if box else search.item_named(code, reader)
    if box is None and item is None:
        return render_template("labels/unknown.html", state=label, code=code), 404
    status = _status_of_box(box) if box else (Status(item.status) if item.status else None)
    may = scannable(reader) & {step.id for step in STEPS.values() if step.takes_a_scan}
    fitting = [step for step in allowed(status) if step in may]
    first = next_step(status, may)
    return render_template(
        "labels/show.html",
        code=code,
        box=box,
        item=item,
        status=status,
        first=first,
        others=[step for step in fitting if step != first],
        steps=STEPS,
        Leaving=Leaving,
        Move=Move,
        Need=Need,
        choices=labels.choices(item.pledge if item else None, reader, _own(reader)),
        scan_id=str(uuid4()),
        outcome=outcome,
        asked=asked,
        question=asked_in_words(outcome.question) if outcome and outcome.question else None,
        answers=form["answer"] if form else [],
        listed=bool(form["listed"] if form else request.args.get("listed")),
        said=typed(),
        terminal=item is not None and item.product_kind == "satellite_terminal",
        story=items.story(item.id, reader, last=LATELY)[::-1] if item else [],
        rungs=[(rung, getattr(item, f"{rung.value}_at")) for rung in Rung] if item else [],
        state=label,
    )


def _state(code: str) -> labels.Scanned | None:
    try:
        return labels.scanned_label(read_code(code))
    except InvalidValue:
        return None


def _status_of_box(box: labels.BoxContents) -> Status | None:
    """The status that most of a box's units have: what a step of the box starts from."""
    if not box.units:
        return None
    most = max(box.units, key=lambda status: (box.units[status], status))
    return Status(most) if most else None


def _own(reader: Actor) -> frozenset[str] | None:
    """The locations a form offers: an actor's own, or all for those who may scan anywhere."""
    everywhere = any(
        reader.scope(action) is Scope.ALL for action in (Action.SCAN_STOCK, Action.SCAN_FIELD)
    )
    return None if everywhere else reader.locations


def _scan(code: str, step: str, form: dict[str, Any]) -> Scan:
    second, unit = form["second_identifier"], form["handling_unit"]
    asked = STEPS[step].asks
    findings = cast(Findings, {name: form[name] == "yes" for name in asked if form[name]})
    return Scan(
        id=event_id(form["id"]),
        code=read_code(code),
        step=step,
        occurred_at=clock.now(),
        second_identifier=read_identifier(second) if second else None,
        handling_unit=read_code(unit) if unit else None,
        findings=findings or None,
        sighted=False if form["listed"] else None,
        confirm=form["confirm"],
        **{name: form[name] for name in TEXTS},
    )


def _message(outcome: Outcome, step: str) -> str:
    if outcome.result is Result.DUPLICATE:
        return str(gettext("This was recorded already."))
    done = str(terms.DONE.get(step, step))
    if outcome.discrepancy:
        return str(
            gettext("Kept: %(done)s. Something does not fit and waits for a person.", done=done)
        )
    if outcome.units == 0:
        return str(gettext("Nothing lies in it by the ledger: scan the units one by one."))
    if outcome.units != 1:
        return str(
            gettext("Recorded for %(units)s units: %(done)s.", units=outcome.units, done=done)
        )
    return str(gettext("Recorded: %(done)s.", done=done))


def init_app(app: Flask) -> None:
    """Register the pages; a finder has no session that a form could misuse."""
    from tracker.web import csrf

    csrf.exempt(report_found)
    app.register_blueprint(blueprint)
