"""Papers: every value on them, nothing beside the page, the same bytes for the same values."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pypdfium2
import pytest
import zxingcpp

from tracker.papers import (
    contents_list,
    count_sheet,
    handover_act,
    lists,
    loss_report,
    packing_list,
    received_note,
    waybill,
)
from tracker.papers.parts import Head, Leg, Line, Side, Signature, Title

AT = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)  # in Kyiv the next day has begun
LONG = Side(
    "Комунальне некомерційне підприємство «Вигадана обласна клінічна лікарня швидкої допомоги»",
    "00000000",
    "вулиця Вигадана, 7",
    "Приклад-Прикладенко Олександра Олександрівна",
    "завідувачка відділення",
)
QR_CODE = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
BARS = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.Code128)
SSCC = "048200000000000017"
STROKES = (((0.1, 0.5), (0.5, 0.2), (0.9, 0.8)),)


def title(number: str = "EX-2026-00001") -> Title:
    return Title(
        number,
        2,
        AT,
        f"HTTPS://KIT.EXAMPLE/DOCUMENTS/{number}",
        Head(12345, "ab" * 32, AT),
        "EX, 1",
    )


def lines(many: int) -> list[Line]:
    return [
        Line(
            f"7F3K9-M2P4C-{n % 10}",
            "Комплект Starlink Standard",
            "Starlink Standard kit",
            (("KIT", f"KITEX{n:07}"), ("S/N", f"EXSERIAL{n:04}")),
            f"BOX-{n // 4:04}",
            Decimal("599.00") if n % 2 else None,
            "USD",
            "нестача",
            "short",
        )
        for n in range(many)
    ]


def a_packing_list(many: int) -> bytes:
    paper = packing_list.PackingList(
        title(), "CN-1", LONG, LONG, LONG, "CMR-1", "WAW-1", "LVIV-1", ["S-1"], 3, lines(many)
    )
    return packing_list.write(paper)


def a_waybill(many: int) -> bytes:
    day = date(2026, 11, 24)
    paper = waybill.Waybill(
        title(), "CN-1", "CMR-1", LONG, LONG, LONG, "WAW-1", "LVIV-1", day, "AID-1", day, day,
        [Leg("WAW-1", "LVIV-1", LONG.name, "EX 0000", day, day)], ["S-1"], 3, lines(many),
    )  # fmt: skip
    return waybill.write(paper)


def a_note(many: int) -> bytes:
    paper = received_note.ReceivedNote(
        title(), "CN-1", LONG, LONG, "LVIV-1", many, many, [("справне", "good", many)],
        1, [("нестача", "short", 1)], ["S-1"], lines(many), lines(many), lines(many),
    )  # fmt: skip
    return received_note.write(paper)


def an_act(many: int) -> bytes:
    signed = Signature("Передав", "by", LONG.person, LONG.position, AT, STROKES)
    paper = handover_act.HandoverAct(
        title(), LONG, LONG, "Запасний зв’язок", [("Приклад", "інженер")], lines(many),
        (signed, signed),
    )  # fmt: skip
    return handover_act.write(paper)


def a_count(many: int) -> bytes:
    paper = count_sheet.CountSheet(
        title(), "LVIV-1", AT, AT, many, lines(many), lines(many), lines(many)
    )
    return count_sheet.write(paper)


def a_loss(many: int) -> bytes:
    paper = loss_report.LossReport(
        title(), "stolen", date(2026, 11, 24), "Пломбу зірвано. " * 20, "EX-1", "CN-1",
        lines(many), ["ab" * 32],
    )  # fmt: skip
    return loss_report.write(paper)


def a_write_off(many: int) -> bytes:
    return loss_report.write_off(loss_report.WriteOffAct(title(), lines(many)))


def a_contents_list(many: int) -> bytes:
    paper = contents_list.ContentsList(
        title(), "pallet", "7F3K9-M2P4C-X", SSCC, "PALLET-0002", lines(many)
    )
    return contents_list.write(paper)


PAPERS: list[Callable[[int], bytes]] = [
    a_packing_list, a_waybill, a_note, an_act, a_count, a_loss, a_write_off,
    a_contents_list,
]  # fmt: skip


def opened(content: bytes) -> Any:
    return pypdfium2.PdfDocument(io.BytesIO(content))


def text_of(content: bytes) -> str:
    return "\n".join(page.get_textpage().get_text_range() for page in opened(content))


@pytest.mark.parametrize("draw", PAPERS)
@pytest.mark.parametrize("many", [1, 12, 41, 300])
def test_a_paper_says_all_and_nothing_leaves_the_page(
    draw: Callable[[int], bytes], many: int
) -> None:
    content = draw(many)
    document = opened(content)
    text = text_of(content)
    for number, page in enumerate(document, start=1):
        assert f"Аркуш {number} з {len(document)} · Sheet {number} of {len(document)}" in text
        words = page.get_textpage()
        for place in range(words.count_rects()):
            left, bottom, right, top = words.get_rect(place)
            inside = left > 30 and right < 565 and bottom > 14 and top < 830
            assert inside, (number, place)
    if draw is not a_waybill:
        missing = [line for line in lines(many) if line.identifiers[0][1] not in text]
        assert missing == []
    assert "EX-2026-00001" in text
    assert "Замінює" in text
    assert "25.11.2026" in text
    assert "12\u00a0345" in text or "12 345" in text


@pytest.mark.parametrize("draw", PAPERS)
def test_the_symbol_leads_to_the_paper_s_page(draw: Callable[[int], bytes]) -> None:
    picture = opened(draw(3))[0].render(scale=2).to_pil()
    [symbol] = zxingcpp.read_barcodes(picture, formats=QR_CODE)
    assert symbol.text == title().address


@pytest.mark.parametrize("draw", PAPERS)
def test_the_same_values_give_the_same_bytes(draw: Callable[[int], bytes]) -> None:
    assert draw(12) == draw(12)


def test_rows_do_not_run_into_each_other() -> None:
    """Words of one column start on lines that are further apart than they are high."""
    page = opened(a_packing_list(41))[1].get_textpage()
    tops = sorted(
        (rect[1], rect[3])
        for rect in (page.get_rect(place) for place in range(page.count_rects()))
        if 130 < rect[0] < 145
    )
    assert len(tops) > 5
    assert all(lower[1] <= upper[0] + 0.5 for lower, upper in pairwise(tops))


def test_what_has_no_value_is_said_and_not_counted_as_nothing() -> None:
    assert lists.worth(lines(5)) == "1\u00a0198,00 USD; без вартості · without value: 3"


def test_a_drawn_signature_stands_on_the_act() -> None:
    blank = Signature("Передав", "by", LONG.person, LONG.position, AT)
    paper = handover_act.HandoverAct(title(), LONG, LONG, "x", [], lines(1), (blank, blank))
    assert blue(an_act(1)) > blue(handover_act.write(paper)) == 0


def blue(content: bytes) -> int:
    """How many pixels have the ink of a signature."""
    count = 0
    for page in opened(content):
        pixels = page.render(scale=1).to_pil().convert("RGB").tobytes()
        triples = zip(pixels[::3], pixels[1::3], pixels[2::3], strict=True)
        count += sum(1 for red, green, ink in triples if ink > red + 60 and ink > green + 40)
    return count


@pytest.mark.parametrize("many", [1, 12, 20, 25, 33, 70])
def test_who_signs_an_act_has_its_sum_and_its_clause_on_the_same_sheet(many: int) -> None:
    sheets = [page.get_textpage().get_text_range() for page in opened(an_act(many))]
    [signed] = [text for text in sheets if "signature" in text]
    for said in ("value in all", "for civilian use only", "Made out in two copies"):
        assert said in signed


def test_a_waybill_is_signed_by_all_three_on_one_sheet() -> None:
    sheets = [page.get_textpage().get_text_range() for page in opened(a_waybill(12))]
    [signed] = [text for text in sheets if "signature" in text]
    assert signed.count("signature") == 3


def test_a_party_without_a_code_leaves_room_for_it_on_an_act() -> None:
    assert lists.side("хто", "who", Side("Example"), to_fill=True)[0][2].endswith("_" * 16)
    assert lists.side("хто", "who", Side("Example", "00000000"), to_fill=True)[0][2].endswith("0")
    assert "_" not in lists.side("хто", "who", Side("Example"))[0][2]


def test_the_bars_of_a_contents_list_are_read_as_gs1() -> None:
    picture = opened(a_contents_list(3))[0].render(scale=3).to_pil()
    [bars] = zxingcpp.read_barcodes(picture, formats=BARS, text_mode=zxingcpp.TextMode.HRI)
    assert bars.text == f"(00){SSCC}"
