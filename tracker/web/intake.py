"""Intake without a manifest: a blank label, then the maker's codes, one unit after another.

With a script the page stays open and keeps what it has not sent; without one it is a plain form.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, jsonify, render_template, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from tracker import clock
from tracker.domain.permissions import Action, Scope
from tracker.domain.texts import few_enough, fitting
from tracker.errors import (
    ChooseProduct,
    InvalidValue,
    LineFull,
    NeedIdentifier,
    NotFound,
    Refusal,
)
from tracker.queries import labels, pledges
from tracker.schemas.forms.intake import Place, UnitToTakeIn
from tracker.services import intake
from tracker.services.codes import show
from tracker.services.intake import LATER, Arrival, TakenIn
from tracker.web.frame.forms import event_id, said, said_or_asked, typed
from tracker.web.frame.gate import actor, needs
from tracker.web.words import terms
from tracker.web.words.formats import product_name

blueprint = Blueprint("intake", __name__)

MOST_NUMBERS = 12  # of one unit

NOTE = {
    "Cyrillic letters that look Latin were read as Latin": _l(
        "Cyrillic letters that look Latin were read as Latin."
    ),
    "typed with the Ukrainian keyboard, read as Latin": _l(
        "Typed with the Ukrainian keyboard, read as Latin."
    ),
    "blanks inside were left out": _l("Blanks inside were left out."),
}


@blueprint.get("/intake")
@needs(Action.SCAN_STOCK)
def show_intake() -> str:
    """The page, for a pledge and a place that the address says."""
    return _page(None, None)


@blueprint.post("/intake")
@needs(Action.SCAN_STOCK)
def take_in() -> Any:
    """One unit by the plain form."""
    try:
        unit = said(UnitToTakeIn)
        arrival = Arrival(
            event_id(unit["id"]), unit["label"], unit["numbers"], unit["product"], unit["confirm"]
        )
        taken = _take_in(arrival, unit["pledge"], unit["location"])
    except Refusal as problem:
        if problem.status not in (409, 422):
            raise
        return _page(None, problem), problem.status
    return _page(taken, None)


@blueprint.post("/intake/units")
@needs(Action.SCAN_STOCK)
def take_in_by_script() -> Response:
    """One unit by the page's script: what became of it, in words; never a refusal as such."""
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict) or not isinstance(sent.get("numbers"), list):
        raise InvalidValue("The page was not complete. Load it again.")
    unit = event_id(sent.get("id"))
    try:
        taken = _take_in(
            _sent(unit, sent), str(sent.get("pledge", "")), str(sent.get("location", ""))
        )
    except Refusal as problem:
        if problem.status not in (409, 422):
            raise
        return jsonify(_refused(problem))
    lines = _lines(taken)
    return jsonify(
        {
            "sort": "again" if taken.again else "gap" if taken.over else "recorded",
            "code": show(taken.code),
            "name": _product(taken.product),
            "lines": lines,
            "title": lines[0],
        }
    )


def _sent(unit: str, sent: dict[str, Any]) -> Arrival:
    """One unit as the page's script says it. Raises TooLong."""
    few_enough(len(sent["numbers"]), MOST_NUMBERS, "numbers")
    return Arrival(
        unit,
        fitting(str(sent.get("label", "")), 200, "label"),
        tuple(fitting(str(one), 200, "numbers") for one in sent["numbers"]),
        fitting(str(sent.get("product") or ""), 32, "product") or None,
        sent.get("confirm") is True,
    )


def _take_in(arrival: Arrival, pledge: str, location: str) -> TakenIn:
    return intake.take_in(arrival, pledge=pledge, location=location, by=actor(), now=clock.now())


def _refused(problem: Refusal) -> dict[str, Any]:
    told: dict[str, Any] = {
        "sort": "refused",
        "title": gettext(problem.title),
        "lines": [text for text in (problem.in_words(gettext), gettext(problem.next_step)) if text],
    }
    if isinstance(problem, ChooseProduct):
        told |= {"sort": "pair", "choose": _choices(problem)}
    if isinstance(problem, LineFull):
        told["over"] = True
    told["sure"] = bool(problem.extra.get("may_confirm"))
    if isinstance(problem, NeedIdentifier):
        told |= {"sort": "pair", "missing": problem.extra["missing"]}
        told["lines"] = [", ".join(str(terms.SCHEME[one]) for one in problem.extra["missing"])]
    return told


def _choices(problem: ChooseProduct) -> list[list[str]]:
    return [[ref, _product(ref)] for ref in problem.extra["products"]]


def _lines(taken: TakenIn) -> list[str]:
    if taken.again:
        return [gettext("This unit has been taken in already.")]
    told = [gettext("Taken in: in stock now.")]
    if taken.over:
        told.append(gettext("More than the pledge promised: a person settles it."))
    return told + [str(NOTE.get(note, note)) for note in taken.notes]


def _product(ref: str) -> str:
    names = pledges.product(ref)
    return product_name(names) if names else ref


def _page(taken: TakenIn | None, problem: Refusal | None) -> str:
    reader = actor()
    place = said_or_asked(Place)
    everywhere = reader.scope(Action.SCAN_STOCK) is Scope.ALL
    places = labels.choices(None, reader, None if everywhere else reader.locations).locations
    pledge = place["pledge"]
    lines = pledges.products_of(pledge) if pledge else []
    if pledge and not lines:
        raise NotFound
    return render_template(
        "intake/show.html",
        pledge=pledge,
        location=place["location"],
        places=places,
        pledges=pledges.pledge_refs(),
        products=lines,
        wanted={
            line.ref: [s for s in line.identifiers.split() if s not in LATER] for line in lines
        },
        scheme=terms.SCHEME,
        taken=taken,
        told=_lines(taken) if taken else [],
        name=_product(taken.product) if taken else "",
        problem=problem,
        choose=_choices(problem) if isinstance(problem, ChooseProduct) else [],
        full=isinstance(problem, LineFull),
        sure=problem is not None and bool(problem.extra.get("may_confirm")),
        missing=problem.extra["missing"] if isinstance(problem, NeedIdentifier) else [],
        unit=str(uuid4()) if problem is None else place["id"],
        again=typed() if problem is not None else {},
    )


def _wanted(identifiers: str) -> list[str]:
    """What must be scanned of a unit before it is whole."""
    return [scheme for scheme in identifiers.split() if scheme not in LATER]
