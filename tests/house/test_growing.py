"""Who adds a column, a paper, a form of export or a language is told what they forgot.

Of a step `test_made_up_step` and `test_step_names` tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from babel.messages import Catalog, Message
from babel.messages.pofile import read_po

from tests.house.parts import ROOT
from tracker.commands.imports import SCHEMAS
from tracker.db import Base
from tracker.exports.parcel import FORMS
from tracker.i18n import LOCALES
from tracker.models import Party, Pledge, PledgeLine, Product, subscriptions
from tracker.models.documents import DOCUMENT_KINDS
from tracker.schemas.sheets import RowSchema
from tracker.services.papers.numbering import SERIES
from tracker.web.consignments import PAPERS
from tracker.web.frame.frame import LANGUAGE_NAMES
from tracker.web.words import terms


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


# A column, of products or of what else is imported

KEPT_IN: dict[str, tuple[type[Base], ...]] = {
    "parties": (Party,),
    "products": (Product,),
    "pledges": (Pledge, PledgeLine),
}
"""Sheet -> the tables that its rows become, as they are. Of places and units more is made."""
OTHERWISE = {
    *("id", "ref"),  # the reference is the column that the sheet is named after
    "initiative",  # coordinators group pledges by hand
}


def columns(tables: Iterable[type[Base]]) -> set[str]:
    return {column.name for table in tables for column in table.__table__.columns}


@pytest.mark.parametrize("noun", KEPT_IN)
def test_every_column_of_a_sheet_has_one_in_its_table(noun: str) -> None:
    references = {"party", "product", "pledge"}
    assert set(SCHEMAS[noun].columns()) - columns(KEPT_IN[noun]) <= references


@pytest.mark.parametrize("noun", KEPT_IN)
def test_every_column_of_a_table_can_be_imported(noun: str) -> None:
    assert columns(KEPT_IN[noun]) - set(SCHEMAS[noun].columns()) <= OTHERWISE


@pytest.mark.parametrize(("noun", "sheet"), SCHEMAS.items())
def test_every_column_of_a_sheet_is_told_in_the_documents(
    noun: str, sheet: type[RowSchema]
) -> None:
    table = re.search(rf"^\| {noun} \|.*(?:\n\| \|.*)*", text("docs/import.md"), re.MULTILINE)
    assert table, noun
    named = [cell.split("|")[2] for cell in table[0].splitlines()]
    assert set(re.findall(r"`(\w+)`", " ".join(named))) == set(sheet.columns())


# A paper


def test_every_paper_is_numbered_named_and_issued_by_somebody() -> None:
    assert set(DOCUMENT_KINDS) == set(SERIES) - {"consignment"}
    assert set(DOCUMENT_KINDS) == set(terms.DOCUMENT)
    verbs = "".join(
        path.read_text(encoding="utf-8") for path in ROOT.glob("tracker/services/**/*.py")
    )
    issued = set(re.findall(r'\bissue(?:_within)?\(\s*(?:\w+,\s*)?"(\w+)"', verbs))
    assert issued == set(DOCUMENT_KINDS)


@pytest.mark.parametrize("kind", PAPERS)
def test_every_paper_of_a_consignment_has_its_button(kind: str) -> None:
    page = text("tracker/templates/consignments/show.html")
    buttons = page.partition("consignments.issue_paper")[0].rpartition("{% for kind in ")[2]
    assert f'"{kind}"' in buttons


# A form of export


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_export_is_offered_and_told_in_the_documents(form: str) -> None:
    offered = text("tracker/templates/donors/_downloads.html")
    assert f'form_address("{form}")' in offered
    assert f"`export.{form}`" in text("docs/exports.md")


# A language


def test_every_language_is_offered_and_has_its_catalogue() -> None:
    offered = set(LANGUAGE_NAMES), set(subscriptions.LOCALES)
    assert offered == (set(LOCALES), set(LOCALES))
    phone = set(re.findall(r'\["(\w\w)", "', text("tracker/static/field/settings.js")))
    assert phone == set(LOCALES)
    folders = {path.parent.parent.name for path in ROOT.glob("tracker/translations/*/*/*.po")}
    assert folders == set(LOCALES) - {"en"}, "English is what the texts are written in"


@pytest.mark.parametrize("locale", sorted({*LOCALES} - {"en"}))
def test_every_catalogue_says_all_that_the_ukrainian_says(locale: str) -> None:
    kept = catalogue(locale)
    lacking = [
        one.id for one in catalogue("uk") if one.id and not said(kept.get(one.id, one.context))
    ]
    assert lacking == []


def catalogue(locale: str) -> Catalog:
    with (ROOT / f"tracker/translations/{locale}/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale=locale)


def said(message: Message | None) -> bool:
    """Whether a message has its translation, in all plural forms."""
    text = message.string if message else ""
    return all(text) if isinstance(text, tuple) else bool(text)
