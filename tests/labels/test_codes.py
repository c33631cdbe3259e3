"""Codes: what the check letter catches, and what people and scanners may send for a code."""

from __future__ import annotations

import random
import re
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labels.codes import (
    LENGTH,
    LETTERS,
    CodeError,
    address,
    check_letter,
    host_of,
    looks_like,
    new_code,
    new_codes,
    parse,
    show,
)

CODE = "7F3K9M2P4C" + check_letter("7F3K9M2P4C")
codes = (  # as they are issued
    st.text(LETTERS, min_size=10, max_size=10)
    .filter(lambda ten: not ten.startswith("K1T"))
    .map(lambda ten: ten + check_letter(ten))
)


def is_code(text: str) -> bool:
    try:
        return parse(text) == text
    except CodeError:
        return False


def refused(text: str) -> CodeError:
    with pytest.raises(CodeError) as caught:
        parse(text)
    return caught.value


def swapped(code: str, one: int, other: int) -> str:
    letters = list(code)
    letters[one], letters[other] = letters[other], letters[one]
    return "".join(letters)


def test_a_new_code_has_eleven_letters_and_passes_its_check() -> None:
    for code in [new_code() for _ in range(1000)]:
        assert re.fullmatch(f"[{LETTERS}]{{11}}", code)
        assert parse(code) == code


def test_many_new_codes_are_all_different_and_use_every_letter_in_every_place() -> None:
    batch = list(new_codes(5000))
    assert len(set(batch)) == 5000
    assert [set(place) for place in zip(*batch, strict=True)] == [set(LETTERS)] * LENGTH


def test_no_new_code_reads_like_the_start_of_a_kit_number(monkeypatch: pytest.MonkeyPatch) -> None:
    kit_like = 0
    for letter in "K1T0000000":
        kit_like = kit_like << 5 | LETTERS.index(letter)
    drawn = iter([kit_like, 33])
    monkeypatch.setattr("labels.codes.secrets.randbelow", lambda _: next(drawn))
    assert new_code().startswith("0000000011")


def test_every_single_wrong_letter_is_caught() -> None:
    for code in new_codes(40):
        for place in range(LENGTH):
            for letter in set(LETTERS) - {code[place]}:
                assert not is_code(code[:place] + letter + code[place + 1 :])


def test_every_swap_of_two_different_letters_is_caught_wherever_they_stand() -> None:
    dice = random.Random(2)
    for one, other in combinations(range(LENGTH - 1), 2):
        for first in LETTERS:
            for second in set(LETTERS) - {first}:
                ten = dice.choices(LETTERS, k=10)
                ten[one], ten[other] = first, second
                code = "".join(ten) + check_letter("".join(ten))
                assert not is_code(swapped(code, one, other)), (code, one, other)


def test_every_swap_with_the_check_letter_is_caught() -> None:
    for place in range(LENGTH - 1):
        free = (place + 1) % 10  # filling this place with each letter gives each check letter
        for first in LETTERS:
            for filling in LETTERS:
                ten = list("2345678923")
                ten[place], ten[free] = first, filling
                code = "".join(ten) + check_letter("".join(ten))
                if code[-1] != first:
                    assert not is_code(swapped(code, place, LENGTH - 1)), (code, place)


def test_the_same_letter_eleven_times_is_mostly_no_code_and_zeros_never() -> None:
    assert not is_code("0" * 11)
    assert sum(is_code(letter * 11) for letter in LETTERS) <= 1


@given(codes)
def test_what_is_shown_is_read_back(code: str) -> None:
    assert re.fullmatch(r"\w{5}-\w{5}-\w", show(code))
    assert parse(show(code)) == code
    assert parse(f"  {show(code).lower()}\r\n") == code
    assert parse(" ".join(code)) == code
    assert parse(code.replace("0", "O").replace("1", "i")) == code
    assert parse(code.replace("0", "o").replace("1", "L")) == code


@pytest.mark.parametrize(
    "dash", list("-\u2010\u2011\u2012\u2013\u2014\u2212\u00ad\u200b\u00a0\ufeff")
)
def test_any_kind_of_dash_or_blank_is_left_out(dash: str) -> None:
    assert parse(dash.join([CODE[:5], CODE[5:10], CODE[10:]])) == CODE


