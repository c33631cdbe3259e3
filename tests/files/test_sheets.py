"""Ugly files: what is read all the same, and what is refused with its line."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.sheets import Rows
from tracker.errors import ImportRefused
from tracker.files import sheets
from tracker.files.sheets import read_sheet
from tracker.models import locations, parties, products
from tracker.schemas.items import ItemRow
from tracker.schemas.locations import KINDS, LocationRow
from tracker.schemas.parties import KINDS as PARTY_KINDS
from tracker.schemas.parties import PartyRow
from tracker.schemas.pledges import PledgeRow
from tracker.schemas.products import KINDS as PRODUCT_KINDS
from tracker.schemas.products import ProductRow
from tracker.schemas.sheets import RowSchema, read_rows
from tracker.services.imports.importing import records

PRODUCTS = "product,name_en,name_uk,kind,identifiers\nNODE,Node,Вузол зв’язку,network,serial\n"
NODE = {"product": "NODE", "name_en": "Node", "name_uk": "Вузол зв’язку", "kind": "network",
        "identifiers": "serial"}  # fmt: skip


def read(content: bytes | str, schema: type[RowSchema] = ProductRow) -> Rows:
    raw = content.encode() if isinstance(content, str) else content
    sheet = read_sheet(raw, "f.csv", columns=schema.columns(), needed=schema.needed())
    return read_rows(schema, sheet)


def only(content: bytes | str, schema: type[RowSchema] = ProductRow) -> dict[str, Any]:
    rows = read(content, schema)
    assert rows.faults == []
    ((_, row),) = records(rows)
    return row


def refusal(content: bytes | str, schema: type[RowSchema] = ProductRow) -> list[str]:
    try:
        return [str(fault) for fault in read(content, schema).faults]
    except ImportRefused as refused:
        return [str(fault) for fault in refused.extra["faults"]]


def workbook(*rows: list[Any], extra_sheet: bool = False) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if extra_sheet:
        book.create_sheet("Notes").append(["left out"])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_a_clean_file_is_read_as_it_is() -> None:
    assert only(PRODUCTS) == NODE


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xef\xbb\xbf" + PRODUCTS.encode(), id="with a byte order mark"),
        pytest.param(PRODUCTS.encode("utf-16"), id="in UTF-16 with its mark"),
        pytest.param(PRODUCTS.encode("cp1251"), id="in Windows-1251"),
        pytest.param(PRODUCTS.replace(",", ";"), id="with semicolons"),
        pytest.param(PRODUCTS.replace(",", "\t"), id="with tabs"),
        pytest.param("sep=;\r\n" + PRODUCTS.replace(",", ";"), id="with Excel's word on it"),
        pytest.param(PRODUCTS.replace("\n", "\r\n"), id="with the line ends of Windows"),
        pytest.param(PRODUCTS.replace("\n", "\r"), id="with the line ends of old Macs"),
        pytest.param(PRODUCTS.strip(), id="without a last line end"),
        pytest.param(PRODUCTS + "\n,,,,\n  ,,\u00a0,,\n", id="with blank rows at the end"),
        pytest.param("\n\n" + PRODUCTS, id="with blank rows at the start"),
        pytest.param(PRODUCTS.replace("\n", ",,,\n"), id="with blank columns at the end"),
        pytest.param(PRODUCTS.replace("NODE,", " NODE\u00a0 ,"), id="with stray blanks"),
        pytest.param(PRODUCTS.replace("NODE", "node"), id="with small letters"),
        pytest.param(PRODUCTS.replace("NODE", "NОDЕ"), id="with Cyrillic letters in a reference"),
        pytest.param(PRODUCTS.replace("’", "'"), id="with a typewriter's apostrophe"),
        pytest.param(PRODUCTS.replace("’", "ʼ"), id="with a letter apostrophe"),
        pytest.param(PRODUCTS.replace("name_en", " Name EN "), id="with a header in other letters"),
        pytest.param(PRODUCTS.replace("network", "Network "), id="with a word in other letters"),
        pytest.param(PRODUCTS.replace("Node", '"Node"'), id="with quotation marks"),
    ],
)  # fmt: skip
def test_a_file_is_read(content: bytes | str) -> None:
    assert only(content) == NODE


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (PRODUCTS.encode("cp1251"), "read as Windows-1251"),
        (PRODUCTS.encode("utf-16"), "UTF-16"),
        (PRODUCTS.replace(",", ";").encode(), "separated by ';'"),
    ],
)
def test_how_a_file_was_read_is_said(content: bytes, said: str) -> None:
    assert said in " ".join(read(content).notes)


def test_cyrillic_letters_read_as_latin_are_said_with_their_lines() -> None:
    rows = read("party,name,kind\nРL,Poland,observer\nDE,Germany,observer\nUА,Ukraine,observer\n",
                PartyRow)  # fmt: skip
    assert [row["party"] for _, row in records(rows)] == ["PL", "DE", "UA"]
    (said,) = rows.remarks.sentences()
    assert said == "party: Cyrillic letters that look Latin were read as Latin (lines 2, 4)"


def test_a_row_after_a_newline_in_quotes_has_the_line_where_it_begins() -> None:
    text = 'product,name_en,name_uk,kind,identifiers\nA,"two\nlines",А,network,\nB,b,б,nothing,\n'
    faults = refusal(text)
    assert faults[0].startswith("f.csv:2: name_en: Must not hold control characters")
    assert faults[1].startswith("f.csv:4: kind: “nothing” is none of")


def test_a_note_may_have_lines() -> None:
    text = ("location,name_en,name_uk,kind,sector,katottg,note\n"
            'W-1,W,С,warehouse,,,"one\r\ntwo"\n')  # fmt: skip
    assert only(text, LocationRow)["note"] == "one\ntwo"


@pytest.mark.parametrize(
    ("content", "faults"),
    [
        ("", ["product: this column is missing", "kind: this column is missing"]),
        ("product,name_en,name_uk,kind\n", ["identifiers: this column is missing"]),
        (PRODUCTS.replace("kind", "kinds"), ["kinds: unknown column; there may be product, name"]),
        (PRODUCTS.replace("name_uk", "name_en"), ["name_en: this column is there twice"]),
        (PRODUCTS.replace("name_en", ""), ["column 2 has no name"]),
        (PRODUCTS + "A,B\n", ["f.csv:3: 2 cells, but 5 columns have a name"]),
        (PRODUCTS + "A,B,C,other,,more\n", ["f.csv:3: 6 cells, but 5 columns have a name"]),
        (PRODUCTS + 'A,"B,C,other,\n', ["f.csv:3: a quotation mark is opened here and never"]),
        (PRODUCTS + 'A,"B"b,C,other,\n', ["f.csv:3: a quotation mark stands inside a cell"]),
        (PRODUCTS + f"A,{'b' * 201},C,other,\n", ["f.csv:3: name_en: At most 200 characters"]),
        (PRODUCTS + f"A,{'b' * 140_000},C,other,\n", ["f.csv:3: a cell is longer than 131,072"]),
        (PRODUCTS + ",B,C,other,\n", ["f.csv:3: product: is empty"]),
        (PRODUCTS + "A B,B,C,other,\n", ["f.csv:3: product: “A B” is no reference"]),
        (PRODUCTS + "=CMD(),B,C,other,\n", ["f.csv:3: product: “=CMD()” is no reference"]),
        (PRODUCTS + "A,B\x00,C,other,\n", ["f.csv:3: name_en: Must not hold control characters"]),
        (PRODUCTS + "A,B,C,other,serial mac\n", ["f.csv:3: identifiers: “mac” is none of serial"]),
        (PRODUCTS.replace("’", "").encode("koi8-u"), ["f.csv:2: neither UTF-8 nor surely"]),
        (PRODUCTS.replace("’", "").encode("cp866"), ["f.csv:2: neither UTF-8 nor surely"]),
        ("party,name,kind\nEE,Główny,observer\n".encode("cp1250"), ["f.csv:2: neither UTF-8"]),
        (PRODUCTS.encode() + b"\xff\xfe\x98", ["f.csv:3: neither UTF-8"]),
        (b"PK\x03\x04 is no workbook", ["f.csv: this workbook cannot be read"]),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ["f.csv: an old Excel file, or one with a password"]),
    ],
)  # fmt: skip
def test_a_file_is_refused_with_the_place_and_the_reason(
    content: bytes | str, faults: list[str]
) -> None:
    found = refusal(content)
    for fault in faults:
        assert [one for one in found if fault in one], found


def test_every_bad_cell_is_listed() -> None:
    rows = read(PRODUCTS + ",B,,other,\nC,D,Д,network,mac\nE,F,Ф,network,\n")
    assert [(fault.line, fault.column) for fault in rows.faults] == [
        (3, "product"), (3, "name_uk"), (4, "identifiers"),
    ]  # fmt: skip
    assert [line for line, _ in records(rows)] == [2, 5]


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_BYTES", 100)
    assert "larger than" in refusal(PRODUCTS + "#" * 100)[0]


def test_a_file_of_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 2)
    assert refusal(PRODUCTS + "A,B,В,other,\nC,D,Д,other,\n") == [
        "f.csv:4: more than 2 rows; import it in parts"
    ]


def test_a_workbook_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_UNPACKED_BYTES", 100)
    assert "unpacks to more" in refusal(workbook(["product"]))[0]


PLEDGE = ["pledge", "donor", "pledged_on", "product", "quantity", "unit_value", "currency", "note"]


def test_a_workbook_is_read_with_its_numbers_and_days() -> None:
    row = only(workbook(PLEDGE, ["PL-1", "PL", date(2022, 11, 10), "NODE", 1570, 499.5, "usd", 7],
                        [None] * 8), PledgeRow)  # fmt: skip
    assert row == {
        "pledge": "PL-1", "donor": "PL", "pledged_on": date(2022, 11, 10), "product": "NODE",
        "quantity": 1570, "unit_value": Decimal("499.50"), "currency": "USD", "note": "7",
    }  # fmt: skip


def test_a_day_with_a_clock_at_midnight_is_that_day() -> None:
    midnight = datetime(2022, 11, 10)  # noqa: DTZ001 - spreadsheets know no zones
    row = ["PL-1", "PL", midnight, "NODE", 1, None, None, None]
    assert only(workbook(PLEDGE, row), PledgeRow)["pledged_on"] == date(2022, 11, 10)


def test_a_serial_that_a_spreadsheet_made_a_number_is_read_and_said() -> None:
    rows = read(workbook(["pledge", "product", "serial"], ["PL-1", "NODE", 12345678]), ItemRow)
    assert rows.values == [("PL-1", "NODE", "12345678")]
    assert "zeros at its start" in rows.remarks.sentences()[0]


def test_a_number_of_which_a_spreadsheet_lost_digits_is_refused() -> None:
    (fault,) = refusal(
        workbook(["pledge", "product", "imei"], ["PL-1", "NODE", 1234567890123456789]), ItemRow
    )
    assert fault.startswith("f.csv:2: imei: 1.23456789012346E+18 lost digits")


def test_of_several_sheets_the_first_is_read_and_that_is_said() -> None:
    rows = read(workbook(["product", "name_en", "name_uk", "kind", "identifiers"],
                         ["A", "B", "Б", "other", None], extra_sheet=True))  # fmt: skip
    assert (len(rows), "there are 2" in rows.notes[0]) == (1, True)


def pledge(**cells: str) -> str:
    told = {"pledge": "PL-1", "donor": "PL", "pledged_on": "2022-11-10", "product": "NODE",
            "quantity": "1", "unit_value": "", "currency": "", **cells}  # fmt: skip
    return ";".join(told) + "\n" + ";".join(told.values()) + "\n"


@pytest.mark.parametrize(
    ("column", "written", "value"),
    [
        ("quantity", "1 570", 1570),
        ("quantity", "1\u00a0570", 1570),
        ("quantity", "1570.0", 1570),
        ("quantity", "0", 0),
        ("pledged_on", "10.11.2022", date(2022, 11, 10)),
        ("unit_value", "1 499,50", Decimal("1499.50")),
        ("unit_value", "499.5", Decimal("499.50")),
    ],
)
def test_a_number_or_day_is_read_as_people_write_it(
    column: str, written: str, value: object
) -> None:
    row = only(pledge(**{"currency": "UAH", column: written}), PledgeRow)
    assert row[column] == value


@pytest.mark.parametrize(
    ("column", "written", "why"),
    [
        ("quantity", "1,570", "not a whole number"),
        ("quantity", "-1", "not a whole number"),
        ("quantity", "1.5", "not a whole number"),
        ("quantity", "10000001", "more than 10,000,000"),
        ("quantity", "٣", "not a whole number"),
        ("pledged_on", "10/11/2022", "not a day"),
        ("pledged_on", "2022-02-30", "there is no day"),
        ("unit_value", "1,570", "not an amount"),
        ("unit_value", "1.999", "not an amount"),
        ("unit_value", "1.570", "not an amount"),
        ("currency", "US", "not a code of 3 letters"),
        ("currency", "U$D", "not a code of 3 letters"),
    ],
)
def test_a_number_or_day_that_can_be_read_in_two_ways_is_refused(
    column: str, written: str, why: str
) -> None:
    assert why in refusal(pledge(**{"currency": "UAH", column: written}), PledgeRow)[0]


def test_an_amount_without_a_currency_is_refused() -> None:
    assert refusal(pledge(unit_value="5"), PledgeRow) == [
        "f.csv:2: currency: is empty; an amount needs one"
    ]


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ("site,,UA63140010000049419", "sector: is empty; a site has one"),
        ("site,health,", "katottg: is empty; a site has one"),
        ("hub,health,", "sector: a hub has no sector"),
        ("site,health,UA63140010000049418", "katottg: the codifier has no hromada with this code"),
    ],
)
def test_a_location_must_fit_its_kind(cells: str, fault: str) -> None:
    text = f"location,name_en,name_uk,kind,sector,katottg\nX-1,X,Х,{cells}\n"
    assert refusal(text, LocationRow) == [f"f.csv:2: {fault}"]


def test_a_refused_code_of_a_place_is_not_repeated() -> None:
    text = "location,name_en,name_uk,kind,sector,katottg\nX-1,X,Х,site,health,UA6314001000004941X\n"
    assert "UA6314" not in refusal(text, LocationRow)[0]


def test_the_schemas_know_the_words_that_the_tables_allow() -> None:
    assert (PARTY_KINDS, PRODUCT_KINDS) == (parties.PARTY_KINDS, products.PRODUCT_KINDS)
    assert KINDS == locations.LOCATION_KINDS


@pytest.mark.parametrize("schema", [PartyRow, ProductRow, LocationRow, PledgeRow, ItemRow])
def test_the_whole_row_is_refused_by_the_same_schema(schema: type[RowSchema]) -> None:
    empty = dict.fromkeys(schema.columns(), "\x00")
    assert schema().validate(empty).keys() == set(schema.columns())


@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    refusal(content)
    refusal(PRODUCTS.encode() + content)
