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
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import get_locale, gettext
from flask_wtf.csrf import generate_csrf
from limits import parse

from tracker import clock
from tracker.domain.disclosure import MACRO
from tracker.domain.permissions import Action, Scope
from tracker.domain.places import MACRO_REGIONS
from tracker.domain.portfolios import Kind, difference
from tracker.errors import FormExpired, NotFound, TooManyRequests
from tracker.exports import charts, maps
from tracker.i18n import LOCALES
from tracker.queries import donors
from tracker.schemas.forms.notices import Linked
from tracker.services import shares
from tracker.services.evidence import evidence_content
from tracker.services.exports import donor_exports
from tracker.web import portfolios
from tracker.web.frame.forms import said
from tracker.web.frame.gate import actor, needs, open_to_anyone, scope
from tracker.web.frame.limits import is_one_too_many
from tracker.web.last_looks import LastLook, last_look
from tracker.web.words.formats import oblast_name

blueprint = Blueprint("donors", __name__)
log = structlog.get_logger(__name__)

GUESSES = parse("10 per minute")  # of one address
LOOKED = "looked"
LOOKED_DAYS = 400
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
    share = portfolios.share_in_session()
    if share is None:
        return of_link(render_template("donors/enter.html", refused=False))
    return of_link(_page(portfolios.kept_of_share(share), str(share.id)), kept=PLEDGE_KEPT)


@blueprint.post("/d/")
@open_to_anyone("exchanges a token for a session; guesses are limited")
def enter() -> Any:
    """Exchange the posted token for a short session. One answer for every token that fails.

    Only guesses are slowed down: a link opens also where others guess from the same address.
    """
    must_be_ours()
    g.actor = None
    try:
        share = shares.open_share(said(Linked)["token"], now=clock.now())
    except NotFound:
        is_slowed = is_one_too_many("share", GUESSES)
        log.warning("share-refused", slowed=is_slowed)
        if is_slowed:
            raise TooManyRequests from None
        return of_link(render_template("donors/enter.html", refused=True), NotFound.status)
    answer = _back_to_link()
    minutes = current_app.config["SHARE_SESSION_MINUTES"]
    answer.set_cookie(
        portfolios.COOKIE,
        portfolios.serializer().dumps(share),
        max_age=timedelta(minutes=minutes),
        **_cookie("/d/"),
    )
    return answer


@blueprint.post("/d/close")
@open_to_anyone("forgets the browser's own share session")
def close() -> Any:
    """End the session of the link in this browser, as on a computer that others use."""
    must_be_ours()
    answer = _back_to_link()
    for name in (portfolios.COOKIE, LOOKED):
        answer.delete_cookie(name, **_cookie("/d/"))
    return answer


@blueprint.get("/d/photos/<name>")
@open_to_anyone("the link is the permission: without its session there is no photo")
def show_shared_photo(name: str) -> Response:
    """A released photo of the link's pledge, unless the link was made without photos."""
    share = portfolios.share_in_session()
    found = donors.released_photo(name)
    if share is None or found is None or not share.photos or found[0] != share.pledge:
        raise NotFound
    return of_link(_photo(found[1]), kept=PLEDGE_KEPT)


@blueprint.get("/d/pledges")
@needs(Action.READ_PLEDGES)
def list_own() -> Any:
    """A donor's own pledges, and how far each is."""
    found = donors.donor_pledges(
        actor().party,
        today=clock.day_in_kyiv(clock.now()),
        installation=portfolios.installation(),
    )
    return render_template(
        "donors/list.html",
        pledges=[(pledge, charts.bar(pledge.counts)) for pledge in found],
        initiatives=donors.initiatives_of(actor().party or ""),
        party=actor().party,
        has_mechanism=scope() is Scope.ALL or donors.may_show_mechanism(),
    )


@blueprint.get("/d/<any(pledges, initiatives, donors):word>/<ref>")
@needs(Action.READ_PLEDGES)
def show_own(word: str, ref: str) -> Any:
    """A pledge, an initiative or all of a donor's as the donor sees it; staff may look too."""
    answer = _page(portfolios.kept(portfolios.asked(word, ref)))
    answer.headers["Cache-Control"] = PLEDGE_KEPT
    return answer


@blueprint.get("/d/mechanism")
@needs(Action.READ_PLEDGES)
def show_mechanism() -> Any:
    """All pledges of all donors together, where enough stand behind it."""
    answer = _page(portfolios.kept(portfolios.asked("mechanism")))
    answer.headers["Cache-Control"] = PLEDGE_KEPT
    return answer


