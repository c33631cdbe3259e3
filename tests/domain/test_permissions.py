"""The table of who may do what, read back as DESIGN section 8 tells it."""

from __future__ import annotations

import pytest

from tracker.domain.lifecycle import STEPS
from tracker.domain.permissions import TABLE, Action, Actor, Role, Scope, scannable, scope


@pytest.mark.parametrize("action", list(Action))
def test_nobody_signed_in_may_do_nothing(action: Action) -> None:
    assert scope(None, action) is None


def test_every_action_is_in_the_table() -> None:
    assert set(TABLE) == set(Action)


@pytest.mark.parametrize("step", sorted(STEPS))
def test_a_donor_an_auditor_and_an_admin_record_nothing(step: str) -> None:
    for role in (Role.DONOR, Role.AUDITOR, Role.ADMIN):
        assert not Actor("account:1", role).may_scan(step, None)


def test_the_admin_cannot_open_a_site() -> None:
    assert {role for role in Role if scope(role, Action.OPEN_SITE)} == {Role.COORDINATOR}


def test_a_warehouse_receives_at_its_own_location_only() -> None:
    bob = Actor("account:2", Role.WAREHOUSE, frozenset({"LVIV-1"}))
    assert bob.may_scan("receiving", "LVIV-1")
    assert not bob.may_scan("receiving", "KYIV-1")
    assert not bob.may_scan("deploying", "LVIV-1")
    assert bob.may_scan("reporting_lost", "KYIV-1")


def test_a_field_team_is_judged_by_where_the_unit_is_and_not_by_the_place_it_names() -> None:
    """tests/ledger/test_reach.py says which units these are."""
    charlie = Actor("account:3", Role.FIELD, frozenset({"EX-SITE-1"}))
    assert charlie.may_scan("deploying", "EX-SITE-1")
    assert charlie.may_scan("deploying", "EX-SITE-2")
    assert not charlie.may_scan("receiving", "EX-SITE-1")
    assert "decommissioning" not in scannable(charlie)


def test_full_identifiers_are_for_those_who_handle_units() -> None:
    assert scope(Role.AUDITOR, Action.READ_IDENTIFIERS) is Scope.MASKED
    assert scope(Role.ADMIN, Action.READ_IDENTIFIERS) is None
