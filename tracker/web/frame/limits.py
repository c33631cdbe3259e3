"""How often one address may try: `@limiter.limit("10 per minute")` on a route.

Counters live in this process's memory and nowhere else: a phone's address is kept no longer than
its counter runs.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from flask import Flask, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import RateLimitItem


def client_address() -> str:
    """The address that asks, behind as many proxies as TRUSTED_PROXIES says (`tracker.web`).

    Of IPv6 the network: who has one address there has as many as they like.
    """
    told = get_remote_address()
    try:
        address = ip_address(told)
    except ValueError:
        return told
    return told if address.version == 4 else str(ip_network(f"{told}/64", strict=False))


limiter = Limiter(key_func=client_address)


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
    return not limiter.limiter.hit(allowed, what, client_address())


def init_app(app: Flask) -> None:
    """Count on `app`, unless the setting RATE_LIMITS is off.

    A route is decorated where it is defined, once, and not for each application: the limiter adds
    up the limits of a route's name.
    """
    app.config.setdefault("RATELIMIT_STORAGE_URI", "memory://")
    app.config.setdefault("RATELIMIT_HEADERS_ENABLED", False)
    limiter.init_app(app)
