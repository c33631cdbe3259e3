"""Exports of what a donor's page shows: by a link, by an account, and for staff.

The addresses are `export.<form>` beside the page. One with many units is prepared by `tracker
worker`: the same address then answers with how far that is, and with the file once it is ready.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, jsonify, render_template, request
from flask_babel import get_locale

from tracker import clock
from tracker.domain.permissions import Action
from tracker.errors import NotFound
from tracker.exports import document, drawings
from tracker.exports.parcel import FORMS, file_name
from tracker.i18n import LOCALES
from tracker.queries import donor_exports as known
from tracker.queries.donors import DonorView
from tracker.services.exports import donor_exports as exports
from tracker.web import portfolios
from tracker.web.donors import must_be_ours, of_link
from tracker.web.frame.gate import needs, open_to_anyone
from tracker.web.frame.limits import limiter

blueprint = Blueprint("donor_exports", __name__)

FORM = f"<any({', '.join(map(repr, FORMS))}):form>"
DRAWING = "<any(badge, card):which>.svg"
OWN = "<any(pledges, initiatives, donors):word>/<ref>"
OFTEN = "60 per minute"


@blueprint.get(f"/d/export.{FORM}")
@open_to_anyone("the link is the permission: without its session there is no export")
@limiter.limit(OFTEN)
def export_shared(form: str) -> Any:
    """What the link shows, as a file."""
    return of_link(_file_or_progress(_shared(), form))


@blueprint.post(f"/d/export.{FORM}")
@open_to_anyone("the link is the permission: without its session nothing is prepared")
@limiter.limit(OFTEN)
def prepare_shared(form: str) -> Any:
    """Have a large export of the link's pledge prepared."""
    must_be_ours()
    return of_link(_ask(_shared(), form))


@blueprint.get(f"/d/{OWN}/export.{FORM}")
@needs(Action.READ_PLEDGES)
def export_own(word: str, ref: str, form: str) -> Any:
    """A pledge, an initiative or all of a donor's, as a file."""
    return _private(_file_or_progress(portfolios.view_of(portfolios.asked(word, ref)), form))


@blueprint.post(f"/d/{OWN}/export.{FORM}")
@needs(Action.READ_PLEDGES)
def prepare_own(word: str, ref: str, form: str) -> Any:
    """Have a large export prepared."""
    return _private(_ask(portfolios.view_of(portfolios.asked(word, ref)), form))


@blueprint.get(f"/d/mechanism/export.{FORM}")
@needs(Action.READ_PLEDGES)
def export_mechanism(form: str) -> Any:
    """All pledges of all donors together, as a file."""
    return _private(_file_or_progress(portfolios.view_of(portfolios.asked("mechanism")), form))


@blueprint.get(f"/d/{DRAWING}")
@open_to_anyone("the link is the permission: without its session there is no drawing")
def draw_shared(which: str) -> Any:
    """The badge or the card of the link's pledge."""
    return of_link(_drawing(_shared(), which))


@blueprint.get(f"/d/{OWN}/{DRAWING}")
@needs(Action.READ_PLEDGES)
def draw_own(word: str, ref: str, which: str) -> Any:
    """The badge or the card of what the reader may see."""
    return _private(_drawing(portfolios.view_of(portfolios.asked(word, ref)), which))


@blueprint.get(f"/schemas/{document.SCHEMA_NAME}")
@open_to_anyone("describes the files and holds none of their contents")
def show_schema() -> Any:
    """The JSON Schema of the export in JSON."""
    answer = jsonify(document.schema(current_app.config["HOST"]))
    answer.mimetype = "application/schema+json"
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


def _shared() -> DonorView:
    """What the link of this browser shows. Raises NotFound without one."""
    g.actor = None
    share = portfolios.share_in_session()
    if share is None:
        raise NotFound
    return portfolios.view_of_share(share)


def _file_or_progress(view: DonorView, form: str) -> Response:
    if not exports.has_form(view, form):
        raise NotFound
    if exports.is_large(view, form):
        return _prepared(view, form)
    export = exports.compose(view, language=_language(), now=clock.now())
    return _attached(exports.made(export, form), form, file_name(export, form))


def _prepared(view: DonorView, form: str) -> Response:
    """The file if it is ready; otherwise how far it is, as a page or for a program."""
    found = known.prepared(view.portfolio.ref, form, _language(), view.counts.until)
    if "progress" in request.args:
        state, done = (found.state, found.done) if found else ("none", 0)
        return jsonify(state=state, done=done, units=view.counts.units)
    if found is not None and found.state == "ready":
        export = exports.compose(view, language=_language(), now=clock.now())
        return _attached(exports.file_of(found).read_bytes(), form, file_name(export, form))
    page = render_template(
        "donors/prepare.html",
        view=view,
        form=form,
        prepared=found,
        is_link=g.actor is None,
        word=portfolios.WORDS[view.portfolio.kind],
    )
    return Response(page, 200 if found is None else 202)


def _ask(view: DonorView, form: str) -> Response:
    if not exports.has_form(view, form) or not exports.is_large(view, form):
        raise NotFound
    exports.ask_for(view, form, language=_language(), now=clock.now())
    return Response(status=303, headers={"Location": request.full_path.rstrip("?")})


def _attached(content: bytes, form: str, name: str) -> Response:
    answer = Response(content, content_type=FORMS[form])
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _drawing(view: DonorView, which: str) -> Response:
    draw = drawings.badge if which == "badge" else drawings.card
    return Response(draw(view, _language()), mimetype="image/svg+xml")


def _private(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _language() -> str:
    """The language of headings: the reader's."""
    language = str(get_locale())
    return language if language in LOCALES else "uk"


def init_app(app: Flask) -> None:
    """Register the routes; a link has no session to protect a form with."""
    from tracker.web import csrf

    csrf.exempt(prepare_shared)
    app.register_blueprint(blueprint)
