"""Slow down guessing: misses are counted, hits never.

A miss is a token that nobody has or a code that names nothing. Forty phones at one gate share an
address, so what an enrolled device finds is never held back, whoever else guesses from there; only
its misses are. A person's session that misses too often waits altogether. A miss is counted by who
made it, and by the address when that is nobody.
"""

from __future__ import annotations

from flask import Flask, Response, g, request
from flask_limiter.util import get_remote_address
from limits import parse

from tracker.errors import NotFound, SignInNeeded, TooManyRequests
from tracker.web.frame.limits import limiter
from tracker.web.frame.problems import render

ALLOWED = parse("60 per minute")
MISSES = frozenset((SignInNeeded.status, NotFound.status))
API = "/api/"


def init_app(app: Flask) -> None:
    """Count the misses of the API of `app`."""
    app.before_request(_hold_back)
    app.after_request(_count)


def _hold_back() -> None:
    if not request.path.startswith(API) or not limiter.enabled:
        return
    found = getattr(g, "actor", None)
    if found is None or found.ref.startswith("device:"):
        return
    if not limiter.limiter.test(ALLOWED, "miss", found.ref):
        raise TooManyRequests


def _count(response: Response) -> Response:
    if response.status_code not in MISSES or not request.path.startswith(API):
        return response
    found = getattr(g, "actor", None)
    who = found.ref if found else get_remote_address()
    if not limiter.enabled or limiter.limiter.hit(ALLOWED, "miss", who):
        return response
    return render(TooManyRequests())
