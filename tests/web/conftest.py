"""A small world for pages: every role, one pledge with a story, one of another donor."""

from __future__ import annotations

import functools
import html.parser
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password
from sqlalchemy import insert
from werkzeug.test import TestResponse

from labels.codes import new_codes
from tests.conftest import migrated_app
from tracker.db import db, transaction
from tracker.domain.identifiers import search_key
from tracker.domain.permissions import SYSTEM, Actor, Role
from tracker.domain.scans import Mode, Scan
from tracker.ledger.announcing import NewItem, announce
from tracker.ledger.checkpoints import notary, sequence, sign_checkpoint
from tracker.ledger.record import record
from tracker.models import (
    Account,
    Assignment,
    Consignment,
    Device,
    Identifier,
    Label,
    Location,
    Party,
    Pledge,
    PledgeLine,
    Product,
    RoleRow,
)
from tracker.services.sites import seal_site

PASSWORD = "three quiet rivers"
NAMES = {
    "admin": Role.ADMIN,
    "alice": Role.COORDINATOR,
    "bob": Role.WAREHOUSE,
    "charlie": Role.FIELD,
    "diana": Role.DONOR,
    "erin": Role.AUDITOR,
    "frank": Role.COORDINATOR,  # a second person, of other oblasts
}
UNITS = 12
ADDRESS = "вулиця Вигадана, 7"


@dataclass(frozen=True)
class World:
    """The application, and the codes of its units in the order of their numbers.

    Unit 0 is deployed; 1 skipped steps (a gap); 2 has a scan that does not fit; 3 carries a
    label that was scanned without a second identifier; the others stand in LVIV-1.
    """

    app: Flask
    codes: list[str]

    def actor(self, name: str) -> Actor:
        number = list(NAMES).index(name) + 1
        locations = {"bob": frozenset({"LVIV-1"}), "charlie": frozenset({"SITE-0001"})}
        return Actor(f"account:{number}", NAMES[name], locations.get(name, frozenset()))

    def scan(self, code: str, step: str, by: str, ago: int = 0, **said: Any) -> Any:
        """One scan, `ago` days old; its outcome."""
        with self.app.app_context():
            now = datetime.now(UTC)
            one = Scan(str(uuid4()), code, step, now - timedelta(days=ago), **said)
            actor = self.actor(by)
            [outcome] = record([one], sent_at=now, mode=Mode.QUEUED, by=actor, now=now)
            return outcome

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def as_(self, name: str, locale: str = "en") -> FlaskClient:
        """A browser in which this person has signed in."""
        client = self.client()
        client.post("/language", data={"locale": locale})
        answer = sign_in(client, name)
        assert answer.status_code == 302, answer.text
        return client


def sign_in(client: FlaskClient, name: str, password: str = PASSWORD, **more: Any) -> TestResponse:
    form = {"email": f"{name}@example.org", "password": password, **more}
    return send(client, "/login", form)


def send(client: FlaskClient, path: str, form: dict[str, Any] | None = None) -> TestResponse:
    """Send a form as a browser does: with the token of a page that it has seen."""
    page = client.get("/login" if path == "/login" else "/password")
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert found, page.text
    return client.post(path, data={"csrf_token": found.group(1), **(form or {})})


