"""For the machine that watches this one: `/healthz`, `/readyz`, `/metrics`.

`/healthz`: this process answers. `/readyz`: it can work, because the database answers, is of this
version, and holds what its rules make of the ledger. `/metrics`: counters for Prometheus, answered
to who sends the key `metrics` as a bearer token.
"""

from __future__ import annotations

from hmac import compare_digest

from flask import Blueprint, Flask, Response, current_app, request
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from tracker.errors import DatabaseUnavailable, NotFound
from tracker.services import health
from tracker.web.frame.gate import bearer_token, open_to_anyone

blueprint = Blueprint("health", __name__)

registry = CollectorRegistry()
ANSWERS = Counter(
    "kittrail_answers",
    "Answers given since this process began, by noun and by kind of status",
    ["noun", "status"],
    registry=registry,
)


@blueprint.get("/healthz")
@open_to_anyone("that this process answers is plain to see")
def show_health() -> Response:
    """This process answers; nothing else is asked."""
    return _said("ok")


@blueprint.get("/readyz")
@open_to_anyone("a load balancer has no account; the answer is yes or no")
def show_readiness() -> Response:
    """Whether requests may be sent here: the database answers, and is of this version.

    Raises DatabaseUnavailable (503), without saying which: `tracker doctor` tells who may know.
    """
    if any(health.CHECKS[name]() for name in ("database", "migrations", "rules of the fold")):
        raise DatabaseUnavailable
    return _said("ready")


@blueprint.get("/metrics")
@open_to_anyone("asks for a token of its own; names no code, place, path or person")
def show_metrics() -> Response:
    """The counters. NotFound for whoever has not the key `metrics`, on whatever machine."""
    key, said = current_app.config["KEYS"].get("metrics", ""), bearer_token() or ""
    if not key or not compare_digest(key.encode(), said.encode()):
        raise NotFound
    answer = Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _said(text: str) -> Response:
    return Response(f"{text}\n", mimetype="text/plain", headers={"Cache-Control": "no-store"})


def _count(response: Response) -> Response:
    ANSWERS.labels(request.blueprint or "none", f"{response.status_code // 100}xx").inc()
    return response


def init_app(app: Flask) -> None:
    """Count what `app` answers, and tell."""
    app.after_request(_count)
    app.register_blueprint(blueprint)
