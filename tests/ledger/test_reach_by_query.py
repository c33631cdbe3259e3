"""What a list shows and what a scan may be of are one rule, said in SQL and in the fold's words."""

from __future__ import annotations

import random

import pytest
from flask import Flask
from sqlalchemy import select

from tests.services.builders import COORDINATOR, NOW, lay_world, new_units, queue, scan
from tracker.db import db, transaction
from tracker.domain.permissions import Actor, Role
from tracker.domain.reaching import reached
from tracker.ledger import loading
from tracker.ledger.reaches import Sender
from tracker.models import Consignment, Item, Leg, Location
from tracker.queries import reach
from tracker.services.locations import set_premises

READERS = [
    Actor("account:2", Role.WAREHOUSE, frozenset({"WH-1"})),
    Actor("account:3", Role.WAREHOUSE, frozenset({"WH-2"})),
    Actor("account:4", Role.WAREHOUSE, frozenset({"WH-1", "WH-3"})),
    Actor("account:5", Role.WAREHOUSE),
    Actor("device:1", Role.FIELD, frozenset({"EX-SITE-1"})),
    Actor("device:2", Role.FIELD),
]
PLACES = ("WH-1", "WH-2", "WH-3", "EX-SITE-1", "EX-SITE-2", None)
JOURNEYS = {
    "EX-C-1": ("WH-2", "WH-1"), "EX-C-2": ("WH-2", None), "EX-C-3": ("WH-3", "EX-SITE-1"),
    "EX-C-4": (None, None), "EX-C-5": ("WH-3", "WH-4"), "EX-C-6": (None, "EX-SITE-2"),
}  # fmt: skip
STEPS = (
    "receiving", "packing", "shipping", "void_shipping", "accepting", "deploying", "collecting",
    "returning", "counting", "reporting_lost", "finding", "repairing",
)  # fmt: skip


@pytest.fixture(autouse=True)
def world(app: Flask) -> None:
    """WH-3 and WH-4 are two doors of one place; one journey goes by way of WH-2."""
    lay_world()
    with transaction() as session:
        session.add_all(Location(ref=ref, kind="warehouse") for ref in ("WH-3", "WH-4"))
        session.flush()
        for ref, (origin, goal) in JOURNEYS.items():
            row = session.get(Consignment, ref) or Consignment(ref=ref, made_at=NOW)
            row.origin, row.destination = origin, goal
            session.add(row)
        session.flush()
        session.add(Leg(consignment="EX-C-6", origin="WH-1", destination="WH-2"))
    set_premises("WH-4", "WH-3", by=COORDINATOR, now=NOW)


@pytest.mark.parametrize("seed", range(3))
def test_the_query_and_the_fold_reach_the_same_units(seed: int) -> None:
    chance = random.Random(seed)
    codes = new_units(60)
    scans = []
    for code in codes:
        for minute in range(chance.randrange(6)):
            said = {"location": chance.choice(PLACES), "consignment": chance.choice([*JOURNEYS])}
            said["bound_for"] = chance.choice(("EX-SITE-1", "EX-SITE-2", None))
            step = chance.choice(STEPS)
            scans.append(scan(code, step, minute, receiver="EX-USER", report="R", **said))
    queue(scans)
    connection = db.session.connection()
    numbers = list(db.session.scalars(select(Item.id)))
    units = loading.by_number(connection, loading.Loaded(), numbers)
    partly = 0
    for reader in READERS:
        sender = Sender(connection, reader)
        by_query = set(db.session.scalars(select(Item.id).where(reach.of(Item, reader))))
        by_fold = {unit.item for unit in units if reached(unit.state, sender, reader.ref, None)}
        assert by_query == by_fold, reader
        partly += 0 < len(by_query) < len(units)
    assert partly >= 3  # the comparison is of something
