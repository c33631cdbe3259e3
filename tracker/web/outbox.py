"""Deliveries to donors: what waits, and what was given up for a coordinator to decide."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Flask, redirect, render_template, url_for
from flask_babel import lazy_gettext as _l

from tracker import clock
from tracker.domain.permissions import Action
from tracker.queries import outbox
from tracker.services.notices import mail
from tracker.services.notices import outbox as delivering
from tracker.web.frame.gate import actor, needs
from tracker.web.words.formats import add_filter

blueprint = Blueprint("outbox", __name__)

FAILURE = {
    "mail is not set up": _l("mail is not set up"),
    "the mail server refused the address": _l("the mail server refused the address"),
    "the mail server refused the mail": _l("the mail server refused the mail"),
    "the mail server would not go on": _l("the mail server would not go on"),
    "the mail server cannot be used": _l("the mail server cannot be used"),
    "the name of the address cannot be found": _l("the name of the address cannot be found"),
    "the name of the address was not found in time": _l(
        "the name of the address was not found in time"
    ),
    "only https is called": _l("only https is called"),
    "the address leads to a private network": _l("the address leads to a private network"),
    "the certificate or TLS of the address is wrong": _l(
        "the certificate or TLS of the address is wrong"
    ),
    "the address did not answer in time": _l("the address did not answer in time"),
    "the address cannot be reached": _l("the address cannot be reached"),
    "the address redirects, which is not followed": _l(
        "the address redirects, which is not followed"
    ),
    "the address did not take it": _l("the address did not take it"),
    "the secret of the webhook cannot be opened": _l("the secret of the webhook cannot be opened"),
    "an error of ours": _l("an error of ours"),
}
"""Why a try failed (`services.notices.outbox.Undeliverable`), for a reader."""


@blueprint.get("/deliveries")
@needs(Action.MANAGE_DELIVERIES)
def list_deliveries() -> str:
    """How many wait, and each that was given up."""
    return render_template(
        "outbox/list.html", tallied=outbox.tallied(), dead=outbox.dead(), missing=mail.missing()
    )


@blueprint.post("/deliveries/<uuid:delivery>/again")
@needs(Action.MANAGE_DELIVERIES)
def try_again(delivery: UUID) -> Any:
    """Make it due again."""
    delivering.try_again(str(delivery), by=actor(), now=clock.now())
    return redirect(url_for(".list_deliveries"), 303)


@blueprint.post("/deliveries/<uuid:delivery>/drop")
@needs(Action.MANAGE_DELIVERIES)
def drop(delivery: UUID) -> Any:
    """Give it up."""
    delivering.drop(str(delivery), by=actor())
    return redirect(url_for(".list_deliveries"), 303)


def failure(said: str | None) -> str:
    """Why a try failed, in the reader's language; what stands in brackets is a code."""
    words, _, code = (said or "").partition(" (")
    return f"{FAILURE.get(words, words)} ({code}" if code else str(FAILURE.get(words, words))


def init_app(app: Flask) -> None:
    """Register the page, and the words for what failed."""
    add_filter(app, "failure", failure)
    app.register_blueprint(blueprint)
