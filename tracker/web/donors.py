"""A donor's page: by a share link without an account, by a donor's own account, and for staff.

A link is `/d/#token`. The fragment never leaves the browser by itself; `share.js` (or a person,
who pastes it) posts the token, and a short session of its own shows one pledge. `docs/privacy.md`
says what the page shows and why its headers are as they are.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import structlog
from flask import (
    Blueprint,
    Response,
    current_app,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import get_locale, gettext
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadData, URLSafeTimedSerializer

from tracker import clock
from tracker.domain.disclosure import MACRO, newest_month
from tracker.domain.permissions import Action, Scope
from tracker.domain.places import MACRO_REGIONS
from tracker.errors import FormExpired, NotFound
from tracker.i18n import LOCALES
from tracker.queries import donors
from tracker.services import shares
from tracker.web import charts
from tracker.web.formats import oblast_name
from tracker.web.gate import actor, needs, open_to_anyone, scope
from tracker.web.limits import limiter

blueprint = Blueprint("donors", __name__)
log = structlog.get_logger(__name__)

COOKIE = "share"
LINK_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
# A pledge may be kept by the browser, to be asked each time whether it is still the same: the
# answer is then 304. What opens it, and the form for it, are never kept.
PLEDGE_KEPT, NOT_KEPT = "private, no-cache", "no-store"


@blueprint.get("/d/")
@open_to_anyone("the link is the permission; without a session it only asks for the link")
def show_shared() -> Any:
    """The pledge of the share session, or the form that starts one."""
    g.actor = None  # whoever else they are signed in as, a link shows the same to all
    share = _share_in_session()
    pledge = donors.shared_pledge(share, now=clock.now()) if share is not None else None
    if pledge is None:
        return _of_link(render_template("donors/enter.html", refused=False))
    return _of_link(_page(pledge), kept=PLEDGE_KEPT)


@blueprint.post("/d/")
@open_to_anyone("exchanges a token for a session; guesses are limited")
@limiter.limit("10 per minute", deduct_when=lambda answer: answer.status_code == NotFound.status)
def enter() -> Any:
    """Exchange the posted token for a short session. One answer for every token that fails."""
    _must_be_ours()
    g.actor = None
    token = request.form.get("token", "").strip().rpartition("#")[2]
    try:
        share = shares.open_share(token[:64], now=clock.now())
    except NotFound:
        log.warning("share-refused")
        return _of_link(render_template("donors/enter.html", refused=True), NotFound.status)
    answer = _back_to_link()
    minutes = current_app.config["SHARE_SESSION_MINUTES"]
    answer.set_cookie(
        COOKIE, _serializer().dumps(share), max_age=timedelta(minutes=minutes), **_cookie()
    )
    return answer


@blueprint.post("/d/close")
@open_to_anyone("forgets the browser's own share session")
def close() -> Any:
    """End the session of the link in this browser, as on a computer that others use."""
    _must_be_ours()
    answer = _back_to_link()
    answer.delete_cookie(COOKIE, **_cookie())
    return answer


@blueprint.get("/d/pledges")
@needs(Action.READ_PLEDGES)
def list_own() -> Any:
    """A donor's own pledges, and how far each is."""
    settings = current_app.config
    found = donors.donor_pledges(
        actor().party,
        today=clock.day_in_kyiv(clock.now()),
        delay_days=settings["DONOR_DELAY_DAYS"],
    )
    drawn = [(pledge, charts.bar(pledge.counts)) for pledge in found]
    return render_template("donors/list.html", pledges=drawn)


@blueprint.get("/d/pledges/<ref>")
@needs(Action.READ_PLEDGES)
def show_own(ref: str) -> Any:
    """A pledge as its donor sees it: for the donor's people, and for staff to look at."""
    if scope() is not Scope.ALL and not donors.is_of(ref, actor().party):
        raise NotFound
    answer = _page(ref)
    answer.headers["Cache-Control"] = PLEDGE_KEPT
    return answer


@blueprint.get("/pledges/<ref>/shares")
@needs(Action.SHARE_WITH_DONOR)
def new_share(ref: str) -> Any:
    """The links of a pledge, and the form that makes one."""
    return _shares_page(ref)


@blueprint.post("/pledges/<ref>/shares")
@needs(Action.SHARE_WITH_DONOR)
def make_share(ref: str) -> Any:
    """Make a link and show it, this once."""
    said = request.form.get("days", "")
    days = int(said) if said.isascii() and said.isdecimal() and len(said) < 5 else 0
    token = shares.make_share(ref, days=days, by=actor(), now=clock.now())
    return _shares_page(ref, link=url_for("donors.show_shared", _external=True) + "#" + token)


