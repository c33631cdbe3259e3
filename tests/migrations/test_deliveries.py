"""What is here when deliveries come is each pledge's first; going back loses no row."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import select, text

from tests.services.builders import COORDINATOR
from tests.services.examples import NOW, put
from tracker.db import db, transaction
from tracker.domain.permissions import SYSTEM
from tracker.ledger.announcing import NewItem, announce
from tracker.models import Delivery, DeliveryFile, HandlingUnit, Item, PledgeLine
from tracker.services import packing

BEFORE = "0018"
HEADER = "pledge,product,serial,kit,handling_unit\n"
LATER = NOW + timedelta(days=3)


def lay() -> None:
    """Two lists for one pledge and one for another, boxes of our own, a unit without a list."""
    for noun in ("parties", "products", "pledges"):
        put(noun)
    lists = ("EX-1,KEY,,,BOX-1\nEX-1,KEY,,,BOX-2\nEX-2,TERM,EXSER1,KITEX0000001,BOX-1\n",)
    for rows in (*lists, "EX-1,KEY,,,BOX-1\n"):
        put("items", HEADER + rows, by=SYSTEM)
    packing.make_units(1, "box", pledge="EX-1", by=COORDINATOR, now=NOW)
    packing.make_units(1, "box", by=COORDINATOR, now=NOW)
    with transaction() as session:
        line = session.scalar(select(PledgeLine.id).where(PledgeLine.product == "KEY"))
        unit = NewItem("EXINTAKE001", "EX-1", line or 0, "KEY", "exintake001")
        announce(session, [unit], by=COORDINATOR, now=LATER)


def boxes() -> dict[str, tuple[str | None, str]]:
    with db.engine.connect() as connection:
        rows = connection.execute(text("SELECT code, pledge, name FROM handling_unit"))
        return {row.code: (row.pledge, row.name) for row in rows}


def test_what_is_here_is_each_pledges_first_delivery(app: Flask) -> None:
    lay()
    before, items = boxes(), db.session.scalars(select(Item.id)).all()
    db.session.remove()
    downgrade(revision=BEFORE)
    back = boxes()
    assert back.keys() == before.keys()
    assert len(set(back.values())) == len(back)  # two BOX-1 of one pledge are told apart
    upgrade()
    deliveries = db.session.scalars(select(Delivery).order_by(Delivery.ref)).all()
    assert [(one.ref, one.pledge, one.number, one.made_at) for one in deliveries] == [
        ("EX-1.1", "EX-1", 1, NOW),
        ("EX-2.1", "EX-2", 1, NOW),
    ]
    kept = db.session.execute(select(HandlingUnit.code, HandlingUnit.pledge, HandlingUnit.delivery))
    assert {row.code: row.delivery for row in kept} == {
        code: f"{pledge}.1" if pledge else None for code, (pledge, _) in before.items()
    }
    units = db.session.execute(select(Item.id, Item.code, Item.pledge, Item.delivery)).all()
    assert {row.id for row in units} == set(items)
    assert {row.delivery for row in units if row.code == "EXINTAKE001"} == {None}
    assert all(row.delivery == f"{row.pledge}.1" for row in units if row.code != "EXINTAKE001")
    assert db.session.scalars(select(DeliveryFile)).all() == []


def test_a_list_that_came_before_the_table_is_known_again_after_it(app: Flask) -> None:
    for noun in ("parties", "products", "pledges"):
        put(noun)
    rows = HEADER + "EX-1,KEY,,,BOX-1\n" * 4
    put("items", rows, by=SYSTEM)
    db.session.remove()
    downgrade(revision=BEFORE)
    upgrade()
    assert put("items", rows, by=SYSTEM).added == 0
    assert put("items", rows + "EX-1,KEY,,,BOX-1\n", by=SYSTEM).added == 5
