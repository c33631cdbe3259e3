"""Importing, on both databases: whole or not at all, twice the same as once, changes told."""

from __future__ import annotations

import json
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from tests.services.examples import (
    ALICE,
    FILES,
    ITEMS,
    KEY,
    LOCATIONS,
    NOW,
    PARTIES,
    PLEDGES,
    PRODUCTS,
    count,
    everything,
    faults,
    put,
)
from tracker.db import db, transaction
from tracker.domain.permissions import Actor, Role
from tracker.errors import InvalidValue, NotAllowed, NotFound
from tracker.models import (
    Location,
    Party,
    Pledge,
    PledgeLine,
    Product,
    Revision,
    SealedSite,
)  # fmt: skip
from tracker.services.imports.pledges import revise
from tracker.services.sites import unseal


@pytest.fixture(autouse=True)
def catalogue(app: Flask) -> None:
    for noun in ("parties", "products", "pledges"):
        put(noun)


@pytest.mark.parametrize("noun", FILES)
def test_importing_a_file_again_changes_nothing(noun: str) -> None:
    put(noun)
    before = everything()
    again = put(noun)
    assert (again.added, again.changed) == (0, [])
    assert again.unchanged == FILES[noun].count("\n") - 1
    assert everything() == before


FRESH = {
    "parties": PARTIES + "EE,Estonia,member_state,EE\n",
    "products": PRODUCTS + "NODE,Node,Вузол,network,serial\n",
    "pledges": PLEDGES.replace("TERM,3", "TERM,4") + "EX-3,DE,2026-03-10,KEY,1,,,\n",
    "locations": LOCATIONS,
    "items": ITEMS,
}


@pytest.mark.parametrize("noun", FRESH)
def test_a_dry_run_says_what_would_happen_and_keeps_nothing(noun: str) -> None:
    before = everything()
    would = put(noun, FRESH[noun], dry_run=True)
    assert everything() == before
    did = put(noun, FRESH[noun])
    assert everything() != before
    assert (would.added, would.changed, would.unchanged) == (did.added, did.changed, did.unchanged)


def test_only_who_may_edit_pledges_imports() -> None:
    for role in set(Role) - {Role.COORDINATOR}:
        with pytest.raises(NotAllowed):
            put("parties", by=Actor("account:2", role))


def test_a_changed_row_is_an_update_that_says_what_changed() -> None:
    told = put("parties", PARTIES.replace("Germany", "Federal Republic of Germany"))
    assert [str(change) for change in told.changed] == [
        "line 3: DE: name Germany → Federal Republic of Germany"
    ]
    assert (told.added, told.unchanged) == (0, 1)
    assert db.session.get(Party, "DE").name == "Federal Republic of Germany"  # type: ignore[union-attr]


def test_a_column_that_the_file_lacks_stays_as_it_is() -> None:
    told = put("parties", "party,name,kind\nPL,Poland,member_state\n")
    assert (told.unchanged, db.session.get(Party, "PL").country) == (1, "PL")  # type: ignore[union-attr]


def test_one_bad_row_keeps_the_whole_file_out() -> None:
    before = everything()
    found = faults("parties", PARTIES.replace("Poland", "Polska") + "EE,Estonia,friend,EE\n")
    assert found[0].startswith("parties.csv:4: kind: “friend” is none of")
    assert everything() == before


def test_a_party_named_twice_is_refused_with_both_lines() -> None:
    assert faults("parties", PARTIES + "PL,Poland,observer,PL\n") == [
        "parties.csv:4: party: PL is on line 2 already"
    ]


def test_a_pledge_of_an_unknown_donor_or_product_is_refused() -> None:
    text = PLEDGES.replace("DE,2026", "XX,2026").replace("KEY,10", "NONE,10")
    assert faults("pledges", text) == [
        "pledges.csv:3: product: there is no product NONE; import it first",
        "pledges.csv:4: donor: there is no party XX; import it first",
    ]


def test_rows_of_one_pledge_must_agree() -> None:
    text = PLEDGES.replace("EX-1,PL,2026-01-10,KEY", "EX-1,DE,2026-01-11,KEY")
    assert faults("pledges", text) == [
        "pledges.csv:3: donor: line 2 says another donor of EX-1",
        "pledges.csv:3: pledged_on: line 2 says another pledged_on of EX-1",
    ]


