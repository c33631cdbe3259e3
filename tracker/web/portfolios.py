"""Which portfolio a reader asks for, whether it is theirs, and what it holds: pages, exports and
feeds of donors all begin here, and show nothing but what `view_of` gives.
"""

from __future__ import annotations

import hashlib
from threading import Lock
from typing import NamedTuple

from cachetools import TTLCache
from flask import Flask, current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer

from tracker import clock
from tracker.domain.disclosure import newest_month
from tracker.domain.permissions import Scope
from tracker.domain.portfolios import Kind, Portfolio
from tracker.errors import NotFound
from tracker.queries import donors
from tracker.queries.donors import Discretion, DonorView, LiveShare
from tracker.web.frame.gate import actor, scope

COOKIE = "share"
KINDS = {
    "pledges": Kind.PLEDGE,
    "initiatives": Kind.INITIATIVE,
    "donors": Kind.DONOR,
    "mechanism": Kind.MECHANISM,
}
"""The words in addresses, and what they name."""

WORDS = {kind: word for word, kind in KINDS.items()}


class Kept(NamedTuple):
    """A view, and a digest of all that is in it."""

    view: DonorView
    digest: str


def asked(word: str, ref: str = "") -> Portfolio:
    """The portfolio that an address names, as far as it is this reader's. Raises NotFound.

    Staff see each as its donor does. A donor has its own pledges, its part of an initiative, all
    of its own; and the whole Mechanism where enough donors stand behind it.
    """
    kind = KINDS.get(word)
    if kind is None:
        raise NotFound
    reach, party = scope(), actor().party or ""
    if reach is Scope.ALL:
        return Portfolio(kind, ref)
    if reach is not Scope.OWN or not party:
        raise NotFound
    if kind is Kind.INITIATIVE:
        return Portfolio(kind, ref, party)
    own = {
        Kind.PLEDGE: lambda: donors.is_of(ref, party),
        Kind.DONOR: lambda: ref == party,
        Kind.MECHANISM: donors.may_show_mechanism,
    }
    if not own[kind]():
        raise NotFound
    return Portfolio(kind, ref)


def kept(portfolio: Portfolio) -> Kept:
    """The portfolio as it may be shown now. Raises NotFound.

    A view changes with the day, seldom within it: it is loaded once in DONOR_VIEW_SECONDS.
    """
    store = current_app.extensions["donor_views"]
    today = clock.day_in_kyiv(clock.now())
    with store.lock:
        found: Kept | None = store.views.get((portfolio, today))
    if found is None:
        settings = current_app.config
        view = donors.portfolio_view(
            portfolio,
            today=today,
            installation=installation(),
            month=newest_month(today, settings["DONOR_PLACE_LAG_DAYS"]),
        )
        if view is None:
            raise NotFound
        found = Kept(view, hashlib.sha256(repr(view).encode()).hexdigest())
        with store.lock:
            store.views[portfolio, today] = found
    return found


def view_of(portfolio: Portfolio) -> DonorView:
    """What may be shown of the portfolio now. Raises NotFound."""
    return kept(portfolio).view


def installation() -> Discretion:
    """How late and coarse this installation shows every pledge."""
    settings = current_app.config
    return Discretion(settings["DONOR_DELAY_DAYS"], settings["SMALL_CELL"])


def share_in_session() -> LiveShare | None:
    """The link whose session the browser holds, while it lives; None otherwise."""
    minutes = current_app.config["SHARE_SESSION_MINUTES"]
    try:
        number = serializer().loads(request.cookies.get(COOKIE, ""), max_age=minutes * 60)
    except BadData:
        return None
    return donors.live_share(number, now=clock.now()) if isinstance(number, int) else None


def kept_of_share(share: LiveShare) -> Kept:
    """What a link shows: its pledge, as narrow as it was made. Raises NotFound."""
    whole = kept(Portfolio(Kind.PLEDGE, share.pledge))
    if share.photos and not share.totals_only:
        return whole
    narrow = {"photos": share.photos, "totals_only": share.totals_only}
    return Kept(whole.view.narrowed(**narrow), f"{whole.digest} {narrow}")


def view_of_share(share: LiveShare) -> DonorView:
    """What a link shows, for an export. Raises NotFound."""
    return kept_of_share(share).view


def serializer() -> URLSafeTimedSerializer:
    """Signs the number of a link into the cookie of its session."""
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="share session")


class _Store:
    """Views kept for some seconds, the least used thrown away first."""

    def __init__(self, seconds: int) -> None:
        self.views: TTLCache[object, Kept] = TTLCache(maxsize=500, ttl=seconds)
        self.lock = Lock()


def init_app(app: Flask) -> None:
    """Keep views in memory, each process its own."""
    app.extensions["donor_views"] = _Store(app.config["DONOR_VIEW_SECONDS"])
