"""Several pledges on one page: what belongs to whom, what adds up, what changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import event
from werkzeug.test import TestResponse

from tests.services.builders import NOW, lay_world, new_units, queue, scan
from tests.web.conftest import World, send
from tracker import clock
from tracker.db import db, transaction
from tracker.domain.disclosure import Change, counts
from tracker.domain.portfolios import Difference, Kind, Portfolio, difference, pledge
from tracker.ledger.rebuilding import rebuild
from tracker.models import Initiative, Party, Pledge, PledgeLine
from tracker.queries.donors import Discretion, DonorView, portfolio_view
from tracker.services import daily_counts

TODAY = NOW.date() + timedelta(days=1)
WHOLE = Portfolio(Kind.MECHANISM)

Look = Callable[..., TestResponse]


def seen(portfolio: Portfolio, today: date = TODAY, delay: int = 0) -> DonorView | None:
    db.session.rollback()
    return portfolio_view(
        portfolio, today=today, installation=Discretion(delay, 5), month=date(2026, 5, 1)
    )


@pytest.fixture
def three(app: Flask) -> Flask:
    """Three pledges of two donors; two of the first donor's in one initiative."""
    lay_world()
    with transaction() as session:
        session.add(Party(ref="EY", name="Another", kind="member_state"))
        session.add(Initiative(ref="LIGHT", name_en="Light", name_uk="Світло"))
        session.flush()
        for ref, donor in (("EX-2", "EX"), ("EY-1", "EY")):
            session.add(
                Pledge(ref=ref, donor=donor, pledged_on=date(2026, 2, 1), initiative="LIGHT")
            )
            session.flush()
            number = 2 if ref == "EX-2" else 3
            session.add(PledgeLine(id=number, pledge=ref, product="EX-TERM", quantity=10))
    return app


def test_a_portfolio_adds_its_pledges_up_and_only_them(three: Flask) -> None:
    codes = new_units(3)
    queue([scan(code, "receiving", location="WH-1") for code in codes])
    pledged = {
        pledge("EX-1"): 100_000,
        pledge("EX-2"): 10,
        Portfolio(Kind.INITIATIVE, "LIGHT"): 20,
        Portfolio(Kind.INITIATIVE, "LIGHT", "EX"): 10,
        Portfolio(Kind.DONOR, "EX"): 100_010,
        WHOLE: 100_020,
    }
    for portfolio, units in pledged.items():
        view = seen(portfolio)
        assert view is not None
        assert view.counts.pledged == units == view.counts.units + view.counts.to_come
        has_first = portfolio in (pledge("EX-1"), Portfolio(Kind.DONOR, "EX"), WHOLE)
        assert view.counts.stages["in_stock"] == (3 if has_first else 0)


@pytest.mark.parametrize(
    "portfolio",
    [pledge("NO-1"), Portfolio(Kind.INITIATIVE, "NONE"), Portfolio(Kind.DONOR, "NOBODY"),
     Portfolio(Kind.INITIATIVE, "LIGHT", "EX-USER")],
)  # fmt: skip
def test_what_is_not_there_or_not_the_donor_s_is_none(three: Flask, portfolio: Portfolio) -> None:
    assert seen(portfolio) is None


def test_the_whole_names_no_pledge_and_no_donor(three: Flask) -> None:
    view = seen(WHOLE)
    assert view is not None
    assert view.pledges == ()
    assert view.released == ()
    assert view.pledge_count == 3


def test_inspected_units_are_a_stage_of_their_own_and_damaged_ones_beside(three: Flask) -> None:
    [code, other] = new_units(2)
    found = {"present": True, "working": True, "civilian_use": True}
    queue([scan(code, "receiving", 1, location="WH-1"),
           scan(code, "accepting", 2, receiver="EX-USER", act="A"),
           scan(code, "deploying", 3, location="EX-SITE-1"),
           scan(code, "inspecting", 4, findings=found),
           scan(other, "receiving", 1, location="WH-1", condition="damaged")])  # fmt: skip
    view = seen(pledge("EX-1"))
    assert view is not None
    assert (view.counts.stages["in_use"], view.counts.stages["inspected"]) == (0, 1)
    assert view.counts.damaged == 1
    queue([scan(code, "collecting", 5), scan(other, "reporting_lost", 6, report="R-1")])
    view = seen(pledge("EX-1"))
    assert view is not None
    assert view.counts.stages["inspected"] == view.counts.damaged == 0
    assert rebuild(now=NOW)["tallies"] == []


def test_open_discrepancies_are_counted_once_a_day_and_shown_with_their_day(three: Flask) -> None:
    [code] = new_units(1)
    queue([scan(code, "deploying", location="EX-SITE-1")])
    before = seen(pledge("EX-1"))
    assert before is not None
    assert before.matters_on is None
    assert daily_counts.count_due_discrepancies(now=NOW)
    assert not daily_counts.count_due_discrepancies(now=NOW)
    view = seen(pledge("EX-1"))
    assert view is not None
    assert view.matters_on == NOW.date() - timedelta(days=1)
    assert view.counts.open["gap"] == 1
    queue([scan(code, "receiving", -20, location="WH-1"),
           scan(code, "accepting", -10, receiver="EX-USER", act="A")])  # fmt: skip
    assert daily_counts.count_due_discrepancies(now=NOW + timedelta(days=1))
    healed = seen(pledge("EX-1"))
    assert healed is not None
    assert "gap" not in healed.counts.open
    assert rebuild(now=NOW)["tallies"] == []