class Words(html.parser.HTMLParser):
    """What a person sees or hears of a page, without what is marked as of another language."""

    SPOKEN = ("aria-label", "placeholder", "title", "alt", "data-label")
    VOID = frozenset({"input", "meta", "link", "br", "hr", "path", "circle", "rect", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._foreign: list[bool] = []
        self._own: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self._own = self._own or said.get("lang")
        foreign = said.get("lang", self._own) != self._own
        foreign = foreign or tag in ("script", "style", "code")
        if not any([*self._foreign, foreign]):
            self.words.extend(said[name] or "" for name in self.SPOKEN if name in said)
        if tag not in self.VOID:
            self._foreign.append(foreign)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            self._foreign.pop()

    def handle_data(self, data: str) -> None:
        if not any(self._foreign):
            self.words.append(data)


def spoken(page: str) -> str:
    """The words of a page, in one line."""
    reader = Words()
    reader.feed(page)
    return " ".join(" ".join(reader.words).split())


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A world of its own for a test that changes it, on each database."""
    yield from _for_a_while(make_world(tmp_path, database_url))


@pytest.fixture
def settled(sqlite_template: Path, tmp_path: Path) -> Iterator[Callable[..., World]]:
    """`settled(RATE_LIMITS=True)`: a world of its own with these settings."""
    made: list[World] = []

    def make(**settings: Any) -> World:
        shutil.copy(sqlite_template, tmp_path / "tracker.sqlite")
        made.append(make_world(tmp_path, **settings))
        return made[-1]

    yield make
    for one in made:
        _end(one)


@pytest.fixture(scope="session")
def still_world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world that no test changes."""
    home = tmp_path_factory.mktemp("still")
    shutil.copy(sqlite_template, home / "tracker.sqlite")
    yield from _for_a_while(make_world(home))


@pytest.fixture(scope="session")
def full_world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world with something on every page; tests add to it and take nothing away."""
    from tests.web.full_world import fill

    home = tmp_path_factory.mktemp("full")
    shutil.copy(sqlite_template, home / "tracker.sqlite")
    world = make_world(home)
    fill(world)
    yield from _for_a_while(world)


@pytest.fixture(scope="session")
def walked(full_world: World) -> Callable[[str], tuple[list[Any], set[str]]]:
    """`walked("uk")`: `every_page.every_page` of the full world, walked once."""
    from tests.web.every_page import every_page

    return functools.cache(lambda locale: every_page(full_world, locale))


def _for_a_while(world: World) -> Iterator[World]:
    yield world
    _end(world)


def _end(world: World) -> None:
    with world.app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def look(still_world: World) -> Callable[[str, str, str], TestResponse]:
    """`look("alice", "/items", "uk")`: a page as this person sees it; nobody by ""."""
    browsers: dict[tuple[str, str], FlaskClient] = {}

    def get(name: str, path: str, locale: str = "en") -> TestResponse:
        if (name, locale) not in browsers:
            browsers[name, locale] = still_world.as_(name, locale) if name else still_world.client()
        return browsers[name, locale].get(path)

    return get


def make_world(home: Path, database_url: str = "", **settings: Any) -> World:
    """The world on an empty, migrated database."""
    cheap = {"argon2__time_cost": 1, "argon2__memory_cost": 64, "argon2__parallelism": 1}
    given = {"SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": cheap, **settings}
    app = migrated_app(home, database_url, **given)
    with app.app_context():
        _things()
        _people()
        codes = _units()
    made = World(app, codes)
    _tell(made)
    with app.app_context():
        sequence()
        sign_checkpoint(notary(), now=datetime.now(UTC))
    return made


def _things() -> None:
    with transaction() as session:
        session.execute(
            insert(Party),
            [
                {"ref": "PL", "name": "Poland", "kind": "member_state", "country": "PL"},
                {"ref": "EE", "name": "Estonia", "kind": "member_state", "country": "EE"},
                {"ref": "HOSP", "name": "HOSP", "kind": "recipient", "country": "UA"},
            ],
        )
        session.add(
            Product(
                ref="STARLINK-STD",
                name_en="Starlink Standard kit",
                name_uk="Комплект Starlink Standard",
                kind="satellite_terminal",
                identifiers="serial kit",
            )
        )
        for ref, kind, oblast in (
            ("LVIV-1", "warehouse", "UA46"),
            ("KRAK-B", "border", "UA46"),
            ("SITE-0001", "site", "UA63"),
            ("SITE-0002", "site", "UA46"),
        ):
            named = {} if kind == "site" else {"name_en": "Warehouse", "name_uk": "Склад"}
            sector = "health" if kind == "site" else None
            session.add(Location(ref=ref, kind=kind, oblast=oblast, sector=sector, **named))
        session.flush()
        for ref, donor in (("PL-2022-11", "PL"), ("EE-2023-01", "EE")):
            session.add(Pledge(ref=ref, donor=donor, pledged_on=date(2022, 11, 10)))
            session.flush()
            session.add(PledgeLine(pledge=ref, product="STARLINK-STD", quantity=1570))
        session.add(
            Consignment(ref="ZM-1", pledge="PL-2022-11", waybill="CMR-77", made_at=_days_ago(40))
        )
        session.flush()
        for ref in ("SITE-0001", "SITE-0002"):
            facts = {"address": ADDRESS, "name_uk": "Вигадана лікарня"}
            seal_site(session, ref, facts, key=config_key())


def config_key() -> str:
    from flask import current_app

    return str(current_app.config["KEYS"]["sites"])


def _people() -> None:
    with transaction() as session:
        for role in Role:
            session.add(RoleRow(name=role.value))
        session.flush()
        rows = {row.name: row for row in session.query(RoleRow)}
        hashed = hash_password(PASSWORD)
        reach = {"alice": "UA63 UA59", "frank": "UA46"}
        for name, role in NAMES.items():
            session.add(
                Account(
                    email=f"{name}@example.org",
                    password=hashed,
                    name=name.capitalize(),
                    active=True,
                    fs_uniquifier=uuid4().hex,
                    oblasts=reach.get(name, ""),
                    party="PL" if role is Role.DONOR else None,
                    roles=[rows[role.value]],
                )
            )
            session.flush()
        session.add(Assignment(actor="account:3", location="LVIV-1"))
        session.add(Assignment(actor="account:4", location="SITE-0001"))
        session.add(
            Device(
                name="Scanner-2",
                role="warehouse",
                token_hash="0" * 64,
                enrolled_at=_days_ago(50),
                enrolled_by="account:1",
            )
        )


def _units() -> list[str]:
    codes = list(new_codes(UNITS))
    now = _days_ago(40)
    with transaction() as session:
        [line] = session.query(PledgeLine).filter_by(pledge="PL-2022-11")
        new = [
            NewItem(
                code=code,
                pledge="PL-2022-11",
                pledge_line=line.id,
                product="STARLINK-STD",
                search_text=search_key(f"{code} EXSN{number:06} KITEX{number:07}"),
            )
            for number, code in enumerate(codes)
        ]
        for number, item in enumerate(announce(session, new, by=SYSTEM, now=now)):
            session.add(Label(code=codes[number], state="bound", item=item, bound_at=now))
            for scheme, value in (("serial", f"EXSN{number:06}"), ("kit", f"KITEX{number:07}")):
                session.add(Identifier(item=item, scheme=scheme, value=value, read_at=now))
    return codes


def _tell(world: World) -> None:
    for code in world.codes[:1] + world.codes[2:]:
        world.scan(code, "receiving", "bob", 30, location="LVIV-1")
    kit = {"second_identifier": "KITEX0000000"}
    handed = {"receiver": "HOSP", "act": "A-17", "bound_for": "SITE-0001"}
    world.scan(world.codes[0], "accepting", "alice", 20, **handed, **kit)
    world.scan(world.codes[0], "deploying", "charlie", 10, location="SITE-0001", **kit)
    second = {"second_identifier": "KITEX0000001"}
    world.scan(world.codes[1], "deploying", "frank", 9, location="SITE-0001", **second)
    world.scan(world.codes[2], "repaired", "bob", 8)
    world.scan(world.codes[3], "accepting", "frank", 7, receiver="HOSP", act="A-18")


def _days_ago(days: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)
