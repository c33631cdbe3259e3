"""GET /api/openapi.json: the description of the interface, made once when it is first asked for."""

from __future__ import annotations

import functools
from typing import Any

from flask import Blueprint, Flask, Response, current_app, request
from flask_smorest import Blueprint as SmorestBlueprint

from tracker.api.bodies import dumped
from tracker.api.describing import DescribedApi
from tracker.schemas.notices import PledgeChangedSchema
from tracker.web.frame.gate import open_to_anyone

blueprint = Blueprint("api_description", __name__, url_prefix="/api")

_SPEC: dict[str, Any] = {
    "title": "KitTrail",
    "version": "v1",
    "openapi_version": "3.1.0",
    "info": {
        "description": "Follows every donated unit of hardware from a pledge to a civilian site.",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    },
    "security": [{"device": []}, {"session": [], "form": []}],
}

_SCHEMES: dict[str, dict[str, str]] = {
    "device": {"type": "http", "scheme": "bearer", "description": "An enrolled device's token."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "kittrail",
        "description": "The session of a person who signed in.",
    },
    "form": {
        "type": "apiKey",
        "in": "header",
        "name": "X-CSRFToken",
        "description": "Goes with the session on every request that changes something.",
    },
}

# What we send, not what we answer: docs/notices.md.
_CALL: dict[str, Any] = {
    "summary": "A day is over on which a pledge changed. Signed as Standard Webhooks says.",
    "parameters": [
        {"in": "header", "name": name, "required": True, "schema": {"type": "string"}}
        for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
    ],
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PledgeChanged"}}},
    },
    "responses": {
        "2XX": {"description": "Taken."},
        "410": {"description": "Not wanted any more: it is not sent again."},
        "default": {"description": "Not taken: it is sent again, later each time."},
    },
}


@blueprint.get("/openapi.json")
@open_to_anyone("the description of the interface is public")
def show_description() -> Response:
    """The OpenAPI 3.1 document."""
    text = current_app.extensions["kittrail-description"]()
    response = Response(text, mimetype="application/json")
    response.headers["Cache-Control"] = "public, max-age=300"
    response.add_etag()
    response.make_conditional(request)
    return response


def init_app(app: Flask, nouns: list[SmorestBlueprint]) -> None:
    """Serve the description of what `nouns` answer."""
    app.extensions["kittrail-description"] = functools.cache(lambda: dumped(_describe(nouns)))
    app.register_blueprint(blueprint)


def _describe(nouns: list[SmorestBlueprint]) -> dict[str, Any]:
    """The document, made on an application of its own: ours need not make it to start."""
    api = DescribedApi(Flask("description"), spec_kwargs=_SPEC)
    for noun in nouns:
        api.register_blueprint(noun)
    for name, scheme in _SCHEMES.items():
        api.spec.components.security_scheme(name, scheme)
    api.spec.components.schema("PledgeChanged", schema=PledgeChangedSchema)
    api.spec.options["webhooks"] = {"pledge.changed": {"post": _CALL}}
    described: dict[str, Any] = api.spec.to_dict()
    return described
