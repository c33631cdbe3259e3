"""The ledger on screen: how long it is, and the newest signed checkpoints."""

from __future__ import annotations

from flask import Blueprint, render_template

from tracker.domain.permissions import Action, Scope
from tracker.queries import ledger
from tracker.web.frame.gate import needs, scope

blueprint = Blueprint("ledger", __name__)


@blueprint.get("/ledger")
@needs(Action.READ_LEDGER)
def show_ledger() -> str:
    """The newest checkpoint; the earlier ones too for who reads the whole ledger."""
    many = 10 if scope() is Scope.ALL else 1
    return render_template(
        "ledger/show.html", checkpoints=ledger.newest_checkpoints(many), length=ledger.length()
    )
