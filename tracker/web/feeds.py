"""Feeds (Atom, RFC 4287) and calendars (iCalendar, RFC 5545) for programs that ask by themselves.

They let in who is signed in, and a program with a password of its own (HTTP Basic): an address
carries no secret, because addresses end up in logs. docs/adr/0007 says why.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from xml.etree import ElementTree as Xml

from flask import Blueprint, Response, current_app, g, render_template, request, url_for
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _l
from icalendar import Calendar, Event, vDuration

from tracker import clock
from tracker.domain.notices import News
from tracker.domain.permissions import Action
from tracker.domain.portfolios import pledge
from tracker.errors import NotFound
from tracker.queries import feeds
from tracker.queries.feeds import Day, Deadline, Reader
from tracker.queries.subscriptions import may_still_see
from tracker.services.aid_codes import aid_terms
from tracker.services.notices import feeds as keys
from tracker.services.notices.subscriptions import account_of
from tracker.web import portfolios
from tracker.web.frame.gate import actor, current_actor, needs, open_to_anyone
from tracker.web.frame.limits import limiter
from tracker.web.words.formats import capital, count, plain_day, plain_month
from tracker.web.words.terms import HAPPENED, RUNG, STAGE, no_longer_online

blueprint = Blueprint("feeds", __name__)

USER = "feed"  # what a program gives as its name; only the password counts
ATOM = "http://www.w3.org/2005/Atom"
XHTML = "http://www.w3.org/1999/xhtml"
Xml.register_namespace("", ATOM)

WHAT = {
    "places": _l("%(about)s: the table of places is published"),
    "link": _l("%(about)s: your link ends"),
    "report": _l("%(about)s: report on humanitarian aid due, counted from “%(passage)s”, %(day)s"),
    "declaration": _l("%(about)s: declaration of humanitarian aid of %(day)s good until today"),
    "arrival": _l("%(about)s: consignment expected"),
    "discrepancy": _l("Discrepancy %(about)s: to be settled"),
}
"""What a deadline is called, by its `what`."""

_not_let_in = limiter.limit("20 per minute", deduct_when=lambda answer: answer.status_code == 401)


@blueprint.get("/feeds/pledges/<ref>/days.atom")
@open_to_anyone("asks for a session, or for the feed's own password")
@_not_let_in
def show_days(ref: str) -> Response:
    """The days of a pledge on which its donor saw something new, as an Atom feed."""
    reader = _reader(ref)
    if reader is None:
        return _ask_for_password()
    view, digest = portfolios.kept(pledge(ref))
    today = clock.day_in_kyiv(clock.now())
    lag_days = current_app.config["DONOR_PLACE_LAG_DAYS"]
    return _answer(
        (digest, today),
        lambda: _atom(ref, feeds.days(view, today=today, lag_days=lag_days)),
        "application/atom+xml",
    )


@blueprint.get("/feeds/pledges/<ref>/deadlines.ics")
@open_to_anyone("asks for a session, or for the feed's own password")
@_not_let_in
def show_deadlines(ref: str) -> Response:
    """What is to come for the donor of a pledge, as a calendar."""
    reader = _reader(ref)
    if reader is None:
        return _ask_for_password()
    today = clock.day_in_kyiv(clock.now())
    lag_days = current_app.config["DONOR_PLACE_LAG_DAYS"]
    due = feeds.donor_deadlines(
        ref, today=today, lag_days=lag_days, share=reader.share, day_of=clock.day_in_kyiv
    )
    page = url_for("donors.show_own", word="pledges", ref=ref, _external=True)
    return _answer((ref, due, today), lambda: _calendar(ref, due, today, page), "text/calendar")


@blueprint.get("/feeds/deadlines.ics")
@open_to_anyone("asks for a session, or for the feed's own password")
@_not_let_in
def show_staff_deadlines() -> Response:
    """Everything that is due for the staff, as a calendar."""
    found = current_actor()
    reader = None if found else _reader_by_password()
    is_staff = found.may(Action.READ_DISCREPANCIES) if found else reader and not reader.pledge
    if not is_staff:
        return _ask_for_password()
    today = clock.day_in_kyiv(clock.now())
    due = feeds.staff_deadlines(today, aid_terms())
    page = url_for("boards.show_board", _external=True)
    return _answer(
        ("staff", due, today), lambda: _calendar("KitTrail", due, today, page), "text/calendar"
    )


@blueprint.get("/calendar")
@needs(Action.READ_DISCREPANCIES)
def show_calendar() -> Response:
    """The address of the staff's calendar, and the form that makes a password for it."""
    return _calendar_page()


@blueprint.post("/calendar")
@needs(Action.READ_DISCREPANCIES)
def make_calendar_password() -> Response:
    """Make a password for the staff's calendar and show it, this once."""
    return _calendar_page(keys.make_staff_key(by=actor(), now=clock.now()))


def _calendar_page(password: str | None = None) -> Response:
    address = url_for("feeds.show_staff_deadlines", _external=True)
    page = render_template("feeds/calendar.html", address=address, password=password, user=USER)
    return Response(page, headers={"Cache-Control": "no-store"})


