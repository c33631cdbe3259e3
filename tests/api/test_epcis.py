"""Exports over HTTP: files, as the role may see them."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from tests.api.conftest import Phone, Stock, scan
from tests.exports import publishing
from tests.exports.conforming import faults


def test_a_unit_and_a_pledge_are_sent_as_files(coordinator: Phone, stock: Stock) -> None:
    coordinator.results(scan(stock.codes[0]))
    unit = coordinator.get(f"/items/{stock.codes[0].lower()}/epcis")
    assert unit.mimetype == "application/ld+json"
    assert unit.headers["Content-Disposition"] == (
        f"attachment; filename={stock.codes[0]}.epcis.jsonld"
    )
    assert unit.headers["Cache-Control"] == "no-store"
    assert faults(unit.get_json()) == []
    assert [event["bizStep"] for event in unit.get_json()["epcisBody"]["eventList"]] == [
        "http://localhost:8000/vocabulary#announcing",
        "receiving",
    ]
    pledge = coordinator.get("/pledges/EX-1/epcis").get_json()
    assert len(pledge["epcisBody"]["eventList"]) == len(stock.codes) + 1
    assert coordinator.get("/pledges/EX-NONE/epcis").status_code == 404


def test_only_who_reads_everything_may_take_it_elsewhere(
    phone: Callable[[str], Phone], stock: Stock
) -> None:
    for role, status in (("auditor", 200), ("warehouse", 403), ("donor", 403)):
        assert phone(role).get(f"/items/{stock.codes[0]}/epcis").status_code == status
        assert phone(role).get("/pledges/EX-1/epcis").status_code == status


def test_a_pledge_is_published_once_it_is_said_by_whom(
    app: Flask, coordinator: Phone, stock: Stock
) -> None:
    refused = coordinator.get("/pledges/EX-1/iati")
    assert (refused.status_code, "TRACKER_IATI_ORG" in refused.get_json()["detail"]) == (400, True)
    app.config.update(IATI_ORG="UA-EDR-00000000", IATI_NAME="Example")
    answer = coordinator.get("/pledges/EX-1/iati")
    assert (answer.mimetype, publishing.faults(answer.text)) == ("application/xml", [])
    assert coordinator.get("/initiatives/EX-NONE/iati").status_code == 404
