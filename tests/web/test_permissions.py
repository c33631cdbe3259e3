"""Every page x every role: the table of permissions decides, and what declares nothing is shut."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import url_for
from werkzeug.test import TestResponse

from tests.web.conftest import NAMES, World, send
from tracker.domain.permissions import Action, scope
from tracker.web.frame.gate import needs
from tracker.web.frame.menu import ENTRIES

Look = Callable[..., TestResponse]

OPEN = {"", *NAMES}  # whom a page lets in that needs no permission

# Path of each page of the staff -> the action that it takes.
PAGES = {
    "/pledges": Action.READ_PLEDGES,
    "/pledges/PL-2022-11": Action.READ_PLEDGES,
    "/items": Action.READ_ITEMS,
    "/items/{code}": Action.READ_ITEMS,
    "/find?q=KITEX0000004": Action.READ_ITEMS,
    "/discrepancies": Action.READ_DISCREPANCIES,
    "/discrepancies/1": Action.READ_DISCREPANCIES,
    "/labels": Action.READ_LABELS,
    "/labels/bind": Action.SCAN_STOCK,
    "/labels/print?what=pledge&ref=PL-2022-11": Action.PRINT_LABELS,
    "/labels/preview.svg?what=pledge&ref=PL-2022-11": Action.PRINT_LABELS,
    "/locations": Action.READ_LOCATIONS,
    "/locations/SITE-0001": Action.READ_LOCATIONS,
    "/people": Action.READ_PEOPLE,
    "/devices": Action.ENROL_DEVICE,
    "/intake": Action.SCAN_STOCK,
    "/ledger": Action.READ_LEDGER,
    "/releases": Action.READ_RELEASES,
    "/pledges/PL-2022-11/releases": Action.READ_RELEASES,
    "/initiatives": Action.EDIT_PLEDGES,
}
FORMS = {
    "/pledges/PL-2022-11/revise": Action.EDIT_PLEDGES,
    "/items/{code}/declare": Action.DECLARE_ERROR,
    "/discrepancies/1/settle": Action.SETTLE_DISCREPANCY,
    "/discrepancies/1/take": Action.SETTLE_DISCREPANCY,
    "/items/{code}/replace": Action.PRINT_LABELS,
    "/labels": Action.PRINT_LABELS,
    "/labels/bind": Action.SCAN_STOCK,
    "/labels/print": Action.PRINT_LABELS,
    "/locations/LVIV-1/label": Action.PRINT_LABELS,
    "/locations/SITE-0001/open": Action.OPEN_SITE,
    "/locations/LVIV-1/premises": Action.EDIT_PLEDGES,
    "/people/5/passkeys/1/remove": Action.MANAGE_PEOPLE,
    "/pledges/PL-2022-11/statements": Action.RELEASE,
    "/pledges/PL-2022-11/disclosure": Action.RELEASE,
    "/initiatives": Action.EDIT_PLEDGES,
    "/pledges/PL-2022-11/initiative": Action.EDIT_PLEDGES,
}


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_opens_for_the_roles_that_have_its_action(
    look: Look, still_world: World, name: str, path: str
) -> None:
    allowed = scope(NAMES[name], PAGES[path]) is not None
    answer = look(name, path.format(code=still_world.codes[0]))
    opens = (404,) if (name, path) in OUT_OF_REACH else (200, 303)
    assert answer.status_code in (opens if allowed else (403,))


OUT_OF_REACH = {("bob", "/items/{code}"), ("bob", "/discrepancies/1"),
                ("bob", "/locations/SITE-0001")}  # fmt: skip
"""What is of a site, and no warehouse's: to Bob it never was."""


@pytest.mark.parametrize("path", PAGES)
def test_who_is_not_signed_in_is_led_to_the_sign_in_page_and_back(look: Look, path: str) -> None:
    answer = look("", path)
    assert answer.status_code == 303
    assert answer.location.startswith("/login?next=/")


@pytest.mark.parametrize("path", FORMS)
def test_a_form_is_refused_to_the_roles_that_lack_its_action(world: World, path: str) -> None:
    for name, role in NAMES.items():
        allowed = scope(role, FORMS[path]) is not None
        answer = send(world.as_(name), path.format(code=world.codes[0]))
        refused = "Your role does not allow this" in answer.text
        assert refused is not allowed, (name, answer.text)