def test_another_quantity_is_a_revision_with_its_history() -> None:
    told = put("pledges", PLEDGES.replace("TERM,3", "TERM,4"))
    assert [str(change) for change in told.changed] == ["line 2: EX-1 TERM: quantity 3 → 4"]
    row = db.session.scalars(select(Revision)).one()
    assert (row.quantity_before, row.quantity_after) == (3, 4)
    assert (row.revised_by, row.revised_at, row.reason) == (
        "account:1", NOW, "Import of pledges.csv",
    )  # fmt: skip


def test_a_pledge_is_revised_by_hand_with_a_reason() -> None:
    revise("EX-1", "TERM", 7, reason="The donor said so", by=ALICE, now=NOW)
    revise("EX-1", "TERM", 6, reason="One fewer came", by=ALICE, now=NOW)
    history = db.session.execute(select(Revision.quantity_before, Revision.quantity_after))
    assert [tuple(row) for row in history] == [(3, 7), (7, 6)]
    line = select(PledgeLine.quantity).where(PledgeLine.pledge == "EX-1")
    assert set(db.session.scalars(line)) == {6, 10}


@pytest.mark.parametrize(
    ("pledge", "quantity", "reason", "refusal"),
    [
        ("EX-1", 3, "The same", InvalidValue),
        ("EX-1", -1, "Too few", InvalidValue),
        ("EX-1", 5, " ", InvalidValue),
        ("EX-9", 5, "No such pledge", NotFound),
    ],
)
def test_a_revision_that_says_nothing_is_refused(
    pledge: str, quantity: int, reason: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        revise(pledge, "TERM", quantity, reason=reason, by=ALICE, now=NOW)
    assert count(Revision) == 0


def test_a_site_is_stored_sealed_and_its_oblast_in_the_clear() -> None:
    put("locations")
    site, hub = db.session.get(Location, "SITE-1"), db.session.get(Location, "LVIV-1")
    assert site is not None
    assert hub is not None
    assert (site.oblast, site.sector, site.name_en, site.name_uk) == (
        "UA63",
        "education",
        None,
        None,
    )
    assert (hub.oblast, hub.name_en, hub.commitment) == ("UA46", "Lviv warehouse", None)
    with transaction() as session:
        assert unseal(session, "SITE-1", KEY)["name_uk"] == "Ліцей прикладів"


def test_a_changed_fact_of_a_site_is_sealed_again_and_not_told() -> None:
    put("locations")
    before = db.session.scalar(select(Location.commitment).where(Location.ref == "SITE-1"))
    told = put("locations", LOCATIONS.replace("Прикладна, 84", "Нова, 1"))
    assert [str(change) for change in told.changed] == ["line 3: SITE-1: address (sealed)"]
    assert db.session.get(Location, "SITE-1").commitment != before  # type: ignore[union-attr]
    with transaction() as session:
        assert unseal(session, "SITE-1", KEY)["address"] == "вул. Нова, 1"


def test_the_address_of_a_warehouse_is_sealed_too() -> None:
    put(
        "locations",
        LOCATIONS.replace("UA46000000000026241,,", "UA46000000000026241,вул. Складська,"),
    )
    with transaction() as session:
        assert unseal(session, "LVIV-1", KEY) == {"address": "вул. Складська"}


def test_a_site_stays_a_site() -> None:
    put("locations")
    text = LOCATIONS.replace("site,education", "hub,")
    assert faults("locations", text)[0].startswith("locations.csv:3: kind: SITE-1 is a site")


def test_without_the_key_sites_are_refused_and_other_places_come_in(app: Flask) -> None:
    app.config["KEYS"] = {}
    (fault,) = faults("locations", LOCATIONS)
    assert fault.startswith("locations.csv:3: location: This server has no key for sites.")
    assert (count(Location), count(SealedSite)) == (0, 0)
    assert put("locations", "\n".join(LOCATIONS.splitlines()[:2])).added == 1


def test_a_report_can_be_written_as_json() -> None:
    from dataclasses import asdict

    told = put("pledges", PLEDGES.replace("499.00", "500.00"))
    written = json.loads(json.dumps(asdict(told), default=str))
    assert written["changed"][0]["old"] == "499.00"


def test_days_and_amounts_are_stored_as_such() -> None:
    row = db.session.get(Pledge, "EX-1")
    assert row is not None
    assert row.pledged_on == date(2026, 1, 10)
    assert [str(line.unit_value) for line in row.lines] == ["499.00", "None"]
    assert db.session.get(Product, "KEY").identifiers == ""  # type: ignore[union-attr]
