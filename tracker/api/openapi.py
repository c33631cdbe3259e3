"""GET /api/openapi.json: the description of the interface, made once when it is first asked for."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, current_app, request
from flask_smorest import Api

from tracker.api.bodies import dumped
from tracker.web.gate import open_to_anyone

blueprint = Blueprint("api_description", __name__, url_prefix="/api")

SPEC: dict[str, Any] = {
    "info": {
        "description": "Follows every donated unit of hardware from a pledge to a civilian site.",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    },
    "security": [{"device": []}, {"session": [], "form": []}],
}


@blueprint.get("/openapi.json")
@open_to_anyone("the description of the interface is public")
def show_description() -> Response:
    """The OpenAPI 3.1 document."""
    kept = current_app.extensions["kittrail-description"]
    if "text" not in kept:
        kept["text"] = dumped(kept["api"].spec.to_dict())
    response = Response(kept["text"], mimetype="application/json")
    response.headers["Cache-Control"] = "public, max-age=300"
    response.add_etag()
    response.make_conditional(request)
    return response


def init_app(app: Flask, api: Api) -> None:
    """Serve the description of `api`."""
    components = api.spec.components
    components.security_scheme(
        "device", {"type": "http", "scheme": "bearer", "description": "An enrolled device's token."}
    )
    components.security_scheme(
        "session", {"type": "apiKey", "in": "cookie", "name": "kittrail",
                    "description": "The session of a person who signed in."}
    )  # fmt: skip
    components.security_scheme(
        "form", {"type": "apiKey", "in": "header", "name": "X-CSRFToken",
                 "description": "Goes with the session on every request that changes something."}
    )  # fmt: skip
    app.extensions["kittrail-description"] = {"api": api}
    app.register_blueprint(blueprint)
