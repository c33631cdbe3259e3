"""For the machine that watches this one: `/healthz`, `/readyz`, `/metrics`.

`/healthz`: this process answers. `/readyz`: it can work, because the database answers and is of
this version. `/metrics`: counters for Prometheus, answered to this machine only.
"""

from __future__ import annotations

from ipaddress import ip_address

from flask import Blueprint, Flask, Response, request
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from tracker.errors import DatabaseUnavailable, NotFound
from tracker.services import health
from tracker.web.gate import open_to_anyone

blueprint = Blueprint("health", __name__)

registry = CollectorRegistry()
ANSWERS = Counter(
    "kittrail_answers",
    "Answers given since this process began, by noun and by kind of status",
    ["noun", "status"],
    registry=registry,
)
ANY_PROXY = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


@blueprint.get("/healthz")
@open_to_anyone("that this process answers is plain to see")
def show_health() -> Response:
    """This process answers; nothing else is asked."""
    return _said("ok")


@blueprint.get("/readyz")
@open_to_anyone("a load balancer has no account; the answer is yes or no")
def show_readiness() -> Response:
    """Whether requests may be sent here: the database answers, and its tables are of this version.

    Raises DatabaseUnavailable (503), without saying which: `tracker doctor` tells who may know.
    """
    if any(health.CHECKS[name]() for name in ("database", "migrations")):
        raise DatabaseUnavailable
    return _said("ready")


@blueprint.get("/metrics")
@open_to_anyone("answered to this machine only; names no code, place, path or person")
def show_metrics() -> Response:
    """The counters. NotFound for any other machine, and for whom a proxy on this one speaks."""
    if not _is_this_machine():
        raise NotFound
    answer = Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _is_this_machine() -> bool:
    if any(name in request.headers for name in ANY_PROXY):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _said(text: str) -> Response:
    return Response(f"{text}\n", mimetype="text/plain", headers={"Cache-Control": "no-store"})


def _count(response: Response) -> Response:
    ANSWERS.labels(request.blueprint or "none", f"{response.status_code // 100}xx").inc()
    return response


def init_app(app: Flask) -> None:
    """Count what `app` answers, and tell."""
    app.after_request(_count)
    app.register_blueprint(blueprint)
