"""docs/api.md says what is so."""

from __future__ import annotations

import json
import re
from pathlib import Path

from flask import Flask

from tests.api.conftest import Phone, Stock
from tests.api.test_rights import OPEN, of_the_api
from tracker.domain.scans import Flag, Result
from tracker.errors import every_refusal
from tracker.schemas.scans import read_batch, read_scan

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under `heading`, without its first two lines."""
    table = TEXT.partition(f"\n| {heading} |")[2].partition("\n\n")[0].split("\n")[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table]


def test_every_outcome_and_flag_is_explained() -> None:
    assert [row[0].strip("`") for row in rows("outcome")] == list(Result)
    assert [row[0].strip("`") for row in rows("flag")] == list(Flag)


def test_every_slug_stands_beside_its_status() -> None:
    refusals = every_refusal()
    for status, slugs, *_ in rows("status"):
        for slug in re.findall(r"`([a-z-]+)`", slugs.partition("(")[0]):
            assert refusals[slug].status == int(status)


def test_every_address_is_named(app: Flask) -> None:
    for _, rule, _, _ in of_the_api(app):
        assert rule in TEXT
    for rule in OPEN:
        assert f"`{rule}`" in TEXT


def test_the_batch_that_is_shown_is_one(coordinator: Phone, stock: Stock) -> None:
    shown = json.loads(TEXT.partition("```json\n")[2].partition("```")[0])
    [raw] = read_batch(shown).scans
    assert read_scan({**raw, "code": stock.codes[0]})["step"] == "receiving"
    shown["scans"][0].update(code=stock.codes[0], location="EX-WH-1")
    answer = coordinator.post("/scans", json=shown)
    assert answer.get_json()["results"][0]["outcome"] == "recorded"
