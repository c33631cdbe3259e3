"""Intake without a manifest: a blank label, then the maker's codes, one unit after another.

With a script the page stays open and keeps what it has not sent; without one it is a plain form.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, Response, jsonify, render_template, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from tracker import clock
from tracker.domain.permissions import Action, Scope
from tracker.errors import ChooseProduct, InvalidValue, LineFull, NeedIdentifier, NotFound, Refusal
from tracker.queries import labels, pledges
from tracker.services import intake
from tracker.services.codes import show
from tracker.services.intake import LATER, Arrival, TakenIn
from tracker.web import terms
from tracker.web.formats import product_name
from tracker.web.gate import actor, needs

blueprint = Blueprint("intake", __name__)

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
    said = request.form
    arrival = Arrival(
        _uuid(said.get("id")),
        said.get("label", "")[:200],
        tuple(line.strip()[:200] for line in said.get("numbers", "").splitlines() if line.strip()),
        said.get("product") or None,
        said.get("confirm") == "yes",
    )
    try:
        taken = _take_in(arrival, said.get("pledge", ""), said.get("location", ""))
    except Refusal as problem:
        if problem.status not in (409, 422):
            raise
        return _page(None, problem), problem.status
    return _page(taken, None)


@blueprint.post("/intake/units")
@needs(Action.SCAN_STOCK)
def take_in_by_script() -> Response:
    """One unit by the page's script: what became of it, in words; never a refusal as such."""
    said = request.get_json(silent=True)
    if not isinstance(said, dict) or not isinstance(said.get("numbers"), list):
        raise InvalidValue("The page was not complete. Load it again.")
    arrival = Arrival(
        _uuid(said.get("id")),
        str(said.get("label", ""))[:200],
        tuple(str(one)[:200] for one in said["numbers"][:12]),
        str(said["product"])[:32] if said.get("product") else None,
        said.get("confirm") is True,
    )
    try:
        taken = _take_in(arrival, str(said.get("pledge", "")), str(said.get("location", "")))
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


def _take_in(arrival: Arrival, pledge: str, location: str) -> TakenIn:
    return intake.take_in(arrival, pledge=pledge, location=location, by=actor(), now=clock.now())


def _refused(problem: Refusal) -> dict[str, Any]:
    told: dict[str, Any] = {
        "sort": "refused",
        "title": gettext(problem.title),
        "lines": [gettext(text) for text in (problem.detail, problem.next_step) if text],
    }
    if isinstance(problem, ChooseProduct):
        told |= {"sort": "pair", "choose": _choices(problem)}
    if isinstance(problem, LineFull):
        told["over"] = True
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
    said = request.form or request.args
    everywhere = reader.scope(Action.SCAN_STOCK) is Scope.ALL
    places = labels.choices(None, None if everywhere else reader.locations).locations
    pledge = said.get("pledge", "")
    lines = pledges.products_of(pledge) if pledge else []
    if pledge and not lines:
        raise NotFound
    again = said if problem is not None else {}
    return render_template(
        "intake/show.html",
        pledge=pledge,
        location=said.get("location") or (places[0] if len(places) == 1 else ""),
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
        missing=problem.extra["missing"] if isinstance(problem, NeedIdentifier) else [],
        unit=str(uuid4()) if problem is None else said.get("id", ""),
        again=again,
    )


def _wanted(identifiers: str) -> list[str]:
    """What must be scanned of a unit before it is whole."""
    return [scheme for scheme in identifiers.split() if scheme not in LATER]


def _uuid(said: Any) -> str:
    try:
        return str(UUID(said))
    except (AttributeError, TypeError, ValueError):
        raise InvalidValue("The page was not complete. Load it again.") from None
