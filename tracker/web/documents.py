"""Issued documents: what was issued when, under which hash; and the file, as it was then."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, redirect, render_template, url_for

from tracker.domain.permissions import Action, Actor, Scope
from tracker.errors import NotAllowed, NotFound
from tracker.queries import documents
from tracker.services.evidence import evidence_content
from tracker.web.frame.gate import actor, needs

blueprint = Blueprint("documents", __name__)

NAMES_NOBODY = frozenset({"packing_list", "waybill", "received_note", "count_sheet"})
"""Papers without people's names or whole identifiers: also for readers of masked things."""


@blueprint.get("/documents/<number>")
@blueprint.get("/DOCUMENTS/<number>")
@needs(Action.READ_DOCUMENTS)
def show_document(number: str) -> Any:
    """One document and its versions; what a phone's camera opens from the paper."""
    found = documents.versions(number, actor())
    if not found:
        raise NotFound
    kind, about = found[0].kind, found[0].about
    return render_template(
        "documents/show.html",
        number=number,
        kind=kind,
        about=_page_of(about),
        name="" if about.startswith("act:") or about == "write-offs" else about,
        versions=found,
        readable=_may_read(actor(), kind),
    )


@blueprint.get("/documents/<number>/<int:version>.pdf")
@needs(Action.READ_DOCUMENTS)
def show_file(number: str, version: int) -> Response:
    """The file exactly as it was issued, held against its hash."""
    found = documents.version(number, min(version, 2**31 - 1), actor())
    if found is None:
        raise NotFound
    if not _may_read(actor(), found.kind):
        raise NotAllowed
    content, media_type = evidence_content(found.sha256)
    answer = current_app.response_class(content, mimetype=media_type)
    name = f"{number}-v{found.version}.pdf"
    answer.headers["Content-Disposition"] = f"inline; filename={name}"
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@blueprint.get("/documents/<number>/open")
@needs(Action.READ_DOCUMENTS)
def open_newest(number: str) -> Any:
    """The newest version's file."""
    found = documents.versions(number, actor())
    if not found:
        raise NotFound
    return redirect(url_for("documents.show_file", number=number, version=found[0].version), 303)


def _may_read(reader: Actor, kind: str) -> bool:
    return reader.scope(Action.READ_DOCUMENTS) is Scope.ALL or kind in NAMES_NOBODY


def _page_of(about: str) -> str | None:
    """The page of what a document is about."""
    kind, _, number = about.partition(":")
    if kind == "act" and number.isdecimal():
        return url_for("acts.show_act", act=int(number))
    if about.startswith("CNT-"):
        return url_for("counts.show_count", number=about)
    if about.startswith("LOSS-"):
        return url_for("losses.show_loss", number=about)
    if about == "write-offs":
        return url_for("proposals.list_proposals")
    return url_for("consignments.show_consignment", ref=about)