def test_the_difference_holds_what_changed_and_nothing_else() -> None:
    first, then = date(2026, 5, 1), date(2026, 5, 2)
    told = [Change(first, "status:in_stock", 5), Change(then, "status:in_stock", -2),
            Change(then, "status:deployed", 2), Change(then, "top:deployed", 2),
            Change(then, "open:gap", 1)]  # fmt: skip
    before, after = counts(told, 9, first), counts(told, 9, then)
    changed = difference(before, after)
    assert changed.stages == {"in_stock": -2, "in_use": 2}
    assert [rung.value for rung in changed.proved] == [
        "shipped", "received", "signed_for", "deployed",
    ]  # fmt: skip
    assert changed.open == 1
    assert changed
    assert difference(after, after) == Difference()
    assert not difference(after, after)


def test_a_page_reads_no_unit_no_event_and_no_place(three: Flask) -> None:
    said: list[str] = []
    db.session.rollback()
    event.listen(db.engine, "before_cursor_execute", lambda *a: said.append(a[2]))
    for portfolio in (pledge("EX-1"), Portfolio(Kind.INITIATIVE, "LIGHT"), WHOLE):
        seen(portfolio)
    words = {word.strip('",()').lower() for text in said for word in text.split()}
    assert {"tally", "pledge"} <= words
    assert words.isdisjoint({"item", "event", "location", "identifier", "sealed_site"})


def test_a_donor_opens_its_own_portfolios_and_staff_any(look: Look) -> None:
    own, other = "/d/donors/PL", "/d/donors/EE"
    assert [look("diana", path).status_code for path in (own, other)] == [200, 404]
    assert [look("alice", path).status_code for path in (own, other)] == [200, 200]
    assert look("charlie", own).status_code == 404
    assert look("diana", "/d/initiatives/NONE").status_code == 404
    assert look("diana", "/d/places/PL").status_code == 404


def test_of_two_donors_neither_sees_the_whole(world: World) -> None:
    assert world.as_("diana").get("/d/mechanism").status_code == 404
    assert world.as_("alice").get("/d/mechanism").status_code == 200
    with world.app.app_context(), transaction() as session:
        session.add(Party(ref="SE", name="Sweden", kind="member_state"))
        session.flush()
        session.add(Pledge(ref="SE-1", donor="SE", pledged_on=date(2024, 1, 1)))
    page = world.as_("diana").get("/d/mechanism")
    assert page.status_code == 200
    for other in ("EE-2023-01", "SE-1", "Estonia", "Sweden"):
        assert other not in page.text


def test_an_initiative_is_started_filled_and_seen_by_its_donor(world: World) -> None:
    alice, diana = world.as_("alice"), world.as_("diana")
    names = {"name_en": "Light for hospitals", "name_uk": "Світло лікарням"}
    assert send(alice, "/initiatives", {"ref": "light", **names}).status_code == 303
    for ref in ("PL-2022-11", "EE-2023-01"):
        assert send(alice, f"/pledges/{ref}/initiative", {"initiative": "LIGHT"}).status_code == 303
    assert "Light for hospitals" in diana.get("/d/pledges").text
    page = diana.get("/d/initiatives/LIGHT").text
    assert "PL-2022-11" in page
    assert "EE-2023-01" not in page
    assert "EE-2023-01" in alice.get("/d/initiatives/LIGHT").text
    assert send(alice, "/initiatives", {"ref": "LIGHT", **names}).status_code == 409
    assert send(alice, "/pledges/PL-2022-11/initiative", {"initiative": ""}).status_code == 303
    assert diana.get("/d/initiatives/LIGHT").status_code == 404
    assert send(diana, "/initiatives", {"ref": "MINE"}).status_code == 403


def test_who_comes_back_is_told_what_changed_since(settled: Callable[..., World]) -> None:
    world = settled(DONOR_DELAY_DAYS=0)
    client = world.as_("diana")
    with world.app.app_context():
        today = clock.day_in_kyiv(clock.now())
    first = client.get("/d/pledges/PL-2022-11")
    assert "Since you last looked" not in first.text
    earlier = today - timedelta(days=25)
    page = client.get(f"/d/pledges/PL-2022-11?since={earlier}").text
    assert "Since you last looked" in page
    assert "In use: <strong>+2</strong>" in page
    client.set_cookie("looked", f"..{earlier}", path="/d/pledges/PL-2022-11")
    again = client.get("/d/pledges/PL-2022-11")
    assert "In use: <strong>+2</strong>" in again.text
    assert again.headers["ETag"] != first.headers["ETag"]
    assert "In use: <strong>+2</strong>" in client.get("/d/pledges/PL-2022-11").text
    for odd in ("x", "....", "9.2026-01-01.2026-01-02", "..2999-01-01"):
        client.set_cookie("looked", odd, path="/d/pledges/PL-2022-11")
        assert "Since you last looked" not in client.get("/d/pledges/PL-2022-11").text
