"""How a donor is told: mails, webhooks, a feed and a calendar, for an account and for a link.

A mail leads to `/d/mail#token`: the fragment stays in the browser, and `share.js` posts it. The
List-Unsubscribe header must have its token in the path (RFC 8058): `/u/token` can end one
subscription and nothing else, and no log of ours keeps paths.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, redirect, render_template, url_for
from flask_babel import get_locale, gettext

from tracker import clock
from tracker.domain.permissions import Action
from tracker.errors import InvalidValue, NotFound
from tracker.queries import feeds, subscriptions, webhooks
from tracker.queries.donors import LiveShare
from tracker.schemas.forms.notices import AskedAddress, ChosenMail, Linked, RegisteredWebhook
from tracker.services.notices import feeds as keys
from tracker.services.notices import mail
from tracker.services.notices import subscriptions as subscribing
from tracker.services.notices import webhooks as calling
from tracker.web import portfolios
from tracker.web.donors import asked_language, must_be_ours, of_link
from tracker.web.feeds import USER
from tracker.web.frame.forms import LARGEST_NUMBER, said
from tracker.web.frame.gate import actor, needs, open_to_anyone
from tracker.web.frame.limits import limiter

blueprint = Blueprint("notices", __name__)

_WEBHOOK = f"/d/pledges/<ref>/notices/webhooks/<int(max={LARGEST_NUMBER}):webhook>"


@blueprint.get("/d/pledges/<ref>/notices")
@needs(Action.RECEIVE_NOTICES)
def show_own(ref: str) -> Response:
    """How this account is told of a pledge."""
    return _page(ref)


@blueprint.post("/d/pledges/<ref>/notices/mail")
@needs(Action.RECEIVE_NOTICES)
def choose_mail(ref: str) -> Any:
    """Daily, weekly, or no mails at all."""
    cadence = said(ChosenMail)["cadence"]
    if cadence == "never":
        subscribing.unsubscribe(ref, by=actor())
    else:
        subscribing.subscribe(ref, cadence=cadence, locale=_language(), by=actor(), now=clock.now())
    return redirect(url_for(".show_own", ref=ref), 303)


@blueprint.post("/d/pledges/<ref>/notices/feed")
@needs(Action.RECEIVE_NOTICES)
def make_password(ref: str) -> Response:
    """Make a password for feed and calendar and show it, this once."""
    return _page(ref, password=keys.make_key(ref, by=actor(), now=clock.now()))


@blueprint.post("/d/pledges/<ref>/notices/webhooks")
@needs(Action.RECEIVE_NOTICES)
@limiter.limit("20 per hour")
def register_webhook(ref: str) -> Response:
    """Register an address and show its secret, this once."""
    secret = calling.register(ref, **said(RegisteredWebhook), by=actor(), now=clock.now())
    return _page(ref, secret=secret)


@blueprint.post(f"{_WEBHOOK}/renew")
@needs(Action.RECEIVE_NOTICES)
def renew_secret(ref: str, webhook: int) -> Response:
    """Replace the secret and show the new one, this once."""
    return _page(ref, secret=calling.rotate(webhook, pledge=ref, by=actor(), now=clock.now()))


@blueprint.post(f"{_WEBHOOK}/try")
@needs(Action.RECEIVE_NOTICES)
@limiter.limit("20 per hour")
def try_webhook(ref: str, webhook: int) -> Any:
    """Send a trial call."""
    calling.send_trial(webhook, pledge=ref, by=actor(), now=clock.now())
    return redirect(url_for(".show_own", ref=ref), 303)


@blueprint.post(f"{_WEBHOOK}/end")
@needs(Action.RECEIVE_NOTICES)
def end_webhook(ref: str, webhook: int) -> Any:
    """Call it no more."""
    calling.end(webhook, pledge=ref, by=actor())
    return redirect(url_for(".show_own", ref=ref), 303)


@blueprint.get("/d/notices")
@open_to_anyone("the link is the permission: without its session it asks for the link")
def show_shared() -> Response:
    """How whoever holds a link is told."""
    g.actor = None
    share = portfolios.share_in_session()
    if share is None:
        return of_link(render_template("donors/enter.html", refused=False))
    return _shared_page(share)


@blueprint.post("/d/notices/mail")
@open_to_anyone("the link is the permission; an address gets one question and no more")
@limiter.limit("10 per hour")
def ask_address() -> Response:
    """Ask an address whether it wants digests; the answer is the same for every address."""
    share = _share()
    try:
        subscribing.ask(share.id, **said(AskedAddress), locale=_language(), now=clock.now())
    except InvalidValue as wrong:
        return _shared_page(share, wrong=wrong.in_words(gettext), status=wrong.status)
    return _shared_page(share, asked=True)


@blueprint.post("/d/notices/feed")
@open_to_anyone("the link is the permission; the password ends with it")
@limiter.limit("20 per hour")
def make_shared_password() -> Response:
    """Make a password for feed and calendar and show it, this once."""
    share = _share()
    return _shared_page(share, password=keys.make_shared_key(share.id, now=clock.now()))


@blueprint.get("/d/mail")
@open_to_anyone("the token in the fragment of a mail's link is the permission")
def show_mail() -> Response:
    """Where a mail's link leads: the page posts the token by itself."""
    g.actor = None
    return of_link(render_template("notices/mail.html", mailing=None, state="asks"))


