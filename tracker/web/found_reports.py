"""What finders say, on a coordinator's screen."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from tracker import clock
from tracker.domain.permissions import Action
from tracker.queries import found_reports as queries
from tracker.schemas.forms.found_reports import SettledReport
from tracker.services import found_reports
from tracker.web.frame.forms import LARGEST_NUMBER, asked_number, said
from tracker.web.frame.gate import actor, needs

blueprint = Blueprint("found_reports", __name__)


@blueprint.get("/found-reports")
@needs(Action.SETTLE_DISCREPANCY)
def list_reports() -> str:
    """What waits, oldest first; or what was settled."""
    settled = request.args.get("state") == "settled"
    rows, after = queries.list_reports(settled=settled, after=asked_number("after"))
    following = None
    if after is not None:
        state = "settled" if settled else None
        following = url_for("found_reports.list_reports", state=state, after=after)
    return render_template(
        "found_reports/list.html", rows=rows, settled=settled, following=following
    )


@blueprint.post(f"/found-reports/<int(max={LARGEST_NUMBER}):number>/settle")
@needs(Action.SETTLE_DISCREPANCY)
def settle(number: int) -> Any:
    """Keep a decision; the finder's words are erased."""
    found_reports.settle(number, **said(SettledReport), by=actor(), now=clock.now())
    flash(gettext("Settled. What the finder wrote is erased; the decision stays."), "success")
    return redirect(url_for("found_reports.list_reports"), 303)
