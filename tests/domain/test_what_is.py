"""The fold holds what is: whether the unit was in the box, where it stood, and who said so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.domain.simulation import ROWS, simulate
from tracker.domain.custody import Folded, State, fold
from tracker.domain.lifecycle import STEPS, Leaving, Presence, Rung, Status
from tracker.domain.occurrences import Holder, Occurrence

START = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
TERMINAL = Holder("item:1", terminal=True)


class Story:
    """Events an hour apart, named after their steps, in the order they are told."""

    def __init__(self) -> None:
        self.events: list[Occurrence] = []

    def __call__(self, step: str, location: str | None = None, **said: Any) -> Story:
        name = said.pop("id", step)
        taken = {event.id for event in self.events}
        while name in taken:
            name += "+"
        at = START + timedelta(hours=len(self.events))
        at_site = bool(location and location.startswith("SITE"))
        event = Occurrence(name, step, at, location=location, at_site=at_site, **said)
        self.events.append(event)
        return self

    def box(self, step: str, location: str | None = None, **said: Any) -> Story:
        """A scan of the box BOX-1, as the unit's story has it."""
        return self(step, location, via=said.pop("via", "BOX-1"), **said)

    def without(self, name: str) -> Folded:
        return fold([event for event in self.events if event.id != name])

    @property
    def folded(self) -> Folded:
        return fold(self.events)

    @property
    def state(self) -> State:
        return self.folded.state

    @property
    def cases(self) -> set[tuple[str, str]]:
        return set(self.folded.discrepancies)


def packed() -> Story:
    return Story()("announcing")("receiving", "LVIV")("packing", "LVIV", handling_unit="BOX-1")


def shipped() -> Story:
    return packed().box("shipping", "LVIV", consignment="C-1")


# The container


def test_a_unit_that_is_shipped_by_itself_is_out_of_its_box_and_its_box_drags_it_nowhere() -> None:
    told = packed()("shipping", "LVIV", consignment="KHARKIV")("receiving", "KHARKIV")
    told.box("shipping", "LVIV", consignment="RZESZOW")
    assert told.state.status is Status.IN_STOCK
    assert told.state.location == "KHARKIV"
    assert told.state.handling_unit is None
    assert told.cases == {("left_box", "shipping")}
    assert told.folded.verdicts["shipping+"].kind == "outside"


def test_a_late_scan_that_says_that_it_was_taken_out_closes_the_case() -> None:
    told = packed()("shipping", "LVIV", consignment="KHARKIV")
    late = Occurrence("late", "unpacking", START + timedelta(hours=2, minutes=1))
    assert fold([*told.events, late]).discrepancies == frozenset()


def test_a_unit_scanned_alone_on_the_journey_of_its_box_has_not_left_it() -> None:
    told = packed()("shipping", consignment="C-1").box("shipping", consignment="C-1")
    assert told.state.handling_unit == "BOX-1"
    assert told.cases == set()
    told.box("receiving", "KYIV")
    assert told.state.location == "KYIV"


def test_a_unit_scanned_again_on_the_journey_of_its_box_changes_nothing() -> None:
    told = shipped()("shipping", consignment="C-1")
    assert told.folded.verdicts["shipping+"].kind == "repeat"
    assert told.state.handling_unit == "BOX-1"


def test_unit_by_unit_and_then_the_carton_is_one_receiving() -> None:
    told = shipped()("receiving", "KYIV")
    alone, _ = told.state, told.box("receiving", "KYIV")
    assert (alone.apart, told.state.apart) == (True, False)
    assert told.state.handling_unit == "BOX-1"
    assert told.folded.verdicts["receiving++"].kind == "repeat"
    assert told.cases == set()


def test_a_unit_seen_elsewhere_than_its_box_stays_where_it_was_seen() -> None:
    told = shipped()("receiving", "KYIV").box("receiving", "DNIPRO", id="box")
    assert told.state.location == "KYIV"
    assert told.state.handling_unit is None
    assert told.folded.verdicts["box"].kind == "left_behind"
    assert told.cases == {("left_box", "box")}
    told("accepting", "KYIV", receiver="UA")
    assert told.cases == set()


def test_a_unit_seen_alone_does_not_go_on_with_a_box_that_is_counted_elsewhere() -> None:
    told = shipped()("receiving", "KYIV").box("counting", "DNIPRO")
    assert told.state.location == "KYIV"
    assert told.cases == {("left_box", "counting")}


