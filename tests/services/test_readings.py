"""Terminal ids: typed, from a status, from an account's list; never an overwrite."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.services.builders import BOB, COORDINATOR, NOW, item, lay_world, new_units, queue, scan
from tracker.db import db
from tracker.domain.accounts import read_account
from tracker.domain.permissions import SYSTEM, Actor, Role
from tracker.errors import Conflict, InvalidValue, NotAllowed, OwnEvent
from tracker.models import Discrepancy, Identifier, Item
from tracker.queries.items import find_items, item_by_identifier
from tracker.queries.readings import waiting_for_id
from tracker.services.discrepancies import settle
from tracker.services.readings import add_reading, adopt_reading, take_account

UTID, OTHER = "UT00EX0000-00000001-AAAA0001", "UT00EX0000-00000002-AAAA0002"
ERIN = Actor("account:7", Role.AUDITOR)
FRANK = Actor("account:6", Role.COORDINATOR)


@pytest.fixture(autouse=True)
def world(app: Flask) -> None:
    lay_world()


def unit() -> tuple[int, str]:
    [code] = new_units(1, kits=True)
    number = item(code).id
    return number, f"KITEX{number:07d}"


def carried(number: int) -> list[tuple[str, bool]]:
    db.session.rollback()
    rows = db.session.execute(
        select(Identifier.value, Identifier.live)
        .where(Identifier.item == number, Identifier.scheme == "utid")
        .order_by(Identifier.id)
    )
    return [(row.value, row.live) for row in rows]


@pytest.mark.parametrize(
    "text", [UTID, UTID.lower(), UTID[2:], UTID.replace("A", "А"), f" {UTID} "]
)
def test_an_id_is_read_as_people_write_it(text: str) -> None:
    number, _ = unit()
    assert waiting_for_id(SYSTEM)[0] == 1
    assert add_reading(number, "utid", text, by=BOB, now=NOW)[0] == "set"
    assert carried(number) == [(UTID, True)]
    assert waiting_for_id(SYSTEM)[0] == 0
    assert add_reading(number, "utid", UTID, by=BOB, now=NOW)[0] == "known"


def test_what_was_repaired_is_said() -> None:
    number, _ = unit()
    assert add_reading(number, "utid", UTID.replace("A", "А"), by=BOB, now=NOW)[1] != ()


def test_a_unit_is_found_by_its_new_number() -> None:
    number, _ = unit()
    add_reading(number, "utid", UTID, by=BOB, now=NOW)
    found = item_by_identifier(UTID, COORDINATOR)
    assert found is not None
    assert found.id == number
    assert [row.id for row in find_items(COORDINATOR, q="00000001aaaa").rows] == [number]


def test_another_id_is_kept_beside_the_first_and_a_second_person_looks_into_it() -> None:
    number, _ = unit()
    add_reading(number, "utid", UTID, by=BOB, now=NOW)
    for _ in range(2):
        assert add_reading(number, "utid", OTHER, by=COORDINATOR, now=NOW)[0] == "differs"
    assert carried(number) == [(UTID, True), (OTHER, False)]
    [case] = db.session.scalars(select(Discrepancy)).all()
    assert (case.kind, case.state, case.item) == ("suspected_diversion", "open", number)
    assert OTHER not in case.detail
    with pytest.raises(OwnEvent):
        settle(case.id, "It was repaired.", by=COORDINATOR, now=NOW)
    settle(case.id, "The maker exchanged the dish.", by=FRANK, now=NOW)


def test_after_a_repair_the_unit_carries_the_new_id_and_the_old_one_is_news_again() -> None:
    number, _ = unit()
    add_reading(number, "utid", UTID, by=BOB, now=NOW)
    add_reading(number, "utid", OTHER, by=COORDINATOR, now=NOW + timedelta(days=1))
    [case] = db.session.scalars(select(Discrepancy.id)).all()
    with pytest.raises(OwnEvent):
        adopt_reading(case, "The maker exchanged the dish.", by=COORDINATOR, now=NOW)
    assert carried(number) == [(UTID, True), (OTHER, False)]
    adopt_reading(case, "The maker exchanged the dish.", by=FRANK, now=NOW)
    assert carried(number) == [(UTID, False), (OTHER, True)]
    assert [row.id for row in find_items(COORDINATOR, q=OTHER).rows] == [number]
    assert find_items(COORDINATOR, q=UTID).rows == []
    with pytest.raises(Conflict):
        adopt_reading(case, "And again.", by=FRANK, now=NOW)
    queue([scan(item_code(number), "receiving", 5, location="WH-1")])
    later = NOW + timedelta(days=2)
    assert add_reading(number, "utid", UTID, by=BOB, now=later)[0] == "differs"
    states = select(Discrepancy.state).order_by(Discrepancy.id)
    assert db.session.scalars(states).all() == ["settled", "open"]


def item_code(number: int) -> str:
    return db.session.scalars(select(Item.code).where(Item.id == number)).one()


def test_a_number_is_on_one_unit_only() -> None:
    (first, _), (second, _) = unit(), unit()
    add_reading(first, "utid", UTID, by=BOB, now=NOW)
    with pytest.raises(Conflict):
        add_reading(second, "utid", UTID, by=BOB, now=NOW)


@pytest.mark.parametrize(("scheme", "text"), [("utid", "x"), ("imei", "123"), ("shoe", "EX-1")])
def test_what_is_no_number_is_refused(scheme: str, text: str) -> None:
    number, _ = unit()
    with pytest.raises(InvalidValue):
        add_reading(number, scheme, text, by=BOB, now=NOW)


def test_an_auditor_adds_nothing() -> None:
    number, _ = unit()
    with pytest.raises(NotAllowed):
        add_reading(number, "utid", UTID, by=ERIN, now=NOW)


def test_a_pasted_status_names_the_unit_and_its_id() -> None:
    number, kit = unit()
    status = {
        "dishGetStatus": {
            "deviceInfo": {"id": UTID.lower(), "hardwareVersion": "ex", "countryCode": "UA"},
            "location": {"lat": 49.0, "lon": 24.0, "id": "here"},
        },
        "account": [{"nickname": "ward 5", "kitSerialNumber": kit}],
    }
    told = take_account(json.dumps(status), by=BOB, now=NOW)
    assert (told.set, told.faults) == (1, [])
    assert carried(number) == [(UTID, True)]


def test_a_list_of_the_account_is_looked_at_first_and_then_kept() -> None:
    (first, kit), (second, other) = unit(), unit()
    add_reading(second, "utid", OTHER, by=BOB, now=NOW)
    text = (
        "Nickname;KIT Number;User Terminal ID;Service Address\n"
        f"ward 5;{kit};{UTID};a street\n"
        f";{other};UT00EX0000-00000009-AAAA0009;\n"
        f";{other};{OTHER};\n"
        ";KITEX9999999;UT00EX0000-00000003-AAAA0003;\n"
        f";{kit};nonsense;\n"
    )
    for dry_run in (True, False):
        told = take_account(text, by=BOB, now=NOW, dry_run=dry_run)
        assert (told.set, told.known, told.differ, told.foreign) == (1, 1, 1, 1)
        assert [line for line, _ in told.faults] == [6]
        assert len(carried(first)) == (0 if dry_run else 1)
    kept = db.session.scalars(select(Identifier.value)).all()
    assert not [value for value in kept if "WARD" in value.upper() or "STREET" in value.upper()]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "a,b\n1,2", "Nickname,KIT\nx,y", "[" * 5000])
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        take_account(text, by=BOB, now=NOW)


def test_a_field_called_id_counts_only_where_it_is_a_terminal_s() -> None:
    [told] = read_account('{"id": "here", "deviceInfo": {"id": "' + UTID + '"}}')
    assert told.numbers == {"utid": UTID}
