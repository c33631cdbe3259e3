"""Guesses of passwords from everywhere, beside people who have one: is anybody shut out?

An hour, told on a clock of the test's own: strangers at many addresses guess at the accounts of
people who sign in meanwhile, all of them behind one address and some after a mistake. It passes
through the form, behind a proxy that says who asks. `./run torture --long` runs it in full.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import time_machine
from flask.testing import FlaskClient
from flask_security import hash_password

from tests.conftest import _migrate
from tests.web.conftest import PASSWORD, World, make_world
from tracker.db import transaction
from tracker.models import Account, RoleRow

BEGAN = datetime(2026, 5, 4, 7, tzinfo=UTC)
OFFICE = "198.51.100.7"
WRONG = "a guess of twelve letters"


@dataclass
class Hour:
    """What came of it."""

    guesses: Counter[int] = field(default_factory=Counter)  # by status
    refused: list[str] = field(default_factory=list)  # people who were not let in
    people: int = 0

    def told(self) -> str:
        """In one line."""
        return (
            f"{self.guesses.total()} guesses, {self.guesses[429]} of them slowed down; "
            f"{len(self.refused)} of {self.people} people refused"
        )


def employ(world: World, many: int) -> list[str]:
    """Accounts with the password of the tests; their addresses."""
    emails = [f"person-{number}@example.org" for number in range(many)]
    with world.app.app_context():
        hashed = hash_password(PASSWORD)
        with transaction() as session:
            role = session.query(RoleRow).filter_by(name="field").one()
            for email in emails:
                session.add(Account(email=email, password=hashed, fs_uniquifier=email,
                                    active=True, roles=[role]))  # fmt: skip
    return emails


def attempt(client: FlaskClient, address: str, email: str, password: str) -> int:
    """The status of an attempt to sign in from `address`, as the proxy tells it; 302 is in."""
    return posted(client, address, email, password, token_for(client, address))


def token_for(client: FlaskClient, address: str) -> str:
    """The token of the form, which is good for as long as the session that was begun with it."""
    page = client.get("/login", headers={"X-Forwarded-For": address}).text
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found
    return found.group(1)


def posted(client: FlaskClient, address: str, email: str, password: str, token: str) -> int:
    """The status of the form, sent."""
    form = {"email": email, "password": password, "csrf_token": token}
    return client.post("/login", data=form, headers={"X-Forwarded-For": address}).status_code


def hour(world: World, *, guesses: int, addresses: int, people: int, seed: int) -> Hour:
    """One hour of `guesses` from `addresses` strangers at all of the `people`."""
    luck, told = random.Random(seed), Hour(people=people)
    emails = employ(world, people)
    strangers = []
    for number in range(addresses):
        client, address = world.client(), f"203.0.{113 + number // 250}.{number % 250 + 1}"
        strangers.append((client, address, token_for(client, address)))
    work: list[tuple[float, str]] = [(luck.random(), "") for _ in range(guesses)]
    work += [(luck.uniform(0.5, 1), email) for email in emails]  # when there were guesses enough
    with time_machine.travel(BEGAN, tick=False) as clock:
        for at, email in sorted(work):
            clock.move_to(BEGAN + timedelta(hours=at))
            if not email:
                stranger = luck.choice(strangers)
                status = posted(*stranger[:2], luck.choice(emails), WRONG, stranger[2])
                told.guesses[status] += 1
                continue
            here = world.client()
            for _ in range(luck.choice((0, 0, 1, 2))):
                attempt(here, OFFICE, email, "one letter is wrong")
            if attempt(here, OFFICE, email, PASSWORD) != 302:
                told.refused.append(email)
    return told


def main(_arguments: list[str]) -> int:
    """Ten thousand guesses from five hundred addresses beside forty people: the exit status."""
    with TemporaryDirectory(prefix="kittrail-") as name:
        folder, seed = Path(name), random.randrange(10**6)
        _migrate(folder)
        world = make_world(folder, RATE_LIMITS=True, TRUSTED_PROXIES=1)
        told = hour(world, guesses=10_000, addresses=500, people=40, seed=seed)
    print(f"seed {seed}: {told.told()}")
    return int(bool(told.refused or told.guesses[302]))
