"""Phones and scanners on screen: invited by a QR, revoked, and what came too late from them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    jsonify,
    make_response,
    redirect,
    render_template,
    url_for,
)
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from tracker import clock
from tracker.domain.permissions import Action, Role
from tracker.domain.scans import Scan
from tracker.errors import InvalidValue, NotFound, Refusal
from tracker.queries import devices as queries
from tracker.queries import labels
from tracker.queries.quotas import open_cases
from tracker.schemas.forms.devices import Invited, JudgedLate, ShownInvitation
from tracker.schemas.scans import read_scan
from tracker.services import codes, devices, late_acts, late_scans, quotas
from tracker.web.frame.forms import LARGEST_NUMBER, said, typed
from tracker.web.frame.gate import actor, freshly, needs

blueprint = Blueprint("devices", __name__)

ONE = f"/devices/<int(max={LARGEST_NUMBER}):number>"
DAYS = (7, 30, 90, 366)
QUOTA = {
    "unknown_code": _l("codes that name nothing"),
    "note": _l("notes"),
    "photo": _l("photos"),
    "unfinished": _l("photos begun and not finished"),
    "late_scan": _l("scans after its access had ended"),
}
"""What a phone sent too much of, by the name of the quota."""


@blueprint.get("/devices")
@needs(Action.ENROL_DEVICE)
def list_devices() -> str:
    """Every device, and the form that invites another."""
    return _page(None)


@blueprint.post("/devices/invitations")
@needs(Action.ENROL_DEVICE)
@freshly
def invite() -> Any:
    """Show an invitation as a QR: this once, for ten minutes."""
    reader = actor()
    try:
        form = said(Invited)
        role = form["role"]
        if role not in _roles():
            raise InvalidValue("Choose a role.", field="role")
        code, until = devices.invite(
            Role(role),
            locations=form["location"],
            days=form["days"] or 0,
            by=reader,
            now=clock.now(),
        )
    except Refusal as problem:
        if problem.status != InvalidValue.status:
            raise
        return _page(problem), InvalidValue.status
    address = f"{url_for('field.show_app', _external=True)}#enrol={code}"
    size, path = devices.symbol_of(address)
    page = make_response(
        render_template(
            "devices/invitation.html", size=size, path=path, until=until, code=code, address=address
        )
    )
    page.headers["Cache-Control"] = "no-store"
    return page


@blueprint.post("/devices/invitations/state")
@needs(Action.ENROL_DEVICE)
def show_state() -> Response:
    """Whether the invitation on the screen has been answered, and by whom."""
    number = queries.answered(said(ShownInvitation)["code"])
    found = queries.device(number) if number is not None else None
    return jsonify({"name": found.name if found else None})


@blueprint.post(f"{ONE}/revoke")
@needs(Action.ENROL_DEVICE)
def revoke(number: int) -> Any:
    """End a device's access at once."""
    devices.revoke_device(number, by=actor(), now=clock.now())
    flash(gettext("The access of this device has ended. What it sends from now on is set aside."))
    return redirect(url_for("devices.list_devices"), 303)


@blueprint.post(f"/devices/cases/<int(max={LARGEST_NUMBER}):number>/settle")
@needs(Action.ENROL_DEVICE)
def settle(number: int) -> Any:
    """Somebody has looked into why a phone sent so much."""
    quotas.settle_case(number, by=actor(), now=clock.now())
    flash(gettext("Kept. If the phone sends too much again, it stands here again."), "success")
    return redirect(url_for("devices.list_devices"), 303)


@blueprint.get(f"{ONE}/late")
@needs(Action.SETTLE_DISCREPANCY)
def list_late(number: int) -> str:
    """What a device sent after its access had ended."""
    return _late_page(number, None)


@blueprint.post(f"{ONE}/late")
@needs(Action.SETTLE_DISCREPANCY)
def judge(number: int) -> Any:
    """Keep the chosen scans and acts, or not, and why."""
    device = queries.device(number)
    if device is None:
        raise NotFound
    try:
        form = said(JudgedLate)
    except Refusal as problem:
        return _late_page(number, problem), problem.status
    chosen = {*form["scan"], *form["act"]}
    scans = [scan for _, scan in _late(number) if scan.id in chosen]
    acts = [row.id for row in queries.late_acts(number) if row.id in chosen]
    keep = form["verdict"] == "keep"
    how: dict[str, Any] = {
        "keep": keep,
        "decision": form["decision"],
        "by": actor(),
        "now": clock.now(),
    }
    try:
        if not scans and not acts:
            raise InvalidValue("Choose at least one scan or act.", field="scan")
        judged = late_scans.judge(number, scans, **how), late_acts.judge(device, acts, **how)
    except Refusal as problem:
        if problem.status != InvalidValue.status:
            raise
        return _late_page(number, problem), InvalidValue.status
    for sentence in _judged(keep, *judged):
        flash(sentence, "success" if keep else "message")
    if left := len(scans) + len(acts) - sum(judged):
        flash(
            ngettext(
                "%(many)s record was left as it is: somebody else judged it meanwhile, or this "
                "phone may not do what it says.",
                "%(many)s records were left as they are: somebody else judged them meanwhile, or "
                "this phone may not do what they say.",
                left,
                many=left,
            )
        )
    return redirect(url_for("devices.list_late", number=number), 303)


def _judged(keep: bool, scans: int, acts: int) -> Iterator[str]:
    """What was decided, in words."""
    if scans and keep:
        yield ngettext("%(many)s scan kept.", "%(many)s scans kept.", scans, many=scans)
    elif scans:
        yield ngettext("%(many)s scan refused.", "%(many)s scans refused.", scans, many=scans)
    if acts and keep:
        yield ngettext("%(many)s act kept.", "%(many)s acts kept.", acts, many=acts)
    elif acts:
        yield ngettext("%(many)s act refused.", "%(many)s acts refused.", acts, many=acts)


def _page(problem: Refusal | None) -> str:
    rows = queries.list_devices()
    return render_template(
        "devices/list.html",
        devices=rows,
        places=queries.places_of([row.id for row in rows]),
        late=queries.late_counts(),
        cases=open_cases(),
        quota_names=QUOTA,
        choices=labels.choices(None, actor(), None),
        roles=_roles(),
        days=DAYS,
        now=clock.now(),
        problem=problem,
        said=typed(),
    )


def _late_page(number: int, problem: Refusal | None) -> str:
    device = queries.device(number)
    if device is None:
        raise NotFound
    return render_template(
        "devices/late.html",
        device=device,
        rows=_late(number),
        acts=_late_acts(number),
        problem=problem,
        said=typed(),
    )


def _late(number: int) -> list[tuple[Any, Scan]]:
    """Late scans of one device, each beside its row; they were read once before they were kept."""
    return [
        (row, Scan(**codes.read_codes(read_scan(json.loads(row.said)))))
        for row in queries.late_scans(number)
    ]


def _late_acts(number: int) -> list[tuple[Any, dict[str, Any], datetime]]:
    """Late acts of one device: the row, what was signed and when; they were read once before."""
    told = [(row, json.loads(row.said)) for row in queries.late_acts(number)]
    return [(row, said, datetime.fromisoformat(said["made_at"])) for row, said in told]


def _roles() -> list[str]:
    """What a device may be."""
    return [role.value for role in devices.ENROLLABLE]
