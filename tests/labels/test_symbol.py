"""Symbols: the press agrees with `qrcode` bit for bit, and decoders agree with both."""

from __future__ import annotations

import random

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_M, ERROR_CORRECT_Q
from qrcode.main import QRCode
from qrcode.util import MODE_ALPHA_NUM, QRData

from labels.codes import LETTERS, address, new_codes
from labels.symbol import Level, Press, Symbol, SymbolError, encode, modules, press

EVEN = "HTTPS://KITS.EXAMPLE/S/"[:-1]  # 22 letters: the code starts a pair of its own
ODD = "HTTPS://KITS.EXAMPLE/S/"  # 23 letters: its first letter shares a pair with the slash
LEVELS = {"M": ERROR_CORRECT_M, "Q": ERROR_CORRECT_Q, "H": ERROR_CORRECT_H}


def rows_by_qrcode(text: str, level: Level, version: int, mask: int) -> list[list[bool]]:
    code = QRCode(version, LEVELS[level], mask_pattern=mask)
    code.add_data(QRData(text.encode(), mode=MODE_ALPHA_NUM))
    code.make(fit=False)
    return [[bool(dark) for dark in row] for row in code.modules]


def rows_of(symbol: Symbol) -> list[list[bool]]:
    side = range(symbol.size)
    return [[symbol.is_dark(x, y) for x in side] for y in side]


def decoded(symbol: Symbol, scale: int = 4) -> str:
    side = (symbol.size + 8) * scale
    picture = Image.new("L", (side, side), 255)
    for x, y, length in symbol.runs():
        left, top = (x + 4) * scale, (y + 4) * scale
        picture.paste(0, (left, top, left + length * scale, top + scale))
    return str(zxingcpp.read_barcodes(picture)[0].text)


@pytest.mark.parametrize("level", ["M", "Q", "H"])
@pytest.mark.parametrize("prefix", [EVEN, ODD, ""])
def test_the_press_gives_what_qrcode_gives_on_random_codes(prefix: str, level: Level) -> None:
    made = Press(prefix, level)
    for code in new_codes(25):
        expected = rows_by_qrcode(prefix + code, level, made.version, made.mask)
        assert rows_of(made.symbol(code)) == expected


@pytest.mark.parametrize("prefix", [EVEN, ODD])
def test_the_press_gives_what_qrcode_gives_for_every_letter_in_every_place(prefix: str) -> None:
    made = press(prefix)
    dice = random.Random(1)
    for place in range(11):
        for letter in LETTERS:
            code = dice.choices(LETTERS, k=11)
            code[place] = letter
            text = "".join(code)
            assert made.symbol(text) == encode(prefix + text, "Q", made.version, made.mask)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-", min_size=1, max_size=60),
    st.text(LETTERS, min_size=11, max_size=11),
    st.sampled_from(["", "4812345"]),
)
def test_the_press_gives_what_qrcode_gives_for_any_host(host: str, code: str, gs1: str) -> None:
    prefix = address("", host, gs1)
    made = Press(prefix)
    assert rows_of(made.symbol(code)) == rows_by_qrcode(prefix + code, "Q", made.version, made.mask)


def test_symbols_from_the_press_decode_to_their_address() -> None:
    for code in new_codes(10):
        assert decoded(press(ODD).symbol(code)) == ODD + code


def test_the_smallest_symbol_is_chosen() -> None:
    assert modules(16, "Q") == 21
    assert modules(17, "Q") == 25
    assert modules(33, "Q") == encode("A" * 33, "Q").size == 29


def test_the_runs_cover_each_dark_module_once_and_no_light_one() -> None:
    symbol = press(ODD).symbol("7F3K9M2P4CX")
    covered = [(x + i, y) for x, y, length in symbol.runs() for i in range(length)]
    dark = [(x, y) for y in range(symbol.size) for x in range(symbol.size) if symbol.is_dark(x, y)]
    assert sorted(covered) == sorted(dark)


def test_no_run_could_be_longer() -> None:
    symbol = press(ODD).symbol("7F3K9M2P4CX")
    for x, y, length in symbol.runs():
        assert x == 0 or not symbol.is_dark(x - 1, y)
        assert x + length == symbol.size or not symbol.is_dark(x + length, y)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("https://x", "'h' cannot"), ("Ж", "'Ж' cannot"), ("A" * 3000, "3000 letters are too many")],
)
def test_what_cannot_be_a_symbol_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(SymbolError, match=complaint):
        encode(text)
