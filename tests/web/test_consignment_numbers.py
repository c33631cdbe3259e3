"""A consignment's numbers, on its page and in both lists, beside the ledger in every state."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert

from labels.codes import new_codes
from tests.web.conftest import World, send, spoken
from tracker import clock
from tracker.db import transaction
from tracker.domain.permissions import SYSTEM
from tracker.domain.scans import Result
from tracker.ledger.announcing import NewItem, announce
from tracker.models import Label, Location, PledgeLine

PLEDGE = "PL-2022-11"


@pytest.fixture
def alice(world: World) -> FlaskClient:
    with world.app.app_context(), transaction() as session:
        session.add(Location(ref="WAW-1", kind="warehouse", name_en="Warsaw", name_uk="Варшава"))
    return world.as_("alice")


def planned(world: World, alice: FlaskClient, many: int = 3) -> tuple[str, list[str]]:
    """A consignment from Warsaw to Lviv that a manifest names, and the codes of its units."""
    said = {"origin": "WAW-1", "destination": "LVIV-1", "pledge": PLEDGE}
    ref = send(alice, "/consignments", said).location.rpartition("/")[2]
    codes = list(new_codes(many))
    with world.app.app_context(), transaction() as session:
        [line] = session.query(PledgeLine).filter_by(pledge=PLEDGE)
        new = [NewItem(code, PLEDGE, line.id, line.product, code.lower(), consignment=ref)
               for code in codes]  # fmt: skip
        numbers = announce(session, new, by=SYSTEM, now=clock.now())
        bound = [{"code": c, "state": "bound", "item": n}
                 for c, n in zip(codes, numbers, strict=True)]  # fmt: skip
        session.execute(insert(Label), bound)
    return ref, codes


def scan(world: World, codes: list[str], step: str, **said: Any) -> None:
    for code in codes:
        assert world.scan(code, step, "alice", **said).result is Result.RECORDED


def tell(alice: FlaskClient, ref: str, kind: str, **said: str) -> None:
    assert send(alice, f"/consignments/{ref}/passages", {"kind": kind, **said}).status_code == 303


def shown(alice: FlaskClient, ref: str) -> tuple[int, int, int]:
    """(expected, received, not received yet); the lists must say the same."""
    page = spoken(alice.get(f"/consignments/{ref}").text)
    four = r"(\d+) expected (\d+) seen singly (\d+) with their box, unopened (\d+) not seen (\d+)"
    if found := re.search(four + " other", page):
        expected, singly, boxed, unseen, other = map(int, found.groups())
        received, missing = singly + boxed, unseen + other
    else:
        found = re.search(r"(\d+) expected (\d+) received (\d+) not received yet", page)
        assert found, page
        expected, received, missing = map(int, found.groups())
    for path in ("/consignments", f"/pledges/{PLEDGE}"):
        row = alice.get(path).text.partition(f">{ref}</a>")[2].partition("</tr>")[0]
        assert re.findall(r'"Not received yet"[^>]*>(\d+)<', row) == [str(missing)], path
    return expected, received, missing


def test_nothing_is_received_before_it_has_come(world: World, alice: FlaskClient) -> None:
    ref, codes = planned(world, alice)
    assert shown(alice, ref) == (3, 0, 3)
    scan(world, codes, "receiving", location="WAW-1")
    assert shown(alice, ref) == (3, 0, 3), "it stands where the journey begins"
    scan(world, codes, "shipping", consignment=ref)
    tell(alice, ref, "dispatched")
    assert shown(alice, ref) == (3, 0, 3)
    tell(alice, ref, "border", location="KRAK-B")
    tell(alice, ref, "release", location="KRAK-B")
    assert shown(alice, ref) == (3, 0, 3)
    tell(alice, ref, "arrived", location="LVIV-1")
    assert shown(alice, ref) == (3, 0, 3)
    scan(world, codes[:1], "receiving", location="LVIV-1", consignment=ref)
    assert shown(alice, ref) == (3, 1, 2)


def test_what_comes_without_our_having_seen_it_leave_is_received(
    world: World, alice: FlaskClient
) -> None:
    ref, codes = planned(world, alice)
    scan(world, codes[:2], "receiving", location="LVIV-1")
    assert shown(alice, ref) == (3, 2, 1)
