"""The fold: what a story adds up to, and that nothing about its order matters."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.custody import fold
from tracker.domain.lifecycle import DECLARING_ERROR, STEPS, Rung, Status
from tracker.domain.occurrences import Occurrence

START = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)


def story(*steps: str | Occurrence) -> list[Occurrence]:
    """Events an hour apart, named e0, e1, ...: the places a unit would really pass."""
    places = {"receiving": "LVIV-1", "deploying": "EX-SITE-1", "finding": "LVIV-1"}
    told = []
    for place, step in enumerate(steps):
        if isinstance(step, Occurrence):
            told.append(replace(step, effective_at=START + timedelta(hours=place)))
            continue
        told.append(
            Occurrence(
                f"e{place}",
                step,
                START + timedelta(hours=place),
                location=places.get(step),
                at_site=step == "deploying",
                handling_unit="BOX" if step == "packing" else None,
                consignment="EX-1" if step == "shipping" else None,
                receiver="UA" if step == "accepting" else None,
            )
        )
    return told


WAY = ("announcing", "receiving", "packing", "shipping", "receiving", "accepting", "deploying")


def test_a_unit_that_passed_every_step_is_deployed_with_every_rung() -> None:
    folded = fold(story(*WAY, "inspecting"))
    assert folded.state.status is Status.DEPLOYED
    assert [rung for rung, _ in folded.state.rungs] == [
        Rung.SHIPPED,
        Rung.RECEIVED,
        Rung.SIGNED_FOR,
        Rung.DEPLOYED,
        Rung.INSPECTED,
    ]
    assert folded.state.custodian == "UA"
    assert folded.state.location == "EX-SITE-1"
    assert folded.discrepancies == frozenset()


def test_a_skipped_step_is_a_gap_that_names_it_and_the_unit_moves_on() -> None:
    folded = fold(story("announcing", "receiving", "deploying"))
    assert folded.state.status is Status.DEPLOYED
    assert folded.verdicts["e2"].missing == ("accepting",)
    assert folded.discrepancies == {("gap", "e2")}


def test_a_gap_closes_by_itself_when_the_late_scan_arrives() -> None:
    events = story(*WAY)
    without = [event for event in events if event.step != "accepting"]
    assert fold(without).discrepancies == {("gap", "e6")}
    assert fold([*without, events[5]]).discrepancies == frozenset()


def test_an_announcement_filed_after_the_first_scans_comes_before_them() -> None:
    announced, *scans = story("announcing", "receiving", "shipping")
    late = replace(announced, effective_at=scans[-1].effective_at + timedelta(days=1))
    folded = fold([*scans, late])
    assert folded.state == fold([announced, *scans]).state
    assert folded.state.status is Status.IN_TRANSIT
    assert folded.discrepancies == frozenset()


def test_a_scan_is_the_newest_event_of_a_unit_that_was_only_announced() -> None:
    announced, scan = story("announcing", "receiving")
    late = replace(announced, effective_at=scan.effective_at + timedelta(days=1))
    assert fold([late]).state.last is None
    assert fold([scan], fold([late]).state).state == fold([late, scan]).state


def test_a_misfit_is_kept_and_does_not_move_the_unit_and_heals() -> None:
    events = story(*WAY, "collecting", "returning", "receiving")
    without = [event for event in events if event.step not in ("collecting", "returning")]
    folded = fold(without)
    assert folded.state.status is Status.DEPLOYED
    assert folded.discrepancies == {("misfit", "e9")}
    assert fold(events).state.status is Status.IN_STOCK
    assert fold(events).discrepancies == frozenset()


def test_an_event_declared_wrong_is_left_out_wherever_the_declaration_stands() -> None:
    lost = replace(story("reporting_lost")[0], id="lost")
    wrong = Occurrence("no", DECLARING_ERROR, START, declares="lost")
    events = story("announcing", "receiving", lost, wrong)
    assert fold(events).state.status is Status.IN_STOCK
    assert fold(events).verdicts["lost"].kind == "void"


def test_a_declaration_can_itself_be_declared_wrong() -> None:
    lost = replace(story("reporting_lost")[0], id="lost")
    wrong = Occurrence("no", DECLARING_ERROR, START, declares="lost")
    after_all = Occurrence("yes", DECLARING_ERROR, START, declares="no")
    assert fold(story("announcing", lost, wrong, after_all)).state.status is Status.LOST


def test_a_declaration_of_an_event_that_is_not_here_waits_as_a_misfit() -> None:
    early = Occurrence("no", DECLARING_ERROR, START, declares="lost")
    assert fold(story("announcing", early)).discrepancies == {("misfit", "no")}


def test_saying_the_same_thing_twice_is_a_repeat_and_no_discrepancy() -> None:
    folded = fold(story("announcing", "receiving", "receiving"))
    assert folded.verdicts["e2"].kind == "repeat"
    assert folded.discrepancies == frozenset()


def test_received_somewhere_else_without_a_shipment_is_a_gap() -> None:
    elsewhere = Occurrence("there", "receiving", START, location="KYIV-1")
    folded = fold(story("announcing", "receiving", elsewhere))
    assert folded.verdicts["there"].missing == ("shipping",)
    assert folded.state.location == "KYIV-1"


def test_the_scan_of_a_box_moves_only_what_was_inside_at_that_moment() -> None:
    ship = Occurrence("ship", "shipping", START, consignment="EX-1", via="BOX")
    inside = fold(story("announcing", "receiving", "packing", ship))
    assert inside.state.status is Status.IN_TRANSIT
    taken_out = fold(story("announcing", "receiving", "packing", "unpacking", ship))
    assert taken_out.state.status is Status.IN_STOCK
    assert taken_out.discrepancies == frozenset()


def test_repair_ends_where_it_began() -> None:
    assert fold(story(*WAY[:2], "repairing", "repaired")).state.status is Status.IN_STOCK
    assert fold(story(*WAY[:6], "repairing", "repaired")).state.status is Status.HANDED_OVER


def test_a_found_unit_is_in_stock_or_handed_over_by_where_it_was_found() -> None:
    lost = [*WAY[:6], "reporting_lost"]
    assert fold(story(*lost, "finding")).state.status is Status.IN_STOCK
    at_site = Occurrence("f", "finding", START, location="EX-SITE-1", at_site=True)
    assert fold(story(*lost, at_site)).state.status is Status.HANDED_OVER


def test_an_inspection_that_did_not_find_the_unit_proves_nothing() -> None:
    missing = Occurrence("i", "inspecting", START, flags=("not_present",))
    folded = fold(story(*WAY, missing))
    assert folded.state.proved(Rung.INSPECTED) is None
    assert folded.discrepancies == {("loss", "i")}


def test_a_collected_unit_is_no_longer_proved_deployed() -> None:
    folded = fold(story(*WAY, "inspecting", "collecting"))
    assert folded.state.top_rung is Rung.SIGNED_FOR


occurrences = st.builds(
    Occurrence,
    id=st.integers(0, 30).map(lambda number: f"e{number}"),
    step=st.sampled_from([*STEPS, DECLARING_ERROR]),
    effective_at=st.integers(0, 20).map(lambda hour: START + timedelta(hours=hour)),
    device_seq=st.none() | st.integers(0, 3),
    location=st.sampled_from([None, "LVIV-1", "EX-SITE-1"]),
    handling_unit=st.sampled_from([None, "BOX"]),
    via=st.sampled_from([None, None, "BOX"]),
    declares=st.integers(0, 30).map(lambda number: f"e{number}"),
    flags=st.sampled_from([(), ("label_only",), ("clock",)]),
)
stories = st.lists(occurrences, max_size=15, unique_by=lambda event: event.id)


@given(stories, st.randoms(use_true_random=False))
def test_no_order_and_no_repetition_changes_what_a_story_adds_up_to(
    events: list[Occurrence], chance: random.Random
) -> None:
    shuffled = [*events, *chance.sample(events, len(events) // 2)]
    chance.shuffle(shuffled)
    assert fold(shuffled) == fold(events)


@given(stories)
def test_folding_one_event_at_a_time_gives_the_same_as_folding_all(
    events: list[Occurrence],
) -> None:
    plain = sorted(
        (event for event in events if event.step != DECLARING_ERROR), key=lambda event: event.place
    )
    state = fold([]).state
    verdicts = {}
    for event in plain:
        step = fold([event], state)
        state = step.state
        verdicts.update(step.verdicts)
    whole = fold(plain)
    assert (state, verdicts) == (whole.state, whole.verdicts)


@given(stories)
def test_every_event_gets_a_verdict_and_written_off_is_final(events: list[Occurrence]) -> None:
    folded = fold(events)
    assert set(folded.verdicts) == {event.id for event in events}
    over = False
    for event in sorted(events, key=lambda event: event.place):
        verdict = folded.verdicts[event.id]
        if over and event.step != "commissioning":
            assert verdict.kind in ("misfit", "repeat", "void", "outside", "declaration")
        over = over or (event.step == "decommissioning" and verdict.kind in ("fits", "gap"))
