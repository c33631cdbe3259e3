"""The clock of an aid code, through the pages on which it is started, corrected and read."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.web.conftest import World, send, spoken
from tracker import clock
from tracker.db import db, transaction
from tracker.domain.scans import Result
from tracker.models import Consignment, Passage, Pledge

WAITS = "The clock of the aid code has not started"


@pytest.fixture
def alice(world: World) -> FlaskClient:
    return world.as_("alice")


def sent(alice: FlaskClient, path: str, **form: str) -> TestResponse:
    answer = send(alice, path, form)
    assert answer.status_code == 303, spoken(answer.text)
    return answer


def under_way(world: World, alice: FlaskClient, **said: str) -> str:
    """A consignment of two units that has left; its reference."""
    details = {"origin": "LVIV-1", "destination": "LVIV-1", "aid_code": "EX-A",
               "aid_coded_on": "2026-01-01", **said}  # fmt: skip
    page = sent(alice, "/consignments", **details).location
    ref = page.rpartition("/")[2]
    for code in world.codes[4:6]:
        outcome = world.scan(code, "shipping", "alice", consignment=ref)
        assert outcome.result is Result.RECORDED
    told(alice, ref, "dispatched")
    return ref


def told(alice: FlaskClient, ref: str, kind: str, **said: str) -> None:
    sent(alice, f"/consignments/{ref}/passages", kind=kind, **said)


def page(alice: FlaskClient, ref: str) -> str:
    return spoken(alice.get(f"/consignments/{ref}").text)


def board(alice: FlaskClient, heading: str = "Clocks of aid codes") -> str:
    """The words of one card of the board."""
    shown = alice.get("/board").text
    return spoken(shown.partition(f"<h2>{heading}</h2>")[2].partition("</section>")[0])


def calendar(alice: FlaskClient) -> str:
    text = alice.get("/feeds/deadlines.ics").text
    return text.replace("\r\n ", "").replace("\\,", ",")


def words(day: date) -> str:
    return f"{day:%-d %B %Y}"


def today() -> date:
    return clock.day_in_kyiv(clock.now())


def ago(days: int) -> date:
    return today() - timedelta(days=days)


def release_of(world: World, ref: str, place: int = 0) -> int:
    with world.app.app_context():
        query = select(Passage.id).where(Passage.consignment == ref, Passage.kind == "release")
        return db.session.scalars(query.order_by(Passage.id)).all()[place]


def shown_everywhere(alice: FlaskClient, ref: str, start: date, days: int = 90) -> None:
    """Page, board and calendar say the same day, and from which it is counted."""
    due, left = start + timedelta(days=days), (start + timedelta(days=days) - today()).days
    on_page = page(alice, ref)
    assert f"Report due {words(due)}" in on_page
    assert f"“Released by customs”, {words(start)} , and {days} days" in on_page
    assert WAITS not in on_page
    on_board = board(alice)
    assert f"{ref} · Report due {words(due)}" in on_board
    assert f"Counted from “Released by customs”, {words(start)}" in on_board
    assert ("late" if left < 0 else f"{left} days left.") in on_board
    summary = f"{ref}: report on humanitarian aid due, counted from “Released by customs”"
    assert f"{summary}, {words(start)}" in calendar(alice)
    assert f"DTSTART;VALUE=DATE:{due:%Y%m%d}" in calendar(alice)


def shown_nowhere(alice: FlaskClient, ref: str) -> None:
    """No day, no count, on no page; the consignment's own says what is waited for."""
    on_page = page(alice, ref)
    assert "Report due" not in on_page
    assert "days left" not in on_page
    assert WAITS in on_page
    assert "It starts on the day of “Released by customs”, once that is recorded" in on_page
    assert ref not in board(alice)
    assert "report on humanitarian aid" not in calendar(alice)


def test_nothing_runs_before_customs_have_released_it(world: World, alice: FlaskClient) -> None:
    ref = under_way(world, alice, aid_coded_on=str(ago(200)))
    shown_nowhere(alice, ref)
    for kind in ("border", "customs_in", "hold"):
        told(alice, ref, kind, location="KRAK-B")
        shown_nowhere(alice, ref)
    told(alice, ref, "release", location="KRAK-B", happened_on=str(today()))
    shown_everywhere(alice, ref, today())