def test_a_form_needs_a_sign_in(still_world: World) -> None:
    for path in FORMS:
        answer = still_world.client().post(path.format(code=still_world.codes[0]))
        assert answer.status_code == 401, path


def test_every_route_declares_an_action_or_says_why_it_needs_none(still_world: World) -> None:
    assert [*_undeclared(still_world)] == []


def test_a_route_that_declares_nothing_is_named_and_shut(world: World) -> None:
    world.app._got_first_request = False
    world.app.add_url_rule("/forgotten", "forgotten", lambda: "everything")
    assert [*_undeclared(world)] == ["forgotten"]
    assert world.as_("admin").get("/forgotten").status_code == 403


def test_a_route_that_names_an_action_is_not_undeclared(world: World) -> None:
    world.app._got_first_request = False
    route = needs(Action.READ_LEDGER)(lambda: "the ledger")
    world.app.add_url_rule("/remembered", "remembered", route)
    assert [*_undeclared(world)] == []


def _undeclared(world: World) -> Iterator[str]:
    for rule in world.app.url_map.iter_rules():
        view = world.app.view_functions[rule.endpoint]
        view = getattr(view, "view_class", view)
        declared = getattr(view, "kittrail_action", None) or getattr(view, "kittrail_open", None)
        is_known = rule.endpoint.endswith("static") or rule.endpoint.startswith("security.")
        if not declared and not is_known:
            yield rule.endpoint


def test_a_donor_reads_their_own_pledge_and_no_other(look: Look) -> None:
    own = look("diana", "/pledges").location
    assert "PL-2022-11" in look("diana", own).text
    assert "EE-2023-01" not in look("diana", own).text
    other = look("diana", "/pledges/EE-2023-01").location
    assert look("diana", other).status_code == 404
    assert look("alice", "/pledges/EE-2023-01").status_code == 200


def test_a_donor_is_led_to_pages_that_do_not_tell_where_units_stand_today(look: Look) -> None:
    assert look("diana", "/").location == "/d/pledges"
    assert look("diana", "/pledges/PL-2022-11").location == "/d/pledges/PL-2022-11"
    for live in ("CMR-77", "ZM-1"):
        assert live in look("alice", "/pledges/PL-2022-11").text
        assert live not in look("diana", "/d/pledges/PL-2022-11").text


def test_a_field_team_knows_the_locations_assigned_to_it_and_no_other(look: Look) -> None:
    page = look("charlie", "/locations").text
    assert "SITE-0001" in page
    assert "SITE-0002" not in page
    assert look("charlie", "/locations/SITE-0002").status_code == 404
    assert look("bob", "/locations/SITE-0002").status_code == 404
    assert look("alice", "/locations/SITE-0002").status_code == 200


def test_a_field_team_knows_the_units_of_its_places_and_no_other(
    look: Look, still_world: World
) -> None:
    assert "KITEX0000000" in look("charlie", f"/items/{still_world.codes[0]}").text
    assert look("charlie", f"/items/{still_world.codes[5]}").status_code == 404


def test_identifiers_are_masked_for_who_may_not_read_them(look: Look, still_world: World) -> None:
    page = look("erin", f"/items/{still_world.codes[5]}").text
    assert "KITEX0000005" not in page
    assert "EXSN000005" not in page
    assert "…" in page


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_identifiers_are_whole_for_who_works_with_the_unit(
    look: Look, still_world: World, name: str
) -> None:
    assert "KITEX0000005" in look(name, f"/items/{still_world.codes[5]}").text


def test_the_entries_shown_are_those_that_open(look: Look, still_world: World) -> None:
    with still_world.app.test_request_context():
        paths = [url_for(entry.endpoint) for entry in ENTRIES]
    for name in NAMES:
        page = look(name, "/password").text
        for path in paths:
            is_shown = f'<li><a href="{path}"' in page or f'<a class="scan" href="{path}"' in page
            assert is_shown is (look(name, path).status_code != 403), (name, path)


def test_what_is_not_there_is_not_found(look: Look) -> None:
    for path in ("/pledges/NO-1", "/items/00000000000", "/discrepancies/999999", "/locations/NO-1"):
        assert look("alice", path).status_code == 404, path
