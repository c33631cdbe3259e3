"""A phone that sent too much stands on the page of phones until somebody has looked into it."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.web.conftest import World, send
from tracker.db import db, transaction
from tracker.models import Device, QuotaCase
from tracker.services.quotas import open_case

NOW = datetime.now(UTC)


def a_case(world: World) -> int:
    with world.app.app_context():
        with transaction() as session:
            device = Device(name="Phone at the gate", role="field", token_hash="f" * 64,
                            enrolled_at=NOW, enrolled_by="account:2")  # fmt: skip
            session.add(device)
            session.flush()
            number = device.id
        for what in ("unknown_code", "unknown_code", "photo"):
            open_case(number, what, now=NOW)
        return int(db.session.scalar(db.select(db.func.min(QuotaCase.id))) or 0)


def test_a_coordinator_sees_it_and_says_that_it_was_looked_into(world: World) -> None:
    case, alice = a_case(world), world.as_("alice")
    page = alice.get("/devices").text
    assert page.count("Phone at the gate:") == 2
    assert "Phone at the gate: codes that name nothing" in page
    assert send(alice, f"/devices/cases/{case}/settle").status_code == 303
    page = alice.get("/devices").text
    assert "Phone at the gate: codes that name nothing" not in page
    assert "Phone at the gate: photos" in page
    with world.app.app_context():
        row = db.session.get(QuotaCase, case)
        assert row is not None
        assert (row.settled_by, row.settled_at is not None) == ("account:2", True)


def test_nobody_else_settles_it(world: World) -> None:
    case = a_case(world)
    assert send(world.as_("bob"), f"/devices/cases/{case}/settle").status_code == 403
    assert send(world.as_("alice"), "/devices/cases/99/settle").status_code == 404