def test_it_is_released_without_ever_having_been_held(world: World, alice: FlaskClient) -> None:
    ref = under_way(world, alice)
    told(alice, ref, "customs_in", location="KRAK-B")
    told(alice, ref, "release", location="KRAK-B")
    shown_everywhere(alice, ref, today())


@pytest.mark.parametrize("before", [["arrived"], ["arrived", "conclude"]])
def test_a_release_told_weeks_later_counts_from_its_own_day(
    world: World, alice: FlaskClient, before: list[str]
) -> None:
    ref = under_way(world, alice)
    told(alice, ref, before[0], location="LVIV-1")
    if len(before) > 1:
        sent(alice, f"/consignments/{ref}/conclude")
    shown_nowhere(alice, ref)
    told(alice, ref, "release", happened_on=str(ago(80)), note="EX-MRN")
    shown_everywhere(alice, ref, ago(80))
    on_page = page(alice, ref)
    assert f"Released by customs · {words(ago(80))}" in on_page
    assert "reported on" in on_page
    assert "10 days left." in on_page


def test_a_closed_consignment_s_clock_still_runs(world: World, alice: FlaskClient) -> None:
    ref = under_way(world, alice)
    told(alice, ref, "release")
    told(alice, ref, "arrived", location="LVIV-1")
    for code in world.codes[4:6]:
        world.scan(code, "receiving", "bob", location="LVIV-1", consignment=ref)
    sent(alice, f"/consignments/{ref}/conclude")
    sent(alice, f"/consignments/{ref}/close")
    shown_everywhere(alice, ref, today())


def test_of_repeated_releases_the_first_day_counts_and_is_said_to(
    world: World, alice: FlaskClient
) -> None:
    ref = under_way(world, alice)
    told(alice, ref, "release", happened_on=str(ago(3)))
    told(alice, ref, "hold")
    told(alice, ref, "release", happened_on=str(today()))
    shown_everywhere(alice, ref, ago(3))
    assert "is recorded more than once: the first day counts" in page(alice, ref)
    told(alice, ref, "release", happened_on=str(ago(9)))
    shown_everywhere(alice, ref, ago(9))


def test_a_second_click_is_no_second_release(world: World, alice: FlaskClient) -> None:
    ref = under_way(world, alice)
    for _ in range(3):
        told(alice, ref, "release", location="KRAK-B", happened_on=str(today()), note=" x ")
    assert "is recorded more than once" not in page(alice, ref)
    with world.app.app_context():
        many = select(func.count()).where(Passage.kind == "release", Passage.consignment == ref)
        assert db.session.scalar(many) == 1


def test_a_release_declared_wrong_stops_the_clock_and_stays_in_the_story(
    world: World, alice: FlaskClient
) -> None:
    ref = under_way(world, alice)
    told(alice, ref, "release", happened_on=str(ago(5)))
    shown_everywhere(alice, ref, ago(5))
    wrong = f"/consignments/{ref}/passages/{release_of(world, ref)}/wrong"
    assert wrong in html.unescape(alice.get(f"/consignments/{ref}").text)
    for _ in range(2):
        sent(alice, wrong, note="EX another lorry")
    shown_nowhere(alice, ref)
    assert "Declared wrong : EX another lorry" in page(alice, ref)
    assert wrong not in alice.get(f"/consignments/{ref}").text
    told(alice, ref, "release", happened_on=str(ago(2)))
    shown_everywhere(alice, ref, ago(2))


def test_when_the_first_is_declared_wrong_the_next_one_counts(
    world: World, alice: FlaskClient
) -> None:
    ref = under_way(world, alice)
    for days in (9, 4):
        told(alice, ref, "release", happened_on=str(ago(days)))
    sent(alice, f"/consignments/{ref}/passages/{release_of(world, ref)}/wrong")
    shown_everywhere(alice, ref, ago(4))
    assert "more than once" not in page(alice, ref)


