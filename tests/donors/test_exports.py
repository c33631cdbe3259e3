"""What donors take along: the same figures as the page, in every form, and nothing that runs."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import openpyxl
import pypdfium2
import pytest
import time_machine
from flask import Flask
from flask_babel import force_locale
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from tests.services.builders import NOW
from tracker.domain.disclosure import Change, Counts, Places, counts
from tracker.domain.portfolios import Kind, Portfolio
from tracker.domain.unit_proofs import UnitProof
from tracker.exports import cells, document, drawings, tables, words
from tracker.exports.parcel import FORMS, Export, Head, Statement, file_name
from tracker.queries.donors import DonorView, PledgedLine, PledgeHead, Released
from tracker.services.exports import donor_exports
from tracker.web.words import terms

DAY = date(2026, 5, 30)
SAID = Statement(
    datetime(2026, 6, 2, 9, 30, 7, tzinfo=UTC), DAY, 3, 5, Head(12345, "ab" * 32, DAY),
    "kit.example.org", "en",
)  # fmt: skip


def some_counts(pledged: int = 1570) -> Counts:
    changes = [
        Change(date(2026, 5, 1), "status:announced", 1400),
        Change(date(2026, 5, 9), "status:deployed", 812),
        Change(date(2026, 5, 9), "status:announced", -900),
        Change(date(2026, 5, 9), "inspected", 112),
        Change(date(2026, 5, 9), "top:inspected", 112),
        Change(date(2026, 5, 9), "seen:inspected:20260508", 112),
        Change(date(2026, 5, 9), "seen:working:20260508", 40),
        Change(date(2026, 5, 9), "open:gap", 2),
    ]
    return counts(changes, pledged, DAY)


def view_of(name: str = "EX-1", text: str = "They work.", **said: Any) -> DonorView:
    given: dict[str, Any] = {
        "portfolio": Portfolio(Kind.PLEDGE, "EX-1"),
        "name_en": name,
        "name_uk": name,
        "pledges": (PledgeHead("EX-1", "EX", name, None, date(2026, 1, 1), 1570),),
        "pledge_count": 1,
        "lines": (PledgedLine(name, name, 1570),),
        "counts": some_counts(),
        "places": Places(date(2026, 4, 1), {"UA46": 61, "macro:east": 40}, 23, {"health": 60}),
        "released": (Released("statement", "x", "EX-1", text, text, NOW),),
        "delay_days": 3,
        "small_cell": 5,
        "matters_on": DAY,
        **said,
    }
    return DonorView(**given)


def export_of(view: DonorView | None = None, product: str = "Terminal") -> Export:
    days = (DAY, None, DAY, DAY, DAY, None, None)
    units = [UnitProof(f"7F3K9M2P4C{n}", product, product, "in_use", days) for n in "XY"]
    return Export(view or view_of(), SAID, lambda: iter(units))


def made(form: str, export: Export) -> bytes:
    out = io.BytesIO()
    donor_exports.write(export, form, out)
    return out.getvalue()


def table(content: bytes) -> list[dict[str, str]]:
    """A CSV by its hashtags."""
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    return [dict(zip(rows[1], row, strict=True)) for row in rows[2:]]


def test_a_csv_has_words_then_hashtags_then_one_number_a_row() -> None:
    rows = list(csv.reader(io.StringIO(made("csv", export_of()).decode("utf-8-sig"))))
    assert all(tag.startswith("#") for tag in rows[1])
    assert len({len(row) for row in rows}) == 1
    told = {
        (row["#indicator+type"], row["#indicator+code"]): row["#indicator+value+num"]
        for row in table(made("csv", export_of()))
        if row["#indicator+type"] != "day"
    }
    assert told["stage", "in_use"] == "700"
    assert told["stage", "inspected"] == "112"
    assert told["oblast", "UA46"] == "61"
    assert told["open", "gap"] == "2"


def test_only_a_place_has_a_place_s_code() -> None:
    rows = table(made("csv", export_of()))
    assert {row["#adm1+code"] for row in rows} == {"", "UA46"}
    assert {row["#date+asof"] for row in rows} == {"2026-05-30"}


def test_every_form_says_when_it_was_made_how_late_and_from_which_ledger() -> None:
    export = export_of()
    root, size = "ab" * 32, "12345"
    figures = made("csv", export).decode()
    units = made("units.csv", export).decode()
    told = json.loads(made("json", export))
    for text in (figures, units):
        assert all(word in text for word in (root, size, "2026-06-02T09:30:07Z", "2026-05-30"))
    assert told["ledger"] == {"size": 12345, "root": root, "signed_on": "2026-05-30"}
    assert (told["made_at"], told["delay_days"]) == ("2026-06-02T09:30:07Z", 3)
    assert root in str(sheets(export)["Summary"])
    assert ("ledger_root", root) in asked(export, "SELECT name, value FROM metadata")
    assert root in pdf_text(export).replace("\r\n", "").replace("\n", "")


def sheets(export: Export) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(io.BytesIO(made("xlsx", export)))
    return {sheet.title: list(sheet.values) for sheet in book}


def asked(export: Export, question: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(":memory:")
    connection.deserialize(made("sqlite", export))
    return connection.execute(question).fetchall()


def pdf_text(export: Export) -> str:
    with pypdfium2.PdfDocument(made("pdf", export)) as paper:
        return "\n".join(page.get_textpage().get_text_bounded() for page in paper)


def test_a_workbook_has_real_numbers_and_days_under_headings_that_stay() -> None:
    told = sheets(export_of())
    assert list(told) == ["Summary", "Proof", "Days", "Places", "Units"]
    assert told["Proof"][-1] == ("Inspected", 112, datetime(2026, 5, 8))  # noqa: DTZ001
    assert ("Lviv", "UA46", 61, datetime(2026, 4, 1)) in told["Places"]  # noqa: DTZ001
    day = datetime(2026, 5, 30)  # noqa: DTZ001
    assert told["Units"][1] == (
        "7F3K9M2P4CX",
        "Terminal",
        "In use",
        day,
        None,
        day,
        day,
        day,
        None,
        None,
    )
    assert told["Units"][0][-4:] == (
        "Deployed",
        "Working, as a person said",
        "Online, as measured",
        "Inspected",
    )
    book = openpyxl.load_workbook(io.BytesIO(made("xlsx", export_of())))
    assert all(sheet.freeze_panes == "A2" for sheet in book)


def test_every_form_tells_a_person_s_word_from_a_measurement() -> None:
    """Of units that were inspected nobody measured that they are on line."""
    document = json.loads(made("json", export_of()))
    proof = {one["rung"]: one["units"] for one in document["proof"]}
    assert (proof["deployed"], proof["working"], proof["online"]) == (112, 40, 0)
    assert document["units"][0]["proved_on"].keys() == {
        "shipped", "signed_for", "deployed", "working",
    }  # fmt: skip
    told = {row[0]: row[1] for row in sheets(export_of())["Proof"]}
    assert (told["Working, as a person said"], told["Online, as measured"]) == (40, 0)
    assert b"#date+working" in made("units.csv", export_of())


def test_what_newer_rules_found_is_open_as_a_kind_of_its_own() -> None:
    found = replace(some_counts(), review=7)
    document = json.loads(made("json", export_of(view_of(counts=found))))
    assert document["open"] == {"gap": 2, "review": 7}
    words = "found by newer rules in older stories; being looked through"
    assert words.encode() in made("csv", export_of(view_of(counts=found)))


def test_a_workbook_speaks_the_reader_s_language() -> None:
    told = sheets(Export(view_of(), replace(SAID, language="uk")))
    assert list(told) == ["Підсумок", "Докази", "Дні", "Місця"]


def test_a_database_joins_and_adds_up() -> None:
    question = "SELECT name_en, count(*) FROM units JOIN stages USING (stage) GROUP BY 1"
    export = export_of()
    assert asked(export, question) == [("in use", 2)]
    assert asked(export, "SELECT sum(units) FROM stages") == [(1570,)]
    assert asked(export, "PRAGMA foreign_key_check") == []


def test_a_document_is_what_its_schema_says() -> None:
    schema = document.schema("kit.example.org")
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    for view in (view_of(), view_of(places=None, matters_on=None), view_of(released=())):
        told = json.loads(made("json", Export(view, SAID)))
        assert list(validator.iter_errors(told)) == []
        assert told["$schema"] == schema["$id"]
    told = json.loads(made("json", export_of()))
    assert list(validator.iter_errors(told)) == []
    for wrong in ({"known_until": "30.05.2026"}, {"made_at": "now"}, {"site": "EX-SITE-1"}):
        assert list(validator.iter_errors(told | wrong)), wrong


def test_a_report_says_it_in_both_languages_on_numbered_sheets() -> None:
    text = pdf_text(export_of())
    for words_ in ("Of 1 570 units pledged", "З 1 570 обіцяних одиниць", "Аркуш 1 з",
                   "It adds up: 500 + 700 + 112 + 258 = 1 570 pledged", "Львівська", "61",
                   "a step that nobody scanned", "inspected", "08.05.2026"):  # fmt: skip
        assert words_ in text.replace("\N{NO-BREAK SPACE}", " "), words_


def test_more_units_than_were_pledged_are_said() -> None:
    text = pdf_text(Export(view_of(counts=some_counts(1000)), SAID))
    assert "It does not add up: 312 more recorded than pledged." in text
    assert "на 312 одиниць більше" in text


@pytest.mark.parametrize("form", FORMS)
def test_the_same_export_is_the_same_bytes(form: str) -> None:
    with time_machine.travel(NOW):
        first = made(form, export_of())
    with time_machine.travel(NOW + timedelta(hours=5)):
        assert made(form, export_of()) == first


HOSTILE = st.one_of(
    st.text(min_size=1, max_size=30),
    st.builds(
        lambda before, start, rest: before + start + rest,
        st.text(" \t\r\n\"'\u00a0\u200b\ufeff", max_size=3),
        st.sampled_from("=+-@\t\r＝＋－＠|%"),
        st.text(max_size=20),
    ),
    st.sampled_from(
        ['=HYPERLINK("http://x","y")', "+1", "-2+3", "@SUM(1)", '"=1+1"', "'=1", "\t=1"]
    ),
)


def runs(text: str) -> bool:
    """Whether a spreadsheet may take this cell for a formula, however it trims it."""
    trimmed = text.lstrip(' \t\r\n"\u00a0\u200b\ufeff')
    return trimmed[:1] in tuple("=+-@\t\r＝＋－＠") and trimmed != ""


@settings(max_examples=150, deadline=None)
@given(name=HOSTILE, text=HOSTILE, product=HOSTILE)
def test_no_name_becomes_a_formula(name: str, text: str, product: str) -> None:
    export = export_of(view_of(name, text), product)
    for form in ("csv", "units.csv"):
        rows = list(csv.reader(io.StringIO(made(form, export).decode("utf-8-sig"))))
        assert len({len(row) for row in rows}) == 1
        for cell in (cell for row in rows for cell in row):
            assert not runs(cell), (form, cell)
    content = made("xlsx", export)
    assert b"<f>" not in b"".join(_parts(content))
    for rows_ in sheets(export).values():
        for cell in (cell for row in rows_ for cell in row):
            assert not isinstance(cell, str) or not runs(cell), cell


def _parts(content: bytes) -> Iterator[bytes]:
    with ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            yield archive.read(name)


def test_a_negative_number_stays_a_number() -> None:
    told = export_of(view_of(counts=some_counts(1000)))
    [row] = [row for row in table(made("csv", told)) if row["#indicator+code"] == "rest"]
    assert row["#indicator+value+num"] == "-312"
    assert ("Not announced yet", -312) in sheets(told)["Summary"]


def test_a_plain_name_stays_as_it_is() -> None:
    for name in ("Poland", "Комплект «Starlink»", "O’Neill & Sons", "2-in-1 kit", "'t Hart"):
        assert cells.safe(name) == name


def test_totals_only_hold_no_day_no_place_and_no_unit() -> None:
    narrow = view_of().narrowed(photos=False, totals_only=True)
    export = Export(narrow, SAID)
    assert list(sheets(export)) == ["Summary", "Proof"]
    told = json.loads(made("json", export))
    assert not {"days", "places", "units"} & told.keys()
    assert {figure.part for figure in tables.figures(export)}.isdisjoint(
        {"day", "oblast", "sector"}
    )
    names = {row[0] for row in asked(export, "SELECT name FROM sqlite_master")}
    assert names.isdisjoint({"days", "places", "units"})
    assert "Львівська" not in pdf_text(export)


def test_words_are_those_of_the_screens_in_both_languages(app: Flask) -> None:
    for name_of in ("STAGE", "RUNG", "OPEN_MATTER", "SECTOR"):
        ours, theirs = getattr(words, name_of), getattr(terms, name_of)
        for place, language in enumerate(("uk", "en")):
            with app.test_request_context(), force_locale(language):
                assert {name: str(said) for name, said in theirs.items()} == {
                    name: pair[place] for name, pair in ours.items()
                }
        assert all(uk != en for uk, en in ours.values())


def test_a_file_s_name_says_of_what_and_until_when() -> None:
    assert file_name(export_of(), "xlsx") == "kittrail-EX-1-2026-05-30.xlsx"
    assert file_name(export_of(), "units.csv") == "kittrail-EX-1-2026-05-30-units.csv"
    odd = view_of(portfolio=Portfolio(Kind.PLEDGE, '../"a\r\nb/c'))
    assert file_name(Export(odd, SAID), "csv") == "kittrail-a-b-c-2026-05-30.csv"


@settings(max_examples=60, deadline=None)
@given(name=HOSTILE, language=st.sampled_from(["uk", "en"]))
def test_drawings_are_well_formed_and_ask_nobody_for_anything(name: str, language: str) -> None:
    view = view_of(name)
    for draw in (drawings.badge, drawings.card):
        drawn = draw(view, language)
        root = ElementTree.fromstring(drawn)
        assert root.find("{http://www.w3.org/2000/svg}title") is not None
        for word in ("href", "<script", "<style", "url(", "@import"):
            assert word not in drawn.replace(name, "")


def test_a_badge_tells_the_two_numbers() -> None:
    assert "1 570 pledged · 812 in use" in drawings.badge(view_of(), "en").replace(
        "\N{NO-BREAK SPACE}", " "
    )
