"""A phone without a network that asks before it keeps a scan, and what is said of it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.field.conftest import invite
from tests.field.phones import BrowserPhone, WindowPhone, held
from tests.web.browsing import serving
from tests.web.conftest import World
from tracker.db import db, transaction
from tracker.domain.permissions import Role
from tracker.models import Consignment, Discrepancy, Event, HandlingUnit, Item, Location
from tracker.services import packing

Take = Callable[..., BrowserPhone]


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """One database is enough here: what the phone sends is tried on both elsewhere."""
    shutil.copy(sqlite_template, tmp_path / "tracker.sqlite")
    return f"sqlite:///{tmp_path / 'tracker.sqlite'}"


@pytest.fixture
def take(world: World, chromium: Browser) -> Iterator[Take]:
    """`take("SITE-0001")`: an enrolled phone without a network, which nobody has told anything."""
    with ExitStack() as stack:
        address = stack.enter_context(serving(world.app))

        def make(*places: str, role: Role = Role.WAREHOUSE) -> BrowserPhone:
            phone = stack.enter_context(held(WindowPhone(chromium, address)))
            phone.enrol(invite(world, *places, role=role))
            phone.context.set_offline(True)
            return phone

        yield make


@pytest.fixture
def more_places(world: World) -> None:
    """Another warehouse in Lviv, and another gate of the first."""
    with world.app.app_context(), transaction() as session:
        for ref, premises in (("LVIV-2", None), ("LVIV-1B", "LVIV-1")):
            names = {"name_en": "Warehouse", "name_uk": "Склад"}
            session.add(
                Location(ref=ref, kind="warehouse", oblast="UA46", premises=premises, **names)
            )


def packed(world: World, name: str, units: slice, *, received: bool = True) -> str:
    """The code of a box with these units: on its way to LVIV-1, or received there unopened."""
    now = datetime.now(UTC)
    with world.app.app_context():
        [box] = packing.make_units(1, "box", by=world.actor("alice"), now=now - timedelta(days=20))
        with transaction() as session:
            session.get_one(HandlingUnit, box).name = name
            session.get_one(Consignment, "ZM-1").destination = "LVIV-1"
    for code in world.codes[units]:
        world.scan(code, "packing", "alice", 6, handling_unit=box, location="LVIV-1")
    world.scan(box, "shipping", "alice", 5, consignment="ZM-1", location="LVIV-1")
    if received:
        world.scan(box, "receiving", "alice", 4, location="LVIV-1")
    return box


def bodies(world: World, *, by: str = "device:2") -> list[dict[str, Any]]:
    """What the ledger holds of the phone's scans, in their order."""
    with world.app.app_context():
        rows = db.session.query(Event).filter(Event.by == by).order_by(Event.position)
        told = [json.loads(row.body) for row in rows]
        scans = [one for one in told if "device_seq" in one and "via" not in one]
        return sorted(scans, key=lambda one: one["device_seq"])


def cases(world: World) -> set[tuple[str, str]]:
    """(kind, code) of the open discrepancies that the phone's scans caused."""
    with world.app.app_context():
        rows = (
            db.session.query(Discrepancy.kind, Item.code)
            .join(Event, Event.id == Discrepancy.event)
            .join(Item, Item.id == Discrepancy.item)
            .filter(Event.by == "device:2", Discrepancy.state == "open")
        )
        return {(row.kind, row.code) for row in rows}


def sent(phone: BrowserPhone) -> None:
    phone.context.set_offline(False)
    assert phone.send() == ""


def steps(phone: BrowserPhone) -> list[tuple[str, str | None]]:
    """(step, place) of what stands on the phone, in its order."""
    rows = sorted(phone.rows(), key=lambda row: row["seq"])
    return [(row["scan"]["step"], row["scan"].get("location")) for row in rows]


def tap(phone: BrowserPhone, name: str) -> None:
    phone.page.get_by_role("button", name=name, exact=True).click()


def is_asked(phone: BrowserPhone, sentence: str) -> None:
    """One sentence, and at most two buttons."""
    panel = phone.page.locator("#answer")
    expect(panel).to_have_class(re.compile("answer-ask"))
    expect(panel.locator(".answer-title")).to_have_text(sentence)
    assert panel.locator("button").count() <= 2


def is_kept(phone: BrowserPhone, many: int) -> None:
    expect(phone.page.locator("#answer")).to_have_class(re.compile("answer-kept"))
    assert len(phone.rows()) == many


def scanning(phone: BrowserPhone, step: str) -> None:
    phone.show("#/scan")
    phone.page.locator("select").first.select_option(step)