@blueprint.get("/d/pledges/<ref>/photos/<name>")
@needs(Action.READ_PLEDGES)
def show_photo(ref: str, name: str) -> Response:
    """A released photo of a pledge, for the donor's people and for staff."""
    portfolios.asked("pledges", ref)
    found = donors.released_photo(name)
    if found is None or found[0] != ref:
        raise NotFound
    answer = _photo(found[1])
    answer.headers["Cache-Control"] = PLEDGE_KEPT
    return answer


def _photo(sha256: str) -> Response:
    content, media_type = evidence_content(sha256)
    answer = Response(content, mimetype=media_type)
    answer.set_etag(hashlib.sha256(content[:4096]).hexdigest()[:32])
    answer.make_conditional(request)
    return answer


def _page(shown: portfolios.Kept, link: str = "") -> Response:
    """The portfolio as a page, or 304 for a browser that has it; `link` is the link's number."""
    view = shown.view
    cookie, asked = request.cookies.get(LOOKED, ""), request.args.get("since", "")
    look = last_look(cookie, view.counts, link, asked)
    tag = _etag(shown.digest, look)
    if request.if_none_match.contains_weak(tag) and "_flashes" not in session:
        answer = Response(status=304)
    else:
        answer = Response(_draw(view, look))
    answer.set_etag(tag)
    answer.vary.add("Accept-Language")
    if look.kept != cookie:
        answer.set_cookie(
            LOOKED, look.kept, max_age=timedelta(days=LOOKED_DAYS), **_cookie(request.path)
        )
    return answer


def _draw(view: donors.DonorView, look: LastLook) -> str:
    since = look.since
    changed = difference(view.counts_at(since), view.counts) if since else None
    return render_template(
        "donors/show.html",
        view=view,
        counts=view.counts,
        since=since,
        says_online=look.says_online,
        changed=changed,
        parts=charts.bar(view.counts),
        drawn=charts.days(view.counts),
        width=charts.WIDTH,
        height=charts.HEIGHT,
        map=maps.ukraine(view.places.cells) if view.places else None,
        cell_name=_cell_name,
        word=portfolios.WORDS[view.portfolio.kind],
        is_pledge=view.portfolio.kind is Kind.PLEDGE,
        large=donor_exports.is_large(view, "xlsx"),
        is_link=g.actor is None,
        asked_language=asked_language(),
    )


def _cell_name(cell: str) -> str:
    """An oblast, or a macro-region with all its oblasts, in the reader's language."""
    for region in MACRO_REGIONS:
        if cell == MACRO + region.id:
            name = region.name_en if str(get_locale()) == "en" else region.name_uk
            return str(gettext("%(region)s (all oblasts together)", region=name))
    return oblast_name(cell)


def _etag(digest: str, look: LastLook) -> str:
    """Changes with everything that the page shows: the facts, the language, the reader, the code.

    A page with an account's name also holds the token of its session's forms: another session's
    page is another page, even where nothing else differs.
    """
    reader = ""
    if g.actor is not None:
        generate_csrf()
        reader = f"{g.actor!r} {session['csrf_token']}"
    shown = (digest, look.since, look.says_online, str(get_locale()), reader, _revision())
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


def of_link(page: str | Response, status: int = 200, *, kept: str = NOT_KEPT) -> Response:
    """An answer to somebody with a link: never indexed, telling nobody where it came from."""
    answer = page if isinstance(page, Response) else Response(page, status)
    for name, value in LINK_HEADERS.items():
        answer.headers[name] = value
    answer.headers["Cache-Control"] = kept
    return answer


def _back_to_link() -> Response:
    address = url_for(".show_shared", lang=asked_language())
    return of_link(Response(status=303, headers={"Location": address}))


def asked_language() -> str | None:
    """The language that the address asks for, to be kept in the next one."""
    language = request.args.get("lang")
    return language if language in LOCALES else None


def must_be_ours() -> None:
    """Refuse a form that another site sends: it could put its own pledge before a donor's eyes.

    These forms carry no CSRF token, because who follows a link has no session yet. Browsers say
    themselves where a form comes from (not over plain HTTP, except from this machine).
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise FormExpired


def _cookie(path: str) -> dict[str, Any]:
    secure = current_app.config["SECURE_COOKIES"]
    return {"path": path, "httponly": True, "samesite": "Lax", "secure": secure}


def init_app(app: Any) -> None:
    """Register the pages; the exchange of a token carries no session to protect."""
    from tracker.web import csrf

    csrf.exempt(enter)
    csrf.exempt(close)
    portfolios.init_app(app)
    app.register_blueprint(blueprint)
