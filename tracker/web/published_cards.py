"""Cards for other web sites: a donor or a coordinator publishes one, anybody may show it.

The picture's address holds a random name and no secret: it opens the pledge's totals and nothing
else, as late as the donor sees them, until it is withdrawn (docs/adr/0009).
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for

from tracker import clock
from tracker.domain.permissions import Action
from tracker.domain.portfolios import pledge
from tracker.errors import NotFound
from tracker.exports import drawings
from tracker.i18n import LOCALES
from tracker.queries import published_cards as known
from tracker.services import published_cards
from tracker.web import portfolios
from tracker.web.frame.gate import actor, needs, open_to_anyone

blueprint = Blueprint("published_cards", __name__)

MINUTES = 10  # that a browser may show a picture before it asks again


@blueprint.get("/cards/<name>/<any(badge, card):which>.svg")
@open_to_anyone("published on purpose: totals only, until it is withdrawn")
def show_card(name: str, which: str) -> Any:
    """A published badge or card, for an image on any site."""
    ref = known.pledge_of(name)
    if ref is None:
        raise NotFound
    view = portfolios.view_of(pledge(ref)).narrowed(photos=False, totals_only=True)
    draw = drawings.badge if which == "badge" else drawings.card
    language = request.args.get("lang")
    answer = Response(
        draw(view, language if language in LOCALES else "en"), mimetype="image/svg+xml"
    )
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Cache-Control"] = f"public, max-age={MINUTES * 60}"
    return answer


@blueprint.get("/d/pledges/<ref>/card")
@needs(Action.PUBLISH_CARD)
def edit_card(ref: str) -> Any:
    """Whether the pledge's card is published, and what to copy."""
    view = portfolios.view_of(portfolios.asked("pledges", ref))
    return render_template("published_cards/show.html", view=view, card=known.published(ref))


@blueprint.post("/d/pledges/<ref>/card")
@needs(Action.PUBLISH_CARD)
def publish_card(ref: str) -> Any:
    """Publish it."""
    published_cards.publish_card(ref, by=actor(), now=clock.now())
    return redirect(url_for(".edit_card", ref=ref), 303)


@blueprint.post("/d/pledges/<ref>/card/withdraw")
@needs(Action.PUBLISH_CARD)
def withdraw_card(ref: str) -> Response:
    """Show it no longer."""
    published_cards.withdraw_card(ref, by=actor(), now=clock.now())
    return redirect(url_for(".edit_card", ref=ref), 303)  # type: ignore[return-value]