@given(codes)
def test_cyrillic_letters_that_look_alike_are_read_as_latin(code: str) -> None:
    typed = code.translate(str.maketrans("ABEKMHPCTX", "АВЕКМНРСТХ"))
    assert parse(typed) == code
    assert parse(typed.lower()) == code


def test_a_scanner_on_the_ukrainian_keyboard_is_understood() -> None:
    keys = str.maketrans("QWERTYUIOPASDFGHJKLZXCVBNM:./", "ЙЦУКЕНГШЩЗФІВАПРОЛДЯЧСМИТЬЖЮ.")
    code = "7F3K9M2PDQ" + check_letter("7F3K9M2PDQ")
    assert parse(code.translate(keys)) == code
    assert parse(address(code, "kit.example").translate(keys)) == code


@pytest.mark.parametrize(
    "form",
    [
        "https://kit.example/s/{}",
        "HTTPS://KIT.EXAMPLE/S/{}",
        "http://kit.example:8000/s/{}/",
        "https://kit.example/app/s/{}?from=mail#top",
        "/s/{}",
        "https://kit.example/8004/4812345{}",
        "HTTPS://KIT.EXAMPLE/8004/481234567890{}",
    ],
)
def test_the_address_of_a_label_is_read_in_any_case(form: str) -> None:
    assert parse(form.format(CODE)) == CODE
    assert parse(form.format(CODE.lower())) == CODE
    assert parse("\n" + form.format(CODE) + " ") == CODE


def test_the_address_in_the_symbol_is_upper_case_and_reads_back() -> None:
    assert address(CODE, "kit.example:8000") == f"HTTPS://KIT.EXAMPLE:8000/S/{CODE}"
    assert address(CODE, "kit.example", "4812345") == f"HTTPS://KIT.EXAMPLE/8004/4812345{CODE}"
    assert parse(address(CODE, "kit.example")) == CODE
    assert parse(address(CODE, "kit.example", "4812345")) == CODE


@pytest.mark.parametrize("prefix", ["481", "4812345678901", "48A2345", "4812345/S"])
def test_a_company_prefix_that_is_none_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="4 to 12 digits"):
        address(CODE, "kit.example", prefix)


def test_the_host_of_an_address_is_told_so_that_a_foreign_one_can_be_refused() -> None:
    assert host_of(address(CODE, "Kit.Example:8000")) == "kit.example:8000"
    assert host_of(f"/s/{CODE}") == ""
    assert host_of(CODE) == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" - ", "empty"),
        ("https://kit.example/s/-", "empty"),
        (CODE[:-1], "length"),
        (CODE + "0", "length"),
        ("7F3U9M2P4CX", "letter"),
        ("7F3K9M2P4Ж4", "letter"),
        ("KIT00123456", "letter"),
        (CODE[:-1] + ("0" if CODE[-1] != "0" else "1"), "check"),
        (f"https://kit.example/t/{CODE}", "address"),
        ("https://kit.example/", "address"),
        ("WIFI:T:WPA;S:x;P:y;;", "address"),
        ("javascript:alert(1)", "address"),
        ("www.kit.example", "address"),
    ],
)
def test_a_refusal_says_what_is_wrong(text: str, reason: str) -> None:
    assert refused(text).reason == reason


def test_a_refusal_names_the_letter_and_its_place() -> None:
    assert "“U”, letter 4" in str(refused("7F3U9M2P4CX"))
    assert "this has 10" in str(refused(CODE[:-1]))


@given(st.text())
def test_no_text_does_worse_than_being_refused(text: str) -> None:
    try:
        outcome = parse(text)
    except CodeError as refusal:
        outcome = refusal.reason
    assert outcome in {"empty", "address", "length", "letter", "check"} or is_code(outcome)


def test_what_is_meant_as_a_code_looks_like_one_even_when_wrong() -> None:
    wrong = swapped(CODE, 0, 1)
    assert looks_like(CODE)
    assert looks_like(show(CODE).lower())
    assert looks_like(show(wrong))
    assert looks_like(f"https://kit.example/s/{wrong}")


@pytest.mark.parametrize(
    "text", ["EXTDJ1JS8BHA", "KITEX000001", "KIT00123456", "356938035643809", "", "Ж", "EX-1"]
)
def test_makers_numbers_do_not_look_like_codes(text: str) -> None:
    assert not looks_like(text)


def test_a_serial_number_of_eleven_letters_that_fails_the_check_is_left_to_its_maker() -> None:
    assert not looks_like(swapped(CODE, 0, 1))