def _reader(ref: str) -> Reader | None:
    """Who asks for the feed of `ref` and may have it; None for whoever may not.

    Raises NotFound for somebody signed in whose pledge it is not.
    """
    found = current_actor()
    if found is None:
        reader = _reader_by_password()
        return reader if reader and reader.pledge == ref else None
    if not may_still_see(account_of(found), ref, clock.now()):
        raise NotFound
    return Reader(ref, None)


def _reader_by_password() -> Reader | None:
    said = request.authorization
    if said is None or said.type != "basic" or not said.password:
        return None
    return feeds.reader_by_key(said.password[:64], clock.now())


def _ask_for_password() -> Response:
    g.actor = None
    answer = Response(gettext("A feed asks for its own password.") + "\n", 401)
    answer.mimetype = "text/plain"
    answer.headers["WWW-Authenticate"] = 'Basic realm="KitTrail", charset="UTF-8"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _answer(told: object, draw: Callable[[], bytes], kind: str) -> Response:
    """`draw()` as an answer that may be kept to ask again; 304 for whoever has it."""
    tag = hashlib.sha256(repr((told, str(get_locale()), request.host)).encode()).hexdigest()[:32]
    if request.if_none_match.contains_weak(tag):
        answer = Response(status=304)
    else:
        answer = Response(draw(), content_type=f"{kind}; charset=utf-8")
    answer.set_etag(tag)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.vary.update(("Accept-Language", "Authorization", "Cookie"))
    return answer


def _atom(ref: str, days: Sequence[Day]) -> bytes:
    page = url_for("donors.show_own", word="pledges", ref=ref, _external=True)
    tag = f"tag:{request.host.partition(':')[0]},2026:pledges/{ref}"
    feed = Xml.Element(f"{{{ATOM}}}feed", {"xml:lang": _language()})
    _child(feed, "id", tag)
    _child(feed, "title", gettext("News of %(pledge)s", pledge=ref))
    _child(
        feed, "updated", _midnight(max((day.shown_on for day in days), default=date(2026, 1, 1)))
    )
    _child(_child(feed, "author"), "name", "KitTrail")
    _child(feed, "link", rel="self", href=request.base_url)
    _child(feed, "link", rel="alternate", href=page)
    for day in days:
        entry = _child(feed, "entry")
        _child(
            entry, "id", f"{tag}/{day.month:%Y-%m}" if day.month else f"{tag}/{_news(day).until}"
        )
        _child(entry, "title", _title(day))
        _child(entry, "updated", _midnight(day.shown_on))
        _child(entry, "link", rel="alternate", href=page)
        if day.news is not None:
            _list(_child(entry, "content", type="xhtml"), _changes(day.news))
    return bytes(Xml.tostring(feed, "utf-8", xml_declaration=True))


def _child(parent: Xml.Element, name: str, text: str | None = None, **said: str) -> Xml.Element:
    child = Xml.SubElement(parent, f"{{{ATOM}}}{name}", said)
    child.text = text
    return child


def _list(content: Xml.Element, lines: Iterable[str]) -> None:
    frame = Xml.SubElement(content, f"{{{XHTML}}}div")
    listed = Xml.SubElement(frame, f"{{{XHTML}}}ul")
    for line in lines:
        Xml.SubElement(listed, f"{{{XHTML}}}li").text = line


def _title(day: Day) -> str:
    if day.month is not None:
        month = plain_month(day.month)
        return str(gettext("The table of places for %(month)s was published.", month=month))
    news = _news(day)
    return f"{plain_day(news.until)}: " + ", ".join(
        f"{_name(one.kind, one.name)} {'+' if one.by > 0 else '−'}{count(abs(one.by))}"
        for one in news.moved
        if one.kind == news.moved[0].kind
    )


def _changes(news: News) -> list[str]:
    return [
        f"{capital(_name(one.kind, one.name))}: {count(one.before)} → {count(one.after)}"
        for one in news.moved
    ] + ([no_longer_online(news.said_online)] if news.said_online else [])


def _news(day: Day) -> News:
    assert day.news is not None
    return day.news


def _name(kind: str, name: str) -> str:
    return {
        "stage": lambda: str(STAGE[name]),
        "rung": lambda: str(gettext("Proof: %(rung)s", rung=RUNG[name])),
        "damaged": lambda: str(gettext("Damaged")),
        "open": lambda: str(gettext("Open discrepancies")),
    }[kind]()


def _calendar(name: str, due: Sequence[Deadline], today: date, page: str) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//KitTrail//Deadlines//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", vDuration(timedelta(days=1)), {"VALUE": "DURATION"})
    for one in due:
        event = Event()
        event.add("uid", f"{one.uid}@{request.host.partition(':')[0]}")
        event.add("dtstamp", datetime.combine(today, time(), UTC))
        event.add("dtstart", one.on)
        event.add("summary", _summary(one))
        event.add("transp", "TRANSPARENT")
        event.add("url", page)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _summary(due: Deadline) -> str:
    """What is due; where days were counted, from which day."""
    day = plain_day(due.counts_from) if due.counts_from else ""
    passage = HAPPENED[aid_terms().starts_with]
    return str(WHAT[due.what]) % {"about": due.about, "day": day, "passage": passage}


def _midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def _language() -> str:
    locale = get_locale()
    return str(locale.language) if locale else "en"


def init_app(app: Any) -> None:
    """Register the feeds; a program that only fetches has no form to protect."""
    app.register_blueprint(blueprint)
