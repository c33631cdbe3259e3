"""Pledges over HTTP: read by those they concern, added once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.api.conftest import UNITS, Phone, Stock, scan
from tracker.db import db
from tracker.domain.permissions import Actor, Role
from tracker.models import Pledge
from tracker.queries import pledges

NEW: dict[str, Any] = {
    "ref": "EX-2",
    "donor": "EY",
    "pledged_on": "2026-03-01",
    "purpose": "зв’язок для лікарень",
    "lines": [{"product": "EX-TERM", "quantity": 40, "unit_value": "499.50", "currency": "EUR"}],
}


def changed(**fields: Any) -> dict[str, Any]:
    return {**NEW, **fields}


def line(**fields: Any) -> list[dict[str, Any]]:
    return [{**NEW["lines"][0], **fields}]


def refs(app: Flask) -> int:
    with app.app_context():
        return int(db.session.scalar(select(func.count()).select_from(Pledge)) or 0)


def test_pledges_are_listed_with_their_units_by_status(coordinator: Phone, stock: Stock) -> None:
    coordinator.results(scan(stock.codes[0]))
    ours, theirs = coordinator.get("/pledges").get_json()["pledges"]
    assert (ours["ref"], ours["pledged"], ours["known"]) == ("EX-1", UNITS + 4, UNITS)
    assert ours["by_status"] == {"announced": UNITS - 1, "in_stock": 1}
    assert (theirs["ref"], theirs["pledged"], theirs["by_status"]) == ("EY-1", 0, {})


def test_the_list_goes_by_keyset(coordinator: Phone) -> None:
    first = coordinator.get("/pledges?limit=1").get_json()
    assert ([row["ref"] for row in first["pledges"]], first["after"]) == (["EX-1"], "EX-1")
    second = coordinator.get(f"/pledges?limit=1&after={first['after']}").get_json()
    assert ([row["ref"] for row in second["pledges"]], second["after"]) == (["EY-1"], None)


def test_one_pledge_is_told_whole(coordinator: Phone) -> None:
    pledge = coordinator.get("/pledges/ex-1").get_json()
    assert (pledge["note"], pledge["donor_name"]) == ("for staff", "Example")
    assert [(line["product"], line["quantity"], line["known"]) for line in pledge["lines"]] == [
        ("EX-TERM", UNITS + 4, UNITS)
    ]
    assert coordinator.get("/pledges/EX-404").status_code == 404


def test_a_field_team_knows_only_of_pledges_with_units_at_its_places(
    phone: Callable[[str], Phone], coordinator: Phone, stock: Stock
) -> None:
    field = phone("field")
    assert field.get("/pledges").get_json()["pledges"] == []
    coordinator.results(scan(stock.codes[0]))
    assert [row["ref"] for row in field.get("/pledges").get_json()["pledges"]] == ["EX-1"]
    assert field.get("/pledges/EY-1").status_code == 404


def test_a_donor_reads_its_own_pledges_without_counts_of_today(
    app: Flask, stock: Stock, coordinator: Phone, phone: Callable[[str], Phone],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    of_ey = Actor("account:9", Role.DONOR, party="EX")
    monkeypatch.setattr("tracker.queries.people.device_by_token", lambda *_: of_ey)
    donor = phone("donor")
    before = donor.get("/pledges/EX-1").data
    assert [row["ref"] for row in donor.get("/pledges").get_json()["pledges"]] == ["EX-1"]
    assert donor.get("/pledges/EY-1").status_code == 404
    told = donor.get("/pledges/EX-1").get_json()
    assert told["pledged"] == UNITS + 4
    assert not {"known", "by_status", "note", "source", "consignments", "revisions"} & set(told)
    monkeypatch.undo()
    coordinator.results(*[scan(code) for code in stock.codes])
    monkeypatch.setattr("tracker.queries.people.device_by_token", lambda *_: of_ey)
    assert donor.get("/pledges/EX-1").data == before


def test_a_donor_without_a_party_has_no_pledges(app: Flask, stock: Stock) -> None:
    with app.app_context():
        assert pledges.pledge_rows(Actor("account:9", Role.DONOR)).rows == []


def test_a_pledge_is_added_once(coordinator: Phone, app: Flask) -> None:
    added = coordinator.post("/pledges", json=NEW)
    assert (added.status_code, added.headers["Location"]) == (201, "/api/v1/pledges/EX-2")
    assert added.get_json()["lines"][0]["unit_value"] == "499.50"
    again = coordinator.post("/pledges", json=NEW)
    assert (again.status_code, again.get_json()) == (200, added.get_json())
    assert coordinator.get("/pledges/EX-2").get_json() == added.get_json()


def test_another_pledge_under_the_same_reference_is_a_conflict(coordinator: Phone) -> None:
    first = coordinator.post("/pledges", json=NEW).get_json()
    for other in (
        changed(donor="EX"), changed(purpose="—"), changed(lines=line(quantity=41))
    ):  # fmt: skip
        answer = coordinator.post("/pledges", json=other)
        assert (answer.status_code, answer.get_json()["type"]) == (409, "/problems/conflict")
    assert coordinator.get("/pledges/EX-2").get_json() == first


WRONG = [
    (changed(donor="EX-NOBODY"), "donor"),
    (changed(lines=line(product="EX-NOTHING")), "lines.0.product"),
    (changed(lines=line(currency=None)), "lines.0.currency"),
    (changed(lines=line() * 2), "lines.1.product"),
    (changed(lines=[]), "lines"),
    (changed(lines=line(quantity=-1)), "lines"),
    (changed(lines=line(quantity=10_000_001)), "lines"),
    (changed(lines=line(unit_value=1.5)), "lines"),
    (changed(lines=line(unit_value="1e3")), "lines"),
    (changed(lines="x"), "lines"),
    (changed(ref="a b"), "ref"),
    (changed(pledged_on="2026-02-30"), "pledged_on"),
    (changed(pledged_on="0001-01-01"), "pledged_on"),
    (changed(note="\x00"), "note"),
    (changed(surprise=1), "surprise"),
    ({}, "ref"),
]


def test_a_wrong_pledge_is_refused_by_the_field_and_nothing_is_kept(
    coordinator: Phone, app: Flask
) -> None:
    before = refs(app)
    for body, field in WRONG:
        answer = coordinator.post("/pledges", json=body)
        assert answer.status_code == 422, body
        assert field in answer.get_json()["errors"], answer.text
    assert refs(app) == before


def test_an_ambiguous_pledge_is_not_read(coordinator: Phone) -> None:
    for body in (b'{"ref": "EX-2", "ref": "EX-3"}', b'{"ref": NaN}', b"[" * 100_000):
        answer = coordinator.post("/pledges", data=body, content_type="application/json")
        assert answer.status_code == 400
