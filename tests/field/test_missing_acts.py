"""Acts that scans hand over under and that have not come: a case until they do."""

from __future__ import annotations

from tests.field.conftest import Enrol
from tests.field.test_booked_acts import keep, scan
from tests.web.conftest import World
from tracker.db import db
from tracker.models import Discrepancy

ACT = "3f0d5a52-3a9e-4bb1-9a35-6f7d1f0f5c77"


def cases(world: World) -> list[tuple[int, str]]:
    """(number, state) of each case of an act that has not come."""
    with world.app.app_context():
        rows = db.session.query(Discrepancy).filter_by(subject=f"named-act:{ACT}")
        return [(row.id, row.state) for row in rows]


def test_an_act_that_never_comes_is_one_case_with_words(world: World, enrol: Enrol) -> None:
    phone = enrol("SITE-0001", "LVIV-1")
    told = scan(phone, world.codes[4:6], ACT)
    assert [one["outcome"] for one in told] == ["recorded", "recorded"]
    scan(phone, world.codes[6:7], ACT)
    [(number, state)] = cases(world)
    assert state == "open"
    page = world.as_("alice").get(f"/discrepancies/{number}").text
    assert ACT in page
    assert "has not come" in page
    assert ACT in world.as_("alice").get("/discrepancies").text


def test_the_case_closes_when_the_act_comes(world: World, enrol: Enrol) -> None:
    phone = enrol("SITE-0001", "LVIV-1")
    scan(phone, world.codes[4:6], ACT)
    keep(phone, world.codes[4:6], id=ACT)
    assert [state for _, state in cases(world)] == ["healed"]


def test_an_act_that_came_first_is_never_missed(world: World, enrol: Enrol) -> None:
    phone = enrol("SITE-0001", "LVIV-1")
    keep(phone, world.codes[4:6], id=ACT)
    scan(phone, world.codes[4:6], ACT)
    assert cases(world) == []
