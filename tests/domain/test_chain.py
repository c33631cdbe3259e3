"""The exact text of an event, and the hashes that chain events to each other."""

from __future__ import annotations

import hashlib
import json
from random import Random
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.domain.chain import (
    DEEPEST,
    GENESIS,
    LARGEST,
    NotCanonical,
    body_digest,
    canonical,
    event_hash,
    log_line,
    parse_body,
)

Body = dict[str, object]

words = st.text(max_size=20).map(lambda text: normalize("NFC", text))
keys = st.text('abcxyz_ \n"\\{}:,', max_size=6)
scalars = st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | words
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=8,
)
bodies = st.dictionaries(keys, scalars | st.lists(scalars, max_size=3), max_size=8)


def test_keys_are_sorted_and_nothing_is_blank() -> None:
    body = {"step": "receiving", "code": "7F3K9M2P4CX", "device_seq": 17, "flags": [], "via": None}
    assert canonical(body) == (
        '{"code":"7F3K9M2P4CX","device_seq":17,"flags":[],"step":"receiving","via":null}'
    )


def test_letters_stay_and_control_characters_are_escaped() -> None:
    body = {"note": 'Склад № 2: "ціла"\\\n\x00\x1f\u2028’'}
    assert canonical(body) == '{"note":"Склад № 2: \\"ціла\\"\\\\\\n\\u0000\\u001f\u2028’"}'


def test_true_is_not_one() -> None:
    assert canonical({"a": True, "b": 1}) == '{"a":true,"b":1}'


@settings(deadline=None)
@given(bodies, st.randoms())
def test_the_order_in_which_keys_were_set_does_not_matter(body: Body, random: Random) -> None:
    pairs = list(body.items())
    random.shuffle(pairs)
    assert canonical(dict(pairs)) == canonical(body)


@settings(deadline=None)
@given(st.dictionaries(keys, values, max_size=5))
def test_a_text_reads_back_as_the_body_it_was_made_from(body: Body) -> None:
    assert parse_body(canonical(body)) == body


@settings(deadline=None)
@given(bodies, bodies)
def test_different_bodies_have_different_texts(one: Body, other: Body) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (canonical(one) == canonical(other)) is same


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (1.0, "float"),
        (float("nan"), "float"),
        ([{"deep": 0.5}], "float"),
        (LARGEST + 1, "larger"),
        (-LARGEST - 1, "larger"),
        (b"bytes", "bytes"),
        ((1, 2), "tuple"),
        ({1: "one"}, "ASCII"),
        ({"ключ": "value"}, "ASCII"),
        (normalize("NFD", "Львів: й"), "normal form"),
        ([["и\u0306"]], "normal form"),
        ("\ud800", "surrogate"),
    ],
)
def test_what_has_more_than_one_spelling_is_refused(value: object, reason: str) -> None:
    with pytest.raises(NotCanonical, match=reason):
        canonical({"key": value})


def test_a_combining_mark_after_a_line_feed_is_kept() -> None:
    """`\\n` and a tilde: in the written text an n stands before it, in the value a line feed."""
    body = {"note": "\n\u0303"}
    assert parse_body(canonical(body)) == body


def nested(depth: int) -> dict[str, object]:
    body: dict[str, object] = {}
    for _ in range(depth - 1):
        body = {"inside": body}
    return body


def test_nesting_has_an_end() -> None:
    assert canonical(nested(DEEPEST))
    with pytest.raises(NotCanonical, match="deeper"):
        canonical(nested(DEEPEST + 1))
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(NotCanonical, match="deeper"):
        canonical({"list": endless})


@pytest.mark.parametrize(
    "text",
    [
        '{"b":1,"a":2}',
        '{"a": 1}',
        '{"a":1}\n',
        '{"a":1,"a":2}',
        '{"a":1.0}',
        '{"a":1e3}',
        '{"a":-0}',
        '{"a":NaN}',
        '{"a":"\\u0457"}',
        '{"a":"\\ud800"}',
        '{"a":"и\u0306"}',
        '{"a":9007199254740992}',
        "[]",
        '"a"',
        "{",
        "",
        "[" * 100_000,
        '{"a":' + "9" * 10_000 + "}",
    ],
)
def test_a_text_that_is_not_the_exact_one_of_its_body_is_refused(text: str) -> None:
    with pytest.raises(NotCanonical):
        parse_body(text)


def test_the_hash_of_an_event_is_the_documented_one() -> None:
    text = canonical({"id": "EX-1", "note": "їжак"})
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    first = hashlib.sha256(b"\x01" + b"kittrail-v1" + bytes(32) + digest).digest()
    second = hashlib.sha256(b"\x01" + b"kittrail-v1" + first + digest).digest()
    assert body_digest(text) == digest
    assert event_hash(GENESIS, text) == first
    assert event_hash(first, text) == second


def test_the_hash_of_an_event_will_never_change() -> None:
    """If this fails, every ledger in the world fails with it: make a v2 beside it instead."""
    text = '{"code":"7F3K9M2P4CX","device_seq":17,"step":"receiving"}'
    assert event_hash(GENESIS, text).hex() == (
        "aef7f1b24f94a3887771238ff4abc3f87fc48f1dc59d5329d050ac82e252d39f"
    )
    assert event_hash(event_hash(GENESIS, text), text).hex() == (
        "6d3f0ebbf1bfd2ab39738b0848a5673303bf14edc3f0cc8701931ac086da46d6"
    )


@settings(deadline=None)
@given(bodies, st.binary(min_size=32, max_size=32), st.data())
def test_another_body_or_another_past_gives_another_hash(
    body: Body, previous: bytes, draw: st.DataObject
) -> None:
    text = canonical(body)
    known = event_hash(previous, text)
    place = draw.draw(st.integers(0, 31))
    other = bytearray(previous)
    other[place] ^= 1 << draw.draw(st.integers(0, 7))
    assert event_hash(bytes(other), text) != known
    assert event_hash(previous, text + " ") != known


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_past_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        event_hash(bytes(length), "{}")


def test_the_line_of_the_log_tells_subject_and_place_apart() -> None:
    lines = {
        log_line(subject, seq, bytes([last] * 32))
        for subject in ("item:1", "item:11", "code:1 1", "code:11")
        for seq in (1, 11)
        for last in (0, 1)
    }
    assert len(lines) == 16
    assert log_line("item:7", 3, GENESIS) == b"0" * 64 + b" 3 item:7"
