"""/api/v1/pledges: what was promised, and how many units stand where."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from tracker import clock
from tracker.api.bodies import answer, read_body, read_query, stream
from tracker.api.describing import described
from tracker.domain.permissions import Action, Scope
from tracker.domain.sheets import Rows
from tracker.errors import Conflict, ImportRefused, InvalidValue, NotFound
from tracker.queries import pledges
from tracker.schemas.answers import KEPT_FROM_DONORS, PledgeRowSchema, PledgeSchema, PledgesSchema
from tracker.schemas.fields import Ref
from tracker.schemas.pledging import NewPledgeSchema
from tracker.schemas.searches import PledgeSearchSchema
from tracker.services.exports import epcis, iati
from tracker.services.imports.pledges import WHOLE, import_pledges
from tracker.web.frame.gate import actor, needs, scope

blueprint = Blueprint("api_pledges", __name__, url_prefix="/api/v1", description="Pledges")

REF = [{"in": "path", "name": "ref", "description": "The pledge's reference"}]

_rows, _one = PledgeRowSchema(many=True), PledgeSchema()
_rows_for_donors = PledgeRowSchema(many=True, exclude=("known", "by_status"))
_one_for_donors = PledgeSchema(exclude=KEPT_FROM_DONORS)


@blueprint.route("/pledges")
@described("Pledges", returns=PledgesSchema, query=PledgeSearchSchema, refuses=(422,))
@needs(Action.READ_PLEDGES)
def list_pledges() -> Response:
    """The pledges that this reader may know of, by their references."""
    found = pledges.pledge_rows(actor(), **read_query(PledgeSearchSchema))
    rows = _rows_for_donors if scope() is Scope.OWN else _rows
    return answer({"pledges": rows.dump(found.rows), "after": found.after})


@blueprint.route("/pledges/<ref>", parameters=REF)
@described("One pledge", returns=PledgeSchema, refuses=(404,))
@needs(Action.READ_PLEDGES)
def show_pledge(ref: str) -> Response:
    """A pledge with its lines, their revisions and the units by status."""
    found = pledges.pledge(_read(ref), actor())
    if found is None:
        raise NotFound
    one = _one_for_donors if scope() is Scope.OWN else _one
    return answer({**one.dump(found.row), **one.dump(found)})


@blueprint.route("/pledges/<ref>/epcis", parameters=REF)
@described(
    "The stories of a pledge's units as EPCIS 2.0 (JSON-LD)",
    media=epcis.MEDIA_TYPE,
    refuses=(404,),
)
@needs(Action.EXPORT_RECORDS)
def export_pledge(ref: str) -> Response:
    """Every event of a pledge's units in the words of EPCIS, sent as it is read."""
    ref = _read(ref)
    document = epcis.pledge_document(ref, by=actor(), now=clock.now())
    return stream(document, epcis.MEDIA_TYPE, f"{ref}.epcis.jsonld")


@blueprint.route("/pledges/<ref>/iati", parameters=REF)
@described("A pledge as an IATI 2.03 activity (XML)", media=iati.MEDIA_TYPE, refuses=(400, 404))
@needs(Action.EXPORT_RECORDS)
def publish_pledge(ref: str) -> Response:
    """What may be published of a pledge: no more than its donor sees."""
    ref = _read(ref)
    document = iati.pledge_document(ref, by=actor(), now=clock.now())
    return stream(iter([document]), iati.MEDIA_TYPE, f"{ref}.iati.xml")


@blueprint.route("/initiatives/<ref>/iati", parameters=REF)
@described(
    "The pledges of an initiative as IATI 2.03 activities (XML)",
    media=iati.MEDIA_TYPE,
    refuses=(400, 404),
)
@needs(Action.EXPORT_RECORDS)
def publish_initiative(ref: str) -> Response:
    """What may be published of an initiative's pledges, an activity for each."""
    ref = _read(ref)
    document = iati.initiative_document(ref, by=actor(), now=clock.now())
    return stream(iter([document]), iati.MEDIA_TYPE, f"{ref}.iati.xml")


@blueprint.route("/pledges", methods=["POST"])
@described(
    "Add a pledge",
    body=NewPledgeSchema,
    returns=PledgeSchema,
    status=201,
    refuses=(400, 409, 413, 415, 422),
)
@needs(Action.EDIT_PLEDGES)
def add_pledge() -> Response:
    """Add a pledge; the same pledge again is answered as it stands.

    A pledge that is there with other content is a conflict: it is changed on its own page, with a
    reason, and its history is kept.
    """
    new = NewPledgeSchema().load(read_body())
    rows = _rows_of(new)
    exists = pledges.pledge(new["ref"], actor()) is not None
    try:
        report = import_pledges(rows, by=actor(), now=clock.now(), dry_run=exists)
    except ImportRefused as refusal:
        raise InvalidValue(errors=_by_place(refusal)) from None
    if exists and (report.added or report.changed):
        raise Conflict("A pledge with this reference exists and says something else.")
    found = pledges.pledge(new["ref"], actor())
    assert found is not None, "it was added in this request"
    response = answer({**_one.dump(found.row), **_one.dump(found)}, 200 if exists else 201)
    response.headers["Location"] = f"/api/v1/pledges/{new['ref']}"
    return response


def _rows_of(new: dict[str, Any]) -> Rows:
    """A pledge as the import reads it: one row for each line, numbered from 1."""
    whole = {name: new[name] for name in WHOLE}
    rows = Rows("pledge", ("pledge", *whole, "product", "quantity", "unit_value", "currency"))
    for number, line in enumerate(new["lines"], 1):
        rows.lines.append(number)
        said = {"pledge": new["ref"], **whole, **line}
        rows.values.append(tuple(said[name] for name in rows.columns))
        if line["unit_value"] is not None and line["currency"] is None:
            rows.fault(number, "currency", "is empty; an amount needs one")
    return rows


def _by_place(refusal: ImportRefused) -> dict[str, list[str]]:
    """The faults of an import by the field of the body they are about."""
    errors: dict[str, list[str]] = {}
    for fault in refusal.extra["faults"]:
        of_line = fault.column in ("product", "quantity", "unit_value", "currency")
        place = f"lines.{fault.line - 1}.{fault.column}" if of_line else fault.column
        errors.setdefault(place or "pledge", []).append(fault.reason)
    return errors


def _read(ref: str) -> str:
    try:
        return Ref().read(ref)
    except ValueError:
        raise NotFound from None