def test_a_unit_seen_alone_does_not_go_on_with_a_box_over_steps_that_nobody_scanned() -> None:
    told = shipped()("receiving", "KYIV").box("deploying", id="box")
    assert told.state.status is Status.IN_STOCK
    assert told.cases == {("left_box", "box")}


def test_a_unit_on_another_journey_than_its_box_has_left_it() -> None:
    told = packed()("shipping", consignment="C-1").box("shipping", consignment="C-2")
    assert told.state.handling_unit is None
    assert told.state.consignment == "C-1"
    assert told.cases == {("left_box", "shipping")}


def test_a_unit_that_was_seen_alone_goes_on_with_a_box_scanned_at_the_same_premises() -> None:
    told = shipped()("receiving", "DOOR-2", area="KYIV").box("receiving", "DOOR-1", area="KYIV")
    assert told.state.handling_unit == "BOX-1"
    assert told.cases == set()


@pytest.mark.parametrize(
    "step", ["accepting", "reporting_lost", "reporting_stolen", "destroying", "repairing"]
)
def test_what_is_handed_over_or_lost_by_itself_is_in_no_box_and_nobody_has_to_ask(
    step: str,
) -> None:
    told = shipped().box("receiving", "KYIV")(step, receiver="UA")
    assert told.state.handling_unit is None
    assert told.state.left is None


def test_a_unit_scanned_as_it_passes_the_border_goes_on_with_its_box() -> None:
    told = shipped()("entering_exiting", "BORDER").box("receiving", "KYIV")
    assert told.state.location == "KYIV"
    assert told.cases == set()


@pytest.mark.parametrize("step", [step.id for step in STEPS.values()])
def test_every_step_says_what_it_means_for_the_box_and_the_place(step: str) -> None:
    row = STEPS[step]
    assert isinstance(row.presence, Presence)
    assert isinstance(row.leaving, Leaving)


# The place


def test_a_unit_is_not_shipped_from_where_it_does_not_stand_unasked() -> None:
    told = Story()("announcing")("receiving", "KHARKIV")("shipping", "LVIV", consignment="C")
    assert told.cases == {("elsewhere", "shipping")}
    assert told.folded.verdicts["shipping"].known == "KHARKIV"
    assert told.state.status is Status.IN_TRANSIT


def test_what_was_tapped_in_a_list_moves_no_unit_and_proves_no_inspection() -> None:
    told = Story()("announcing")("receiving", "LVIV")("accepting", "LVIV", receiver="UA")
    told("deploying", "SITE-1")("inspecting", "SITE-2", sighted=False)
    assert told.state.location == "SITE-1"
    assert told.state.proved(Rung.INSPECTED) is None
    assert ("elsewhere", "inspecting") in told.cases
    told("inspecting", "SITE-1")
    assert told.state.proved(Rung.INSPECTED) is not None


def test_what_is_on_its_way_stands_nowhere_though_it_was_shipped_from_another_place() -> None:
    listed = Story()("announcing")("receiving", "LVIV")(
        "shipping", "KYIV", sighted=False, consignment="C"
    )
    for told in (listed, packed().box("shipping", "KYIV", consignment="C")):
        assert told.cases == {("elsewhere", "shipping")}
        assert (told.state.status, told.state.location) == (Status.IN_TRANSIT, None)


def test_who_counts_a_unit_knows_where_it_stands() -> None:
    told = Story()("announcing")("receiving", "LVIV")("counting", "KYIV")
    assert told.state.location == "KYIV"
    assert told.cases == {("elsewhere", "counting")}


def test_a_box_that_is_counted_moves_no_unit_that_stands_elsewhere() -> None:
    told = shipped().box("receiving", "KYIV").box("counting", "DNIPRO")
    assert told.state.location == "KYIV"
    assert ("elsewhere", "counting") in told.cases


def test_two_doors_of_a_site_are_one_place() -> None:
    told = Story()("announcing")("receiving", "LVIV")("accepting", "LVIV", receiver="UA")
    told("deploying", "SITE-1-B", area="SITE-1")("inspecting", "SITE-1", area="SITE-1")
    assert told.cases == set()
    assert told.state.location == "SITE-1"


