"""Change only what is sealed, and every byte that a donor or a stranger can get stays the same.

Hypothesis tells the same story in two worlds with other secrets; then every route that is open to
anyone or that a donor may call is fetched in both. A new route joins by itself: the test walks the
URL map. What is left out is named, with its reason.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import time_machine
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.conftest import migrated_app
from tests.donors.worlds import Reader, Secrets, donor_account, tell
from tests.services.builders import COORDINATOR, NOW, lay_world
from tracker.db import db
from tracker.domain.permissions import Role, scope
from tracker.services import shares, snapshots

OBLASTS = ["UA46"] * 6 + ["UA63"] * 3 + ["UA59"] * 6
LATER = NOW + timedelta(days=50)

LEFT_OUT = {
    "api_checkpoints.show_checkpoint": "a root is the hash of everything, sealed by salts",
}

letters = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"))
words = st.text(letters, min_size=4, max_size=20)
Story = list[tuple[int, int]]
secrets = st.builds(
    Secrets,
    name=words,
    address=words,
    contact=words,
    hromada=st.sampled_from(["UA46020010000016247", "UA63140030000091352"]),
    person=st.text("abcdefgh", min_size=5, max_size=9),
    device=st.text("abcdefgh", min_size=6, max_size=9),
    kit=st.integers(1, 10_000),
    minutes=st.integers(0, 700),
    note=words,
    order=st.permutations(range(len(OBLASTS))).map(tuple),
)
stories = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, len(OBLASTS) - 1)), min_size=1, max_size=18
)


@contextmanager
def world(
    home: Path, template: Path, told: Secrets, story: list[tuple[int, int]]
) -> Iterator[Flask]:
    """An installation in which `story` happened with these secrets."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    shutil.copy(template, home / "tracker.sqlite")
    app = migrated_app(home, DONOR_DELAY_DAYS=0)
    with app.app_context():
        lay_world()
        tell(told, story, OBLASTS)
        donor_account(told)
        snapshots.take_snapshots(NOW.date().replace(day=1), now=NOW)
        yield app
        db.session.remove()
        db.engine.dispose()


def reachable(app: Flask) -> list[Rule]:
    """GET routes that are open to anyone or that a donor may call."""
    assert LEFT_OUT.keys() <= app.view_functions.keys()
    found = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        action = getattr(view, "kittrail_action", None)
        is_open = getattr(view, "kittrail_open", None) or rule.endpoint.startswith("security.")
        if "GET" in (rule.methods or ()) and (is_open or (action and scope(Role.DONOR, action))):
            found.append(rule)
    return found


VALUES = {"ref": ["EX-1", "NONE"], "code": ["0000000000X", "nonsense"], "slug": ["not-found"]}


def paths(app: Flask) -> list[str]:
    """Addresses of all reachable routes, with what a stranger would put into them."""
    told = []
    for rule in reachable(app):
        if rule.endpoint in LEFT_OUT:
            continue
        with app.test_request_context():
            for value in range(2):
                said = {name: VALUES.get(name, ["1", "2"])[value % len(VALUES.get(name, [1, 2]))]
                        for name in rule.arguments}  # fmt: skip
                told.append(app.url_map.bind("localhost").build(rule.endpoint, said))
    return sorted(set(told))


TOKEN = re.compile(rb'name="csrf_token"[^>]*value="[^"]*"')
"""A form's token is random and says nothing; no two pages have the same."""


def bytes_of(answer: TestResponse) -> tuple[object, ...]:
    """Everything in an answer, but for what differs between any two requests."""
    headers = sorted((k, v) for k, v in answer.headers if k not in ("Date", "Set-Cookie"))
    return answer.status_code, headers, TOKEN.sub(b"", answer.data)


def everything_seen(app: Flask, token: str) -> dict[str, tuple[object, ...]]:
    """All that a stranger, the holder of a link, and a donor who is signed in can fetch."""
    seen: dict[str, tuple[object, ...]] = {}
    stranger, holder, donor = (Reader(app.test_client()) for _ in range(3))
    app.config["WTF_CSRF_ENABLED"] = False
    assert holder.post("/d/", data={"token": token}).status_code == 303
    entered = donor.post("/login", data={"email": "diana@example.org", "password": "a quiet river"})
    assert entered.status_code in (302, 303)
    with donor.client.session_transaction() as kept:
        kept["csrf_token"] = "0" * 40  # random, and part of the page's ETag
    for name, reader in (("stranger", stranger), ("holder", holder), ("donor", donor)):
        for path in paths(app):
            for language in ("uk", "en"):
                answer = reader.get(f"{path}?lang={language}")
                seen[f"{name} {path} {language}"] = bytes_of(answer)
    return seen


def look(home: Path, template: Path, told: Secrets, story: Story) -> dict[str, tuple[object, ...]]:
    """Tell the story in a new installation and fetch everything, fifty days later."""
    with (
        time_machine.travel(LATER, tick=False),
        world(home, template, told, story) as app,
    ):
        token = shares.make_share("EX-1", days=300, by=COORDINATOR, now=LATER)
        return everything_seen(app, token)


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(one=secrets, other=secrets, story=stories)
def test_nothing_that_is_sealed_shows_in_any_byte(
    tmp_path: Path,
    sqlite_template: Path,
    one: Secrets,
    other: Secrets,
    story: Story,
) -> None:
    first, second = (look(tmp_path / "home", sqlite_template, told, story) for told in (one, other))
    assert first.keys() == second.keys()
    differing = [name for name in first if first[name] != second[name]]
    assert differing == []
    pages = [name for name, answer in first.items() if answer[0] == 200]
    assert any(name.startswith("holder /d/") for name in pages)
    assert any(name.startswith("donor /d/pledges/EX-1") for name in pages)


def test_the_comparison_sees_a_unit_that_came_further(
    tmp_path: Path, sqlite_template: Path
) -> None:
    told = Secrets("name", "address", "contact", "UA46020010000016247", "abcde", "abcdef", 1, 5,
                   "note", tuple(range(len(OBLASTS))))  # fmt: skip
    home = tmp_path / "home"
    seen = [look(home, sqlite_template, told, story) for story in ([(1, 0)], [(2, 0)])]
    differing = [name for name in seen[0] if seen[0][name] != seen[1][name]]
    assert "holder /d/ en" in differing
    assert "stranger /d/ en" not in differing
