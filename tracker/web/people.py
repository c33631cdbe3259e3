"""People on screen: who has an account and what they may do, for administrators and auditors."""

from __future__ import annotations

from flask import Blueprint, render_template

from tracker.domain.permissions import Action
from tracker.queries import devices, passkeys, people
from tracker.web.frame.gate import needs

blueprint = Blueprint("people", __name__)


@blueprint.get("/people")
@needs(Action.READ_PEOPLE)
def list_people() -> str:
    """Every account and every device."""
    return render_template(
        "people/list.html",
        accounts=people.accounts(),
        passkeys=passkeys.all_passkeys(),
        devices=devices.list_devices(),
    )
