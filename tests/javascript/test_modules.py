"""Our JavaScript without a browser: node's own runner, against what the Python half says.

`*.test.js` beside this file are the tests. What both halves must agree about is made here, by the
half that the server runs, and read there from a file (`vectors` in vectors.js).
"""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask_babel import force_locale, ngettext

from labels.codes import CodeError, host_of, looks_like, new_code, parse, show
from tests.conftest import migrated_app
from tests.house.parts import JAVASCRIPT, need, node_of
from tests.javascript import knowing
from tracker.domain.chain import canonical
from tracker.domain.gtin import is_gtin
from tracker.domain.identifiers import lookup_key
from tracker.domain.scans import Scan
from tracker.domain.sscc import check_digit, read_sscc, sscc
from tracker.domain.statements import hidden, statement
from tracker.i18n import LOCALES
from tracker.web.words import field_words

HERE = Path(__file__).parent
TESTS = sorted(path.name for path in HERE.glob("*.test.js"))
BODIES: list[dict[str, Any]] = [
    {},
    {"b": 1, "a": [True, False, None], "Z": {"y": "", "x": 0}},
    {"note": 'Склад № 2: "ціла"\\\n\x00\x1f\u2028’', "many": -9007199254740991},
    {"note": "Львів: \u0439 і \u0456\u0308"},
]


def words_of_codes(seed: random.Random) -> Iterator[str]:
    """Codes as they are printed, typed, linked and misread; and what is none."""
    for _ in range(60):
        code = new_code()
        shown = show(code)
        place = seed.randrange(len(code))
        yield from (code, shown, shown.lower(), f" {shown.replace('-', ' ')}\n", code[:-1])
        yield from (f"HTTPS://KIT.EXAMPLE/S/{code}", f"https://kit.example/s/{shown}?x=1#y")
        yield f"https://kit.example/8004/4829999{code}"
        yield code.replace("0", "O").replace("1", "І").replace("A", "А")
        yield code[:place] + ("Z" if code[place] != "Z" else "Y") + code[place + 1 :]
        yield show(code[1] + code[0] + code[2:])
    yield from ("", " ", "-", "KIT00012345", "https://example.org/x", "U" * 11, "7F3K9", "ЛШЕ12345")
    yield from ("www.example.org", "mailto:alice@example.org", "ключ", "X" * 40, "ЙЦУКЕНГШЩЗХ")


def code_read(text: str) -> str:
    """The code in a text, or `!` and why there is none."""
    try:
        return parse(text)
    except CodeError as problem:
        return f"!{problem.reason}"


def digits(seed: random.Random) -> Iterator[str]:
    """Rows of digits as barcodes of products and of parcels hold them, right and misread."""
    for length in (*range(6, 22), 8, 12, 13, 14, 18):
        for _ in range(12):
            body = "".join(seed.choices("0123456789", k=length - 1))
            yield body + str(check_digit(body))
            yield body + str((check_digit(body) + 1) % 10)
    number = sscc("4820000", 7)
    yield from (f"00{number}", f"(00){number}", f"]C100{number}", f" {number[:9]} {number[9:]}")
    yield from ("", "4006381333931X", "EX4006381333931", "40063-81333931")


def scans() -> Iterator[dict[str, Any]]:
    """Scans of every kind, as the phone holds them, and the text that the server makes of each."""
    salt, now = "5a" * 16, datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
    kinds: list[tuple[bool, dict[str, Any]]] = [
        (True, {"step": "receiving", "location": "WH-1", "device_seq": 1}),
        (True, {"step": "accepting", "act": "A-1", "receiver": "EX-USER", "salt": salt,
                "second_identifier": "KITEX0000001"}),
        (False, {"step": "counting", "salt": salt, "note": "Полиця «2»", "condition": "damaged"}),
        (True, {"step": "inspecting", "findings": {"working": True, "civilian_use": False},
                "evidence": ["ab" * 32, "00" * 32]}),
        (True, {"step": "inspecting", "sighted": False, "findings": {"present": True}}),
        (False, {"step": "counting", "sighted": False, "salt": salt}),
        (True, {"step": "counting", "sighted": True}),
        (True, {"step": "unpacking", "handling_unit": "7F3K9M2P4CX"}),
        (True, {"step": "receiving", "answers": ["partly_seen:7F3K9M2P4CX"]}),
        (True, {"step": "declaring_error", "declares": str(UUID(int=7)), "reason": "wrong_unit"}),
    ]  # fmt: skip
    for place, (is_label, said) in enumerate(kinds):
        code = new_code() if is_label else "KITEX0000002"
        held = {"id": str(UUID(int=place)), "code": code, **said}
        at = "2026-05-01T09:30:00.000Z"
        scan = Scan(occurred_at=now, **held)
        text = statement(scan, is_label=is_label, occurred_at=at)
        yield {"scan": {**held, "occurred_at": at}, "isLabel": is_label, "text": text}


def plurals() -> dict[str, dict[str, Any]]:
    """In each language the app's words, and one sentence as the server says it of any number."""
    told: dict[str, dict[str, Any]] = {}
    for locale in LOCALES:
        with force_locale(locale):
            units = [ngettext("%(many)s unit", "%(many)s units", n, many=n) for n in range(200)]
            told[locale] = {"words": field_words.words(), "units": units}
    return told


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of what both halves must agree about."""
    folder = tmp_path_factory.mktemp("vectors")
    texts = list(words_of_codes(random.Random(7)))
    numbers = ["KIT ex-0000001", " ut00000000-0000\u20130000-00000001", "КІТЕХ0000001"]
    numbers += ["UT000000000000000000000001", "ex sn\u00a0000001", "ＫＩＴEX0000001"]
    with migrated_app(folder).test_request_context():
        words = plurals()
    made = {
        "codes": [[text, code_read(text), looks_like(text), host_of(text)] for text in texts],
        "numbers": [[text, lookup_key(text)] for text in numbers],
        "digits": [[text, is_gtin(text), read_sscc(text)] for text in digits(random.Random(9))],
        "bodies": [[body, canonical(body)] for body in BODIES[:3]],
        "decomposed": [BODIES[3], canonical({"note": "Львів: \u0439 і \u0457"})],
        "scans": list(scans()),
        "hidden": ["5a" * 16, "KITEX0000001", hidden("5a" * 16, "KITEX0000001")],
        "words": words,
        "known": knowing.made(random.Random(13)),
    }
    file = folder / "vectors.json"
    file.write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")
    return file


def test_there_are_tests_of_the_modules_that_need_no_browser() -> None:
    assert {"codes.test.js", "statements.test.js", "words.test.js", "store.test.js"} <= set(TESTS)


@pytest.mark.parametrize("name", TESTS)
def test_modules_do_as_the_server_does(vectors: Path, name: str) -> None:
    folder = Path(need(JAVASCRIPT))
    done = subprocess.run(
        [node_of(folder), "--test", "--test-reporter=spec", str(HERE / name)],
        env={**os.environ, "VECTORS": str(vectors), "MODULES": str(folder / "node_modules")},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pass 0" not in done.stdout