def held(world: World, ref: str) -> bool:
    with world.app.app_context():
        found = db.session.get(Consignment, ref)
        assert found is not None
        return found.held


def test_a_hold_follows_what_stands_too(world: World, alice: FlaskClient) -> None:
    ref = under_way(world, alice)
    told(alice, ref, "hold")
    told(alice, ref, "release", happened_on=str(ago(6)))
    assert held(world, ref), "a release of last week does not end the hold of today"
    told(alice, ref, "release")
    assert not held(world, ref)
    sent(alice, f"/consignments/{ref}/passages/{release_of(world, ref, 1)}/wrong")
    assert held(world, ref)
    with world.app.app_context():
        hold = db.session.scalar(
            select(Passage.id).where(Passage.kind == "hold", Passage.consignment == ref)
        )
    sent(alice, f"/consignments/{ref}/passages/{hold}/wrong")
    assert not held(world, ref)
    told(alice, ref, "arrived", location="LVIV-1")


def test_what_moved_units_is_not_taken_back_so_and_not_by_anybody(
    world: World, alice: FlaskClient
) -> None:
    ref = under_way(world, alice)
    told(alice, ref, "border", location="KRAK-B")
    told(alice, ref, "release")
    with world.app.app_context():
        rows = db.session.execute(
            select(Passage.kind, Passage.id).where(Passage.consignment == ref)
        ).all()
    number = {row.kind: row.id for row in rows}
    for kind in ("dispatched", "border"):
        answer = send(alice, f"/consignments/{ref}/passages/{number[kind]}/wrong")
        assert answer.status_code == 409
    path = f"passages/{number['release']}/wrong"
    assert send(alice, f"/consignments/ZM-1/{path}").status_code == 404
    assert send(alice, f"/consignments/{ref}/passages/{2**31 - 1}/wrong").status_code == 404
    for name in ("bob", "erin", "charlie", "diana"):
        assert send(world.as_(name), f"/consignments/{ref}/{path}").status_code in (403, 404)
    shown_everywhere(alice, ref, today())


@pytest.mark.parametrize(
    ("kind", "day", "why"),
    [
        ("release", 1, "This day has not come yet."),
        ("border", -1, "Only a release can be reported for an earlier day."),
    ],
)
def test_a_day_that_cannot_be_is_refused(
    world: World, alice: FlaskClient, kind: str, day: int, why: str
) -> None:
    ref = under_way(world, alice)
    said = {"kind": kind, "happened_on": str(today() + timedelta(days=day))}
    answer = send(alice, f"/consignments/{ref}/passages", said)
    assert answer.status_code == 422
    assert why in spoken(answer.text)
    shown_nowhere(alice, ref)


def test_a_filed_report_ends_it_and_what_is_no_aid_has_none(
    world: World, alice: FlaskClient
) -> None:
    ref = under_way(world, alice)
    told(alice, ref, "release", happened_on=str(ago(88)))
    shown_everywhere(alice, ref, ago(88))
    sent(alice, f"/consignments/{ref}/edit", origin="LVIV-1", aid_code="EX-A",
         aid_reported_on=str(today()))  # fmt: skip
    on_page = page(alice, ref)
    assert f"Report filed on {words(today())}" in on_page
    assert "Report due" not in on_page
    assert WAITS not in on_page
    assert ref not in board(alice)
    sent(alice, f"/consignments/{ref}/edit", origin="LVIV-1")
    on_page = page(alice, ref)
    assert "Released by customs" in on_page
    for sentence in ("Report due", "Report filed on", WAITS):
        assert sentence not in on_page
    assert ref not in board(alice)
    assert ref not in calendar(alice)


def test_a_pledge_of_humanitarian_aid_has_its_clock_before_its_code_is_known(
    world: World, alice: FlaskClient
) -> None:
    ref = under_way(world, alice, aid_code="", aid_coded_on="", pledge="PL-2022-11")
    told(alice, ref, "release")
    assert ref not in board(alice)
    with world.app.app_context(), transaction() as session:
        session.get_one(Pledge, "PL-2022-11").legal_basis = "humanitarian"
    shown_everywhere(alice, ref, today())