@blueprint.post("/d/mail")
@open_to_anyone("the token in the fragment of a mail's link is the permission")
@limiter.limit("20 per minute", deduct_when=lambda answer: answer.status_code == NotFound.status)
def change_mail() -> Response:
    """Show what the token names; with `verb` confirm it, or end it."""
    must_be_ours()
    g.actor = None
    form = said(Linked)
    token, verb = form["token"], form["verb"]
    if verb == "end":
        subscribing.end(token)
        return of_link(render_template("notices/mail.html", mailing=None, state="ended"))
    try:
        if verb == "confirm":
            subscribing.confirm(token, now=clock.now())
    except NotFound:
        pass
    mailing = subscriptions.by_token(token, clock.now())
    state = "shown" if mailing else "over"
    page = render_template("notices/mail.html", mailing=mailing, state=state, token=token)
    return of_link(page, 200 if mailing else NotFound.status)


@blueprint.get("/u/<token>")
@open_to_anyone("the header of a mail leads here; looking changes nothing")
def show_end(token: str) -> Response:
    """For a person whose mail program opens the header's address: a button."""
    g.actor = None
    return of_link(render_template("notices/end.html", ended=False, token=token[:64]))


@blueprint.post("/u/<token>")
@open_to_anyone("one click in a mail program (RFC 8058) ends the mails, and nothing else")
def end_by_click(token: str) -> Response:
    """End the mails. The answer is the same whether there were any."""
    g.actor = None
    subscribing.end(token[:64], by_header=True)
    return of_link(render_template("notices/end.html", ended=True, token=""))


def _page(ref: str, *, password: str | None = None, secret: str | None = None) -> Response:
    account = subscribing.must_receive(ref, actor())
    page = render_template(
        "notices/show.html",
        ref=ref,
        subscription=subscriptions.subscription_of(account, ref),
        sends_mail=mail.is_set_up(),
        webhooks=webhooks.of_pledge(ref, clock.now()),
        has_key=feeds.has_key(ref, account=account),
        password=password,
        secret=secret,
        user=USER,
    )
    return Response(page, headers={"Cache-Control": "no-store"})


def _shared_page(share: LiveShare, *, status: int = 200, **said: Any) -> Response:
    page = render_template(
        "notices/shared.html",
        share=share,
        sends_mail=mail.is_set_up(),
        has_key=feeds.has_key(share.pledge, share=share.id),
        user=USER,
        asked_language=asked_language(),
        **said,
    )
    return of_link(page, status)


def _share() -> LiveShare:
    """The link of the browser's session. Raises NotFound without one, FormExpired."""
    must_be_ours()
    g.actor = None
    share = portfolios.share_in_session()
    if share is None:
        raise NotFound
    return share


def _language() -> str:
    locale = get_locale()
    return str(locale.language) if locale else "en"


def init_app(app: Any) -> None:
    """Register the pages; those of links and mails carry no session to protect."""
    from tracker.web import csrf

    for view in (ask_address, make_shared_password, change_mail, end_by_click):
        csrf.exempt(view)
    app.register_blueprint(blueprint)