def test_the_act_says_for_which_site_a_unit_is_bound() -> None:
    told = Story()("announcing")("receiving", "LVIV")
    told("accepting", "LVIV", receiver="UA", bound_for=("SITE-1", "SITE-1"))
    here = replace(told.events[-1], id="no place", step="deploying", location=None, at_site=False,
                   effective_at=START + timedelta(hours=9), bound_for=None)  # fmt: skip
    assert fold([*told.events, here]).state.location == "SITE-1"
    assert fold([*told.events, here]).state.at_site
    there = replace(here, id="there", location="SITE-2", at_site=True)
    assert ("elsewhere", "there") in fold([*told.events, there]).discrepancies


def test_what_stands_in_a_warehouse_may_be_handed_over_at_the_site() -> None:
    told = Story()("announcing")("receiving", "LVIV")("accepting", "SITE-1", receiver="UA")
    assert told.cases == set()
    assert told.state.location == "SITE-1"


def test_what_was_handed_over_may_have_been_carried_to_any_site() -> None:
    told = Story()("announcing")("receiving", "LVIV")("accepting", "LVIV", receiver="UA")
    assert told("deploying", "SITE-2").cases == set()


def test_who_leaves_transit_without_naming_a_place_is_not_left_at_the_border() -> None:
    told = shipped().box("entering_exiting", "BORDER")
    assert told.state.location == "BORDER"
    assert told("accepting", receiver="UA").state.location is None


def test_a_repeat_fills_a_place_that_nobody_knew() -> None:
    told = shipped().box("receiving")
    assert told.state.location is None
    assert told.box("receiving", "KYIV").state.location == "KYIV"


# People, and the rungs


def write_off(by: str, approved_by: str | None = None, id: str = "off") -> Story:
    told = Story()("announcing")("receiving", "LVIV")
    return told("decommissioning", by=by, approved_by=approved_by, id=id)


def test_one_person_alone_proposes_to_write_off_and_a_second_one_does_it() -> None:
    alone = write_off("account:1")
    assert alone.state.status is Status.IN_STOCK
    assert alone.folded.verdicts["off"].kind == "proposed"
    assert alone.cases == {("second_person", "off")}
    assert alone("decommissioning", by="account:1").state.status is Status.IN_STOCK
    assert alone("decommissioning", by="account:2").state.status is Status.WRITTEN_OFF
    assert alone.cases == set()


def test_who_approves_their_own_write_off_is_one_person() -> None:
    assert write_off("account:1", approved_by="account:1").state.status is Status.IN_STOCK
    assert write_off("account:1", approved_by="account:2").state.status is Status.WRITTEN_OFF


def test_a_unit_that_moves_is_no_longer_proposed_to_be_written_off() -> None:
    told = write_off("account:1")("shipping", consignment="C")
    assert told.state.proposed is None
    assert told.cases == set()


def test_works_is_a_persons_word_and_online_only_a_reading() -> None:
    told = Story()("announcing")("receiving", "LVIV")("accepting", "LVIV", receiver="UA")
    told("deploying", "SITE-1", second="item:1")("inspecting", "SITE-1", working=True)
    terminal = fold(told.events, whose=TERMINAL).state
    assert terminal.proved(Rung.WORKING) is not None
    assert terminal.proved(Rung.ONLINE) is None
    assert told.state.proved(Rung.WORKING) is None  # a roll of cable
    told("inspecting", "SITE-1", reading=True)
    assert fold(told.events, whose=TERMINAL).state.proved(Rung.ONLINE) is not None
    assert told.state.proved(Rung.ONLINE) is None


def test_a_closed_box_says_nothing_good_of_a_damaged_unit() -> None:
    told = shipped().box("receiving", "KYIV", condition="good")
    assert told.state.condition == "good"
    told = packed()("counting", "LVIV", condition="damaged").box("shipping", consignment="C")
    assert told.box("receiving", "KYIV", condition="good").state.condition == "damaged"
    assert told("counting", "KYIV", condition="good").state.condition == "good"


# Honest people


def test_honest_histories_with_nothing_missing_give_no_alarm() -> None:
    row = simulate(400, *ROWS[0])
    assert (row.elsewhere, row.left_box) == (0, 0)


def test_missing_scans_alone_give_no_false_alarm_and_bad_clocks_few() -> None:
    missing, clocks = simulate(400, *ROWS[2]), simulate(400, *ROWS[3])
    assert missing.false == 0
    assert missing.elsewhere / missing.units < 0.15
    assert clocks.false / clocks.units < 0.05
