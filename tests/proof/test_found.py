"""A ledger of a version that knew no statements: its official rows are stated once, as found."""

from __future__ import annotations

import json

from tests.house import statements
from tests.proof.small_ledger import START, Ledger
from tracker.db import transaction
from tracker.ledger.found import state_found
from tracker.models import Party

OFFICIAL = {"party:EX", "product:EXTERM", "location:WH-1", "pledge:PL-EX", "pledge_line:1"}
PAST = "INSERT INTO party (ref, name, kind) VALUES ('EX-9', 'Nine', 'observer')"


def told(ledger: Ledger) -> dict[str, list[dict[str, object]]]:
    """Every statement by its story."""
    stories: dict[str, list[dict[str, object]]] = {}
    query = "SELECT subject, body FROM event WHERE step = 'stating' ORDER BY position"
    for row in ledger.rows(query):
        stories.setdefault(row.subject, []).append(json.loads(row.body))
    return stories


def test_each_is_stated_once_and_the_ledger_says_since_when(ledger: Ledger) -> None:
    assert ledger.verify().fits, "before that no row needs a statement"
    assert state_found(now=START) == len(OFFICIAL)
    assert state_found(now=START) == 0
    stories = told(ledger)
    assert stories.keys() == OFFICIAL | {"ledger:records"}
    assert {len(story) for story in stories.values()} == {1}
    assert all(story[0]["found"] for story in stories.values())
    ledger.sign()
    assert ledger.verify().problems == []


def test_from_then_on_no_row_stands_without_a_statement(ledger: Ledger) -> None:
    ledger.sql(PAST)
    assert ledger.verify().fits, "nobody can tell who added it"
    ledger.sql("DELETE FROM party WHERE ref = 'EX-9'")
    state_found(now=START)
    ledger.sql(PAST)
    assert [problem.subject for problem in ledger.verify().problems] == ["party:EX-9"]


def test_an_honest_change_states_only_what_it_has_set(ledger: Ledger) -> None:
    state_found(now=START)
    ledger.sql("UPDATE party SET country = 'EE' WHERE ref = 'EX'")
    with transaction() as session:
        session.get_one(Party, "EX").name = "Another name"
    newest = told(ledger)["party:EX"][-1]
    assert newest.get("record", {}) == {}
    assert set(newest["hidden"]) == {"name"}  # type: ignore[call-overload]
    [problem] = ledger.verify().problems
    assert problem.subject == "party:EX"
    assert "'country'" in problem.what, "what was done behind our back was not made honest"


def test_a_row_of_before_that_is_changed_meanwhile_is_found_whole(ledger: Ledger) -> None:
    with transaction() as session:
        session.get_one(Party, "EX").name = "Another name"
    statements.forget()  # a server of this version, before `tracker init`
    assert "party:EX" not in told(ledger)
    state_found(now=START)
    assert ledger.verify().problems == []


def test_no_name_and_no_address_stands_in_a_statement(ledger: Ledger) -> None:
    with transaction() as session:
        session.get_one(Party, "EX").address = "Some street 5"
    statements.forget()
    state_found(now=START)
    assert not any("Some street" in json.dumps(story) for story in told(ledger).values())
