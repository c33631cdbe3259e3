"""Monthly snapshots of places: when they are taken, and what becomes of them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from tests.donors.worlds import deploy_at_new_sites
from tests.services.builders import lay_world
from tracker.db import db
from tracker.domain.places import UnknownPlace
from tracker.models import PlaceSnapshot
from tracker.queries.donors import donor_view
from tracker.services.snapshots import month_before, take_due_snapshots, take_snapshots

MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)


@pytest.fixture(autouse=True)
def world(app: Flask) -> Flask:
    lay_world()
    return app


def at(day: int, month: int = 6, hour: int = 9) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def kept() -> list[tuple[str, date]]:
    db.session.rollback()
    rows = db.session.execute(select(PlaceSnapshot.pledge, PlaceSnapshot.month))
    return sorted((row.pledge, row.month) for row in rows)


def shown(today: date, month: date = MAY) -> dict[str, int] | None:
    view = donor_view("EX-1", today=today, delay_days=0, month=month)
    assert view is not None
    return view.places.cells if view.places else None


def test_the_last_month_is_taken_once_in_the_first_days_of_the_next() -> None:
    assert take_due_snapshots(now=at(1)) == 1
    assert take_due_snapshots(now=at(2)) == 0
    assert kept() == [("EX-1", MAY)]
    assert take_due_snapshots(now=at(1, 7)) == 1
    assert kept() == [("EX-1", MAY), ("EX-1", JUNE)]


def test_the_first_day_begins_in_kyiv() -> None:
    assert take_due_snapshots(now=at(31, 5, hour=22)) == 1
    assert kept() == [("EX-1", MAY)]


def test_a_month_that_was_missed_is_not_made_up_later() -> None:
    assert take_due_snapshots(now=at(20)) == 0
    assert kept() == []


def test_a_snapshot_never_changes() -> None:
    deploy_at_new_sites({"UA46": 6, "UA63": 5})
    take_snapshots(MAY, now=at(1))
    deploy_at_new_sites({"UA59": 9})
    take_snapshots(MAY, now=at(3))
    assert shown(date(2026, 7, 1)) == {"UA46": 6}
    take_snapshots(JUNE, now=at(1, 7))
    assert shown(date(2026, 8, 1), JUNE) == {"UA46": 6, "UA59": 9}


def test_several_units_at_one_site_are_one_site() -> None:
    deploy_at_new_sites({"UA46": 5, "UA63": 9}, units=3)
    take_snapshots(MAY, now=at(1))
    assert shown(date(2026, 7, 1)) == {"UA46": 5, "UA63": 9}


def test_front_line_oblasts_are_counted_with_their_region(world: Flask) -> None:
    world.config["FRONT_LINE"] = "UA63 UA59"
    deploy_at_new_sites({"UA46": 5, "UA63": 2, "UA12": 4, "UA59": 3}, units=2)
    take_snapshots(MAY, now=at(1))
    assert shown(date(2026, 7, 1)) == {"UA46": 5, "macro:east": 6}


def test_a_front_line_that_is_misspelt_publishes_nothing(world: Flask) -> None:
    world.config["FRONT_LINE"] = "UA63 Kherson"
    deploy_at_new_sites({"UA46": 9})
    with pytest.raises(UnknownPlace):
        take_snapshots(MAY, now=at(1))
    assert kept() == []


def test_no_snapshot_before_its_month_may_be_shown() -> None:
    take_snapshots(JUNE, now=at(1, 7))
    assert shown(date(2026, 7, 2), MAY) is None


def test_the_month_before_january_is_december() -> None:
    assert month_before(date(2027, 1, 31)) == date(2026, 12, 1)