@blueprint.post("/pledges/<ref>/shares/<int(max=2147483647):share>/revoke")
@needs(Action.SHARE_WITH_DONOR)
def revoke_share(ref: str, share: int) -> Any:
    """End a link at once."""
    shares.revoke_share(share, by=actor(), now=clock.now(), pledge=ref)
    return redirect(url_for("donors.new_share", ref=ref), 303)


def _shares_page(ref: str, link: str | None = None) -> Response:
    made = donors.shares_of(ref)
    if made is None:
        raise NotFound
    page = render_template("donors/shares.html", ref=ref, shares=made, link=link, now=clock.now())
    answer = Response(page)
    answer.headers["Cache-Control"] = NOT_KEPT
    return answer


def _page(ref: str) -> Response:
    """The pledge as a page, or 304 for a browser that has it."""
    settings = current_app.config
    today = clock.day_in_kyiv(clock.now())
    view = donors.donor_view(
        ref,
        today=today,
        delay_days=settings["DONOR_DELAY_DAYS"],
        month=newest_month(today, settings["DONOR_PLACE_LAG_DAYS"]),
    )
    if view is None:
        raise NotFound
    tag = _etag(view)
    if request.if_none_match.contains_weak(tag) and "_flashes" not in session:
        answer = Response(status=304)
    else:
        answer = Response(_draw(view))
    answer.set_etag(tag)
    answer.vary.add("Accept-Language")
    return answer


def _draw(view: donors.DonorView) -> str:
    return render_template(
        "donors/show.html",
        view=view,
        parts=charts.bar(view.counts),
        drawn=charts.days(view.counts),
        width=charts.WIDTH,
        height=charts.HEIGHT,
        small_cell=current_app.config["SMALL_CELL"],
        cell_name=_cell_name,
        is_link=g.actor is None,
        asked_language=_asked_language(),
    )


def _cell_name(cell: str) -> str:
    """An oblast, or a macro-region with all its oblasts, in the reader's language."""
    for region in MACRO_REGIONS:
        if cell == MACRO + region.id:
            name = region.name_en if str(get_locale()) == "en" else region.name_uk
            return str(gettext("%(region)s (all oblasts together)", region=name))
    return oblast_name(cell)


def _etag(view: donors.DonorView) -> str:
    """Changes with everything that the page shows: the facts, the language, the reader, the code.

    A page with an account's name also holds the token of its session's forms: another session's
    page is another page, even where nothing else differs.
    """
    reader = ""
    if g.actor is not None:
        generate_csrf()
        reader = f"{g.actor!r} {session['csrf_token']}"
    shown = (view, str(get_locale()), reader, current_app.config["SMALL_CELL"], _revision())
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:32]


@cache
def _revision() -> str:
    """What stands for the templates, styles and catalogues: a new version's pages have new tags."""
    root = Path(__file__).resolve().parent.parent
    told = hashlib.sha256()
    for folder, kind in (("templates", "*.html"), ("static", "*.*"), ("translations", "*.mo")):
        for file in sorted((root / folder).rglob(kind)):
            told.update(f"{file.stat().st_mtime_ns} {file.stat().st_size}".encode())
    return told.hexdigest()


def _of_link(page: str | Response, status: int = 200, *, kept: str = NOT_KEPT) -> Response:
    """An answer to somebody with a link: never indexed, telling nobody where it came from."""
    answer = page if isinstance(page, Response) else Response(page, status)
    for name, value in LINK_HEADERS.items():
        answer.headers[name] = value
    answer.headers["Cache-Control"] = kept
    return answer


def _back_to_link() -> Response:
    address = url_for(".show_shared", lang=_asked_language())
    return _of_link(Response(status=303, headers={"Location": address}))


def _asked_language() -> str | None:
    """The language that the address asks for, to be kept in the next one."""
    language = request.args.get("lang")
    return language if language in LOCALES else None


def _must_be_ours() -> None:
    """Refuse a form that another site sends: it could put its own pledge before a donor's eyes.

    These forms carry no CSRF token, because who follows a link has no session yet. Browsers say
    themselves where a form comes from (not over plain HTTP, except from this machine).
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise FormExpired


def _cookie() -> dict[str, Any]:
    secure = current_app.config["SECURE_COOKIES"]
    return {"path": "/d/", "httponly": True, "samesite": "Lax", "secure": secure}


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="share session")


def _share_in_session() -> int | None:
    """The link whose session the browser holds; None without one, or when it has ended."""
    minutes = current_app.config["SHARE_SESSION_MINUTES"]
    try:
        share = _serializer().loads(request.cookies.get(COOKIE, ""), max_age=minutes * 60)
    except BadData:
        return None
    return share if isinstance(share, int) else None


def init_app(app: Any) -> None:
    """Register the pages; the exchange of a token carries no session to protect."""
    from tracker.web import csrf

    csrf.exempt(enter)
    csrf.exempt(close)
    app.register_blueprint(blueprint)
