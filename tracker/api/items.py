"""GET /api/v1/items: units by search, one by its code, its story."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from tracker import clock
from tracker.api.bodies import answer, read_query, stream
from tracker.api.describing import described
from tracker.domain import lifecycle
from tracker.domain.lifecycle import Rung, Status
from tracker.domain.permissions import Action, scannable
from tracker.errors import InvalidValue, NotFound
from tracker.queries import items
from tracker.queries.epcis import Unit
from tracker.schemas.answers import (
    EventSchema,
    EventsSchema,
    ItemRowSchema,
    ItemSchema,
    ItemsSchema,
)
from tracker.schemas.fields import Text
from tracker.schemas.searches import EventSearchSchema, ItemSearchSchema
from tracker.services.codes import read_code, show
from tracker.services.exports import epcis
from tracker.web.frame.gate import actor, needs

blueprint = Blueprint("api_items", __name__, url_prefix="/api/v1", description="Units")
CODE = [{"in": "path", "name": "code", "description": "The printed code, or a maker's identifier"}]

_CODE = Text(200)
_one, _row, _event = ItemSchema(), ItemRowSchema(many=True), EventSchema(many=True)


@blueprint.route("/items")
@described("Find units", returns=ItemsSchema, query=ItemSearchSchema, refuses=(422,))
@needs(Action.READ_ITEMS)
def list_items() -> Response:
    """Units in a fixed order; `after` of one answer is the `after` of the next question."""
    asked = read_query(ItemSearchSchema)
    found = items.find_items(actor(), **asked, fragments=items.may_search_fragments(actor()))
    return answer({"items": _row.dump(found.rows), "after": found.after})


@blueprint.route("/items/<code>", parameters=CODE)
@described("One unit", returns=ItemSchema, refuses=(404, 422))
@needs(Action.READ_ITEMS)
def show_item(code: str) -> Response:
    """Where a unit stands, by its printed code or a maker's identifier."""
    item = _found(code)
    return answer(_one.dump(_whole(item)))


@blueprint.route("/items/<code>/events", parameters=CODE)
@described(
    "The story of a unit",
    returns=EventsSchema,
    query=EventSearchSchema,
    refuses=(404, 422),
)
@needs(Action.READ_ITEMS)
def list_events(code: str) -> Response:
    """The events of a unit, newest last, with those scanned before its label was bound."""
    asked = read_query(EventSearchSchema)
    story = items.story(_found(code).id, actor(), last=asked["last"])
    told = [{**event.body, **_columns(event)} for event in story]
    return answer({"events": _event.dump(told)})


@blueprint.route("/items/<code>/epcis", parameters=CODE)
@described(
    "The story of a unit as EPCIS 2.0 (JSON-LD)",
    media=epcis.MEDIA_TYPE,
    refuses=(404, 422),
)
@needs(Action.EXPORT_RECORDS)
def export_item(code: str) -> Response:
    """Every event of a unit in the words of EPCIS, for other systems; sites as the role may see."""
    item = _found(code)
    unit = Unit(item.id, item.code, item.product_kind)
    document = epcis.unit_document(unit, by=actor(), now=clock.now())
    return stream(document, epcis.MEDIA_TYPE, f"{item.code}.epcis.jsonld")


def _found(text: str) -> Any:
    try:
        code = read_code(_CODE.read(text))
    except ValueError as problem:
        raise InvalidValue(errors={"code": [str(problem)]}) from None
    item = _named(code)
    if item is None:
        raise NotFound
    return item


def _named(code: str) -> Any | None:
    reader = actor()
    return items.item_by_code(code, reader) or items.item_by_identifier(code, reader)


def _whole(item: Any) -> dict[str, Any]:
    """A row, the identifiers as this reader may see them, and what may follow."""
    status = Status(item.status) if item.status else None
    may = scannable(actor())
    proof = {rung.value: getattr(item, f"{rung.value}_at") for rung in Rung}
    return {
        **item._mapping,
        "shown_as": show(item.code),
        "proof": {rung: at for rung, at in proof.items() if at is not None},
        "identifiers": items.identifiers_of(item.id, items.identifier_scope(item, actor())),
        "allowed": [step for step in lifecycle.allowed(status) if step in may],
        "next_step": lifecycle.next_step(status, may),
        "item_seq": item.seq,
        "head": item.head.hex() if item.head else None,
    }


def _columns(event: items.StoryEvent) -> dict[str, Any]:
    return {name: getattr(event, name) for name in event.__slots__ if name != "body"}
