"""Why a story adds up to something else by newer rules: each reason by its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from tracker.domain.custody import State, fold
from tracker.domain.lifecycle import Rung, Status
from tracker.domain.occurrences import Holder, Occurrence
from tracker.domain.rules import Change, Reasons, reasons

START = datetime(2026, 5, 1, 9, tzinfo=UTC)
TERMINAL = Holder("item:1", terminal=True)


def story(*steps: Mapping[str, object]) -> list[Occurrence]:
    """Events one minute after another, as an older version of the rules met them."""
    minutes = count()
    told = []
    for step in steps:
        number = next(minutes)
        said: dict[str, Any] = {"by": "account:1", **step}
        name = str(said.pop("step"))
        told.append(Occurrence(f"e{number}", name, START + timedelta(minutes=number), **said))
    return told


def why(events: list[Occurrence], **stored: object) -> Reasons | None:
    """Why it differs from what was stored: the folded state but for `stored`."""
    folded = fold(events, whose=TERMINAL)
    before = replace(folded.state, **stored)  # type: ignore[arg-type]
    return reasons(before, folded, events, TERMINAL)


def kinds(events: list[Occurrence], **stored: object) -> set[Change]:
    found = why(events, **stored)
    assert found is not None
    return set(found.kinds)


RECEIVED = {"step": "receiving", "location": "WH-1"}
PACKED = {"step": "packing", "handling_unit": "BOX"}
SHIPPED = {"step": "shipping", "consignment": "C-1"}
SIGNED = {"step": "accepting", "receiver": "EX", "second": "item:1"}
DEPLOYED = {"step": "deploying", "location": "S-1", "at_site": True, "second": "item:1"}


def told(*steps: Mapping[str, object]) -> list[Occurrence]:
    return story({"step": "announcing"}, *steps)


def test_a_story_that_adds_up_to_the_same_has_no_reason() -> None:
    assert why(told(RECEIVED)) is None


def test_a_write_off_by_one_person_is_a_proposal() -> None:
    events = told(RECEIVED, {"step": "decommissioning"})
    found = kinds(events, status=Status.WRITTEN_OFF, proposed=None)
    assert found == {Change.PROPOSED}


def test_so_it_is_where_the_unit_was_seen_again_afterwards() -> None:
    events = told(RECEIVED, {"step": "decommissioning"}, SHIPPED)
    assert fold(events, whose=TERMINAL).state.proposed is None
    before = {"status": Status.WRITTEN_OFF, "location": "WH-1", "consignment": None}
    assert kinds(events, **before) == {Change.PROPOSED}


def test_it_stands_where_it_was_counted() -> None:
    events = told(RECEIVED, {"step": "counting", "location": "WH-2"})
    assert kinds(events, location="WH-1", area="WH-1") == {Change.COUNTED}


def test_it_is_out_of_a_box_from_which_it_was_shipped_by_itself() -> None:
    events = told(RECEIVED, PACKED, SHIPPED)
    assert kinds(events, handling_unit="BOX", left=None) == {Change.LEFT_BOX}


def test_it_was_seen_by_itself_elsewhere_than_its_box() -> None:
    events = told(RECEIVED, PACKED, {"step": "counting", "location": "WH-2"})
    before = {"location": "WH-1", "area": "WH-1", "apart": False}
    assert kinds(events, **before) == {Change.COUNTED, Change.APART}


def test_its_box_no_longer_takes_it_along() -> None:
    events = told(RECEIVED, PACKED, SHIPPED, RECEIVED,
                  {"step": "shipping", "consignment": "C-2", "via": "BOX"})  # fmt: skip
    before = {"status": Status.IN_TRANSIT, "location": None, "area": None, "consignment": "C-2",
              "handling_unit": "BOX", "left": None}  # fmt: skip
    assert kinds(events, **before) == {Change.LEFT_BOX, Change.NOT_DRAGGED}


def test_a_repeat_said_where_it_is() -> None:
    events = told(RECEIVED, SHIPPED, SIGNED, {**SIGNED, "location": "S-1", "at_site": True})
    before = {"location": None, "area": None, "at_site": False}
    assert kinds(events, **before) == {Change.PLACE_FILLED}


def test_a_place_that_it_only_passed_is_not_where_it_stands() -> None:
    passed = {"step": "entering_exiting", "location": "B-1"}
    events = told(RECEIVED, SHIPPED, passed, {"step": "receiving"})
    assert kinds(events, location="B-1", area="B-1") == {Change.PLACE_DROPPED}


@pytest.mark.parametrize("terminal", [True, False])
def test_what_a_person_said_is_not_on_line(terminal: bool) -> None:
    events = told(RECEIVED, SIGNED, {**DEPLOYED, "working": True})
    whose = replace(TERMINAL, terminal=terminal)
    folded = fold(events, whose=whose)
    ticked = (Rung.ONLINE, events[-1].effective_at)
    rungs = tuple(pair for pair in folded.state.rungs if pair[0] is not Rung.WORKING)
    found = reasons(replace(folded.state, rungs=(*rungs, ticked)), folded, events, whose)
    assert found == Reasons(frozenset({Change.NOT_ONLINE}), {})
    assert (folded.state.proved(Rung.WORKING) is not None) is terminal


def test_it_is_as_damaged_as_it_was_although_its_box_was_called_good() -> None:
    events = told(RECEIVED, PACKED, {"step": "shipping", "consignment": "C-1", "via": "BOX"},
                  {**RECEIVED, "condition": "damaged"},
                  {**RECEIVED, "condition": "good", "via": "BOX"})  # fmt: skip
    assert kinds(events, condition="good") == {Change.CONDITION}


def test_what_nothing_explains_is_told_member_by_member() -> None:
    found = why(told(RECEIVED), status=Status.LOST, custodian="EX")
    assert found == Reasons(
        frozenset({Change.UNNAMED}),
        {"status": (Status.LOST, Status.IN_STOCK), "custodian": ("EX", None)},
    )


def test_a_reason_explains_nothing_that_it_does_not_touch() -> None:
    events = told(RECEIVED, {"step": "counting", "location": "WH-2"})
    found = why(events, location="WH-1", area="WH-1", custodian="EX")
    assert found is not None
    assert found.kinds == {Change.COUNTED, Change.UNNAMED}
    assert found.unnamed == {"custodian": ("EX", None)}


def test_a_state_of_nothing_is_explained_by_nothing() -> None:
    events = told(RECEIVED)
    found = reasons(State(), fold(events, whose=TERMINAL), events, TERMINAL)
    assert found is not None
    assert found.kinds == {Change.UNNAMED}