def test_a_declaration_counts_from_its_own_day_and_is_no_clock_of_a_code(
    world: World, alice: FlaskClient
) -> None:
    ref = under_way(world, alice, aid_coded_on="", aid_declared_on=str(ago(20)))
    shown = f"Declaration good until {words(ago(-10))}"
    assert f"{shown} (filed on {words(ago(20))} : 30 days)" in page(alice, ref)
    assert WAITS in page(alice, ref)
    assert ref not in board(alice)
    waiting = board(alice, "Declarations that wait for their code")
    assert f"{ref} · {shown}" in waiting
    assert f"filed on {words(ago(20))}" in waiting
    said = f"{ref}: declaration of humanitarian aid of {words(ago(20))} good until today"
    assert said in calendar(alice)
    told(alice, ref, "release")
    assert "Declaration good until" not in page(alice, ref)
    shown_everywhere(alice, ref, today())


def test_days_are_kyiv_s(world: World) -> None:
    """Released at 23:30 UTC of 3 May, which is 4 May in Kyiv; read just before and after midnight.

    Summer time and New Year change nothing.
    """
    for moment, start in (
        (datetime(2026, 5, 3, 23, 30, tzinfo=UTC), date(2026, 5, 4)),
        (datetime(2026, 12, 31, 22, 30, tzinfo=UTC), date(2027, 1, 1)),
        (datetime(2026, 12, 31, 21, 30, tzinfo=UTC), date(2026, 12, 31)),
    ):
        with time_machine.travel(moment, tick=False):
            alice = world.as_("alice")
            ref = sent(alice, "/consignments", aid_code="EX-A").location.rpartition("/")[2]
            with world.app.app_context(), transaction() as session:
                session.get_one(Consignment, ref).state = "dispatched"
            told(alice, ref, "release")
            shown_everywhere(alice, ref, start)
        for hour, left in ((20, 90), (22, 89)):
            later = datetime.combine(start, datetime.min.time(), UTC) + timedelta(hours=hour)
            with time_machine.travel(later, tick=False):
                assert f"{left} days left." in board(world.as_("alice"))
        with time_machine.travel(later, tick=False):
            sent(world.as_("alice"), f"/consignments/{ref}/edit", aid_reported_on=str(start))


@pytest.fixture
def counted(settled: Callable[..., World]) -> World:
    """An installation that counts 14 days from the arrival, and 7 of a declaration."""
    return settled(AID_CLOCK_STARTS="arrived", AID_REPORT_DAYS=14, AID_DECLARATION_DAYS=7)


def test_days_and_start_are_settings(counted: World) -> None:
    alice = counted.as_("alice")
    ref = under_way(counted, alice)
    told(alice, ref, "release")
    assert "It starts on the day of “Arrived”" in page(alice, ref)
    assert "due within 14 days" in page(alice, ref)
    form = spoken(alice.get(f"/consignments/{ref}/edit").text)
    assert "good for 7 days" in form
    assert "due 14 days after “Arrived”" in form
    told(alice, ref, "arrived", location="LVIV-1")
    due = words(today() + timedelta(days=14))
    assert f"Report due {due}" in page(alice, ref)
    assert f"“Arrived”, {words(today())} , and 14 days" in page(alice, ref)
    assert f"counted from “Arrived”, {words(today())}" in calendar(alice)


def test_the_release_form_opens_with_today_and_says_what_its_day_is(
    world: World, alice: FlaskClient
) -> None:
    ref = under_way(world, alice)
    shown = alice.get(f"/consignments/{ref}").text
    field = re.search(r'<input id="happened_on"[^>]*>', shown)
    assert field
    assert f'value="{today()}"' in field[0]
    assert f'max="{today()}"' in field[0]
    assert "The day on the customs paper" in spoken(shown)
    assert 'name="happened_on"' not in world.as_("erin").get(f"/consignments/{ref}").text
