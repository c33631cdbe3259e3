"""How often one address may try: `@limiter.limit("10 per minute")` on a route.

Counters live in this process's memory and nowhere else: a phone's address is kept no longer than
its counter runs.
"""

from __future__ import annotations

from flask import Flask, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import RateLimitItem

limiter = Limiter(key_func=get_remote_address)


# Forty phones at one gate share an address, and thousands of readers ask each minute whether a page
# is still the same. These routes have no limit, and to find that out takes as long as to find out
# whose phone it is.
UNLIMITED = frozenset({"api_scans.record_scans", "donors.show_shared"})


@limiter.request_filter
def _is_off() -> bool:
    return request.endpoint in UNLIMITED or not current_app.config["RATE_LIMITS"]


def is_one_too_many(what: str, allowed: RateLimitItem) -> bool:
    """Count a miss of `what` by this address; whether it has had more than `allowed`.

    For routes that look first and count only misses: where many share an address, what somebody
    has a right to opens for them however much another one guesses.
    """
    if not current_app.config["RATE_LIMITS"]:
        return False
    return not limiter.limiter.hit(allowed, what, get_remote_address())


def init_app(app: Flask) -> None:
    """Count on `app`, unless the setting RATE_LIMITS is off.

    A route is decorated where it is defined, once, and not for each application: the limiter adds
    up the limits of a route's name.
    """
    app.config.setdefault("RATELIMIT_STORAGE_URI", "memory://")
    app.config.setdefault("RATELIMIT_HEADERS_ENABLED", False)
    limiter.init_app(app)
