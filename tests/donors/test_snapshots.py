"""Monthly snapshots of places: when they are taken, and what becomes of them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from tests.donors.worlds import deploy_at_new_sites
from tests.services.builders import COORDINATOR, lay_world
from tracker.db import db
from tracker.domain.disclosure import Places
from tracker.domain.places import UnknownPlace
from tracker.domain.portfolios import pledge
from tracker.models import PlaceSnapshot
from tracker.queries.donors import Discretion, portfolio_view
from tracker.services.disclosures import set_disclosure
from tracker.services.snapshots import month_before, take_due_snapshots, take_snapshots

MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)


@pytest.fixture(autouse=True)
def world(app: Flask) -> Flask:
    lay_world()
    app.config["DONOR_DELAY_DAYS"] = 0
    return app


def at(day: int, month: int = 6, hour: int = 9) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def kept() -> list[tuple[str, date]]:
    db.session.rollback()
    rows = db.session.execute(select(PlaceSnapshot.pledge, PlaceSnapshot.month))
    return sorted((row.pledge, row.month) for row in rows)


def shown(today: date, month: date = MAY) -> dict[str, int] | None:
    found = places(today, month)
    return found.cells if found else None


def places(today: date, month: date = MAY) -> Places | None:
    view = portfolio_view(pledge("EX-1"), today=today, installation=Discretion(0, 5), month=month)
    assert view is not None
    return view.places


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


def test_sectors_are_told_of_the_same_sites_and_in_fives() -> None:
    deploy_at_new_sites({"UA46": 50, "UA61": 2}, units=2)
    deploy_at_new_sites({"UA59": 12}, sector="energy")
    deploy_at_new_sites({"UA12": 4}, sector="water")
    take_snapshots(MAY, now=at(1))
    found = places(date(2026, 7, 1))
    assert found is not None
    assert found.cells == {"UA46": 50, "UA59": 12}
    assert found.sectors == {"energy": 10, "health": 20}


def test_a_site_of_no_sector_is_in_neither_table() -> None:
    deploy_at_new_sites({"UA46": 9}, sector=None)
    take_snapshots(MAY, now=at(1))
    assert shown(date(2026, 7, 1)) == {}


def test_a_pledge_may_be_shown_coarser_than_others_and_finer_again() -> None:
    deploy_at_new_sites({"UA46": 12, "UA63": 7}, units=3)
    take_snapshots(MAY, now=at(1))
    set_disclosure("EX-1", delay_days=0, small_cell=10, by=COORDINATOR, now=at(2))
    take_snapshots(JUNE, now=at(1, 7))
    assert shown(date(2026, 7, 1)) == {"UA46": 12, "UA63": 7}
    assert shown(date(2026, 8, 1), JUNE) == {"UA46": 12}
    set_disclosure("EX-1", delay_days=0, small_cell=5, by=COORDINATOR, now=at(2, 7))
    take_snapshots(JULY, now=at(1, 8))
    assert shown(date(2026, 9, 1), JULY) == {"UA46": 12, "UA63": 7}


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
