"""The board: what is due today, and what has waited too long."""

from __future__ import annotations

from datetime import datetime, time

from flask import Blueprint, render_template

from tracker import clock
from tracker.domain.permissions import Action, Scope
from tracker.queries import aid_codes, boards
from tracker.services.aid_codes import aid_terms
from tracker.web.frame.gate import actor, needs

blueprint = Blueprint("boards", __name__)


@blueprint.get("/board")
@needs(Action.READ_DISCREPANCIES)
def show_board() -> str:
    """Everything that waits, on one page."""
    today = clock.day_in_kyiv(clock.now())
    began = datetime.combine(today, time(), clock.KYIV)
    reader = actor()
    origins = reader.locations if reader.scope(Action.SCAN_STOCK) is Scope.OWN else None
    board = boards.board(reader, today, began, origins)
    terms = aid_terms()
    return render_template(
        "boards/show.html",
        board=board,
        today=today,
        codes=aid_codes.running_codes(today, terms, reader),
        terms=terms,
    )
