"""What one device may send in an hour, above what two weeks without a network bring together.

Beyond it the answer is 429 with `Retry-After`, so a phone keeps what it has and goes on later, and
a coordinator is told. Counters live in this process's memory, as those of guesses do.
"""

from __future__ import annotations

import time
from datetime import timedelta

from flask import current_app
from limits import RateLimitItem, parse

from tracker import clock
from tracker.domain.permissions import Actor
from tracker.errors import TooManyRequests
from tracker.queries.quotas import unfinished_photos
from tracker.services.quotas import open_case
from tracker.services.uploads import KEPT_UNFINISHED
from tracker.web.frame.limits import limiter

AN_HOUR = {
    "unknown_code": parse("6000 per hour"),  # two weeks: 5,000 scans
    "note": parse("6000 per hour"),
    "late_scan": parse("6000 per hour"),
    "photo": parse("700 per hour"),  # two weeks: 500 photos
}
MOST_UNFINISHED = 50
"""Photos that one device has begun and not finished; a phone sends one after the other."""


def require(what: str, who: Actor) -> None:
    """Raise TooManyRequests where this device has used up its hour, and tell a coordinator."""
    if _counts(who) and not limiter.limiter.test(AN_HOUR[what], "quota", what, who.ref):
        _refuse(what, who, _seconds_left(AN_HOUR[what], what, who))


def spend(what: str, who: Actor, many: int = 1) -> None:
    """Count what this device has sent."""
    if many and _counts(who):
        limiter.limiter.hit(AN_HOUR[what], "quota", what, who.ref, cost=many)


def require_finishing(who: Actor) -> None:
    """Raise TooManyRequests where this device begins photo after photo and finishes none."""
    if not _counts(who):
        return
    since = clock.now() - timedelta(seconds=KEPT_UNFINISHED.total_seconds())
    if unfinished_photos(who.ref, since) >= MOST_UNFINISHED:
        _refuse("unfinished", who, 3600)


def _counts(who: Actor) -> bool:
    return who.ref.startswith("device:") and bool(current_app.config["RATE_LIMITS"])


def _refuse(what: str, who: Actor, seconds: int) -> None:
    open_case(int(who.ref.removeprefix("device:")), what, now=clock.now())
    raise TooManyRequests(
        "This phone has sent very much in the last hour. It goes on by itself; nothing is lost.",
        retry_after=seconds,
    )


def _seconds_left(quota: RateLimitItem, what: str, who: Actor) -> int:
    until, _ = limiter.limiter.get_window_stats(quota, "quota", what, who.ref)
    return max(1, int(until - time.time()) + 1)
