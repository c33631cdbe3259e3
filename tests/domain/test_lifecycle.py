"""The table of steps says what DESIGN section 5 says, and everything made from it is whole."""

from __future__ import annotations

import pytest

from tracker.domain import permissions
from tracker.domain.lifecycle import (
    STEPS,
    Move,
    Need,
    Status,
    allowed,
    missing_steps,
    next_step,
)

EVERY_STEP = frozenset(STEPS)


def test_every_status_can_be_reached_and_only_written_off_is_final() -> None:
    reached = {step.target for step in STEPS.values() if isinstance(step.target, Status)}
    assert reached == set(Status)
    leaving = {
        status for step in STEPS.values() for status in step.sources if step.target != "stay"
    }
    assert set(Status) - leaving == {Status.WRITTEN_OFF}


def test_every_step_has_a_permission() -> None:
    assert set(STEPS) <= set(permissions.STEP_ACTIONS)


@pytest.mark.parametrize(
    ("status", "step", "path"),
    [
        (Status.ANNOUNCED, "receiving", ()),
        (Status.ANNOUNCED, "shipping", ("receiving",)),
        (Status.ANNOUNCED, "deploying", ("receiving", "accepting")),
        (Status.IN_STOCK, "deploying", ("accepting",)),
        (Status.PACKED, "receiving", ("shipping",)),
        (Status.DEPLOYED, "packing", None),
        (Status.DEPLOYED, "receiving", None),
        (Status.LOST, "receiving", None),
        (Status.WRITTEN_OFF, "finding", None),
        (None, "receiving", ("announcing",)),
    ],
)
def test_missing_steps_are_the_shortest_forward_path(
    status: Status | None, step: str, path: tuple[str, ...] | None
) -> None:
    assert missing_steps(status, step) == path


@pytest.mark.parametrize("status", [None, *Status])
@pytest.mark.parametrize("step", sorted(STEPS))
def test_inferred_steps_really_lead_there(status: Status | None, step: str) -> None:
    path = missing_steps(status, step)
    if path is None:
        return
    here = status
    for name in path:
        assert STEPS[name].forward
        assert here in STEPS[name].sources
        here = STEPS[name].target  # type: ignore[assignment]
    assert here in STEPS[step].sources


@pytest.mark.parametrize("status", [None, *Status])
def test_the_big_button_is_always_something_that_fits(status: Status | None) -> None:
    chosen = next_step(status, EVERY_STEP)
    assert chosen is None or chosen in allowed(status)
    assert next_step(status, frozenset()) is None


@pytest.mark.parametrize(
    ("status", "step"),
    [
        (None, "announcing"),
        (Status.ANNOUNCED, "receiving"),
        (Status.IN_STOCK, "packing"),
        (Status.PACKED, "shipping"),
        (Status.IN_TRANSIT, "receiving"),
        (Status.HANDED_OVER, "deploying"),
        (Status.DEPLOYED, "inspecting"),
        (Status.LOST, "finding"),
        (Status.WRITTEN_OFF, None),
    ],
)
def test_the_big_button_leads_from_pledge_to_site(status: Status | None, step: str | None) -> None:
    assert next_step(status, EVERY_STEP) == step


def test_a_field_team_s_button_skips_what_a_warehouse_does() -> None:
    field = frozenset({"accepting", "deploying", "inspecting", "collecting"})
    assert next_step(Status.IN_TRANSIT, field) == "accepting"
    assert next_step(Status.ANNOUNCED, field) is None


def test_only_a_terminal_s_handover_and_deployment_ask_for_a_second_identifier() -> None:
    asking = {step.id for step in STEPS.values() if Need.SECOND_IDENTIFIER in step.needs}
    assert asking == {"accepting", "deploying"}


def test_steps_that_stay_do_not_name_a_target() -> None:
    staying = {step.id for step in STEPS.values() if step.target is Move.STAY}
    assert staying == {"commissioning", "entering_exiting", "inspecting", "counting"}
