"""Every route x every role x one's own, a neighbour's and nobody's things, reads and writes.

Routes come from the URL map. A place holder says what it names in `NAMED`; a route with one that
neither that table nor `OF_NOBODY` knows fails the test, and so does one that answers a neighbour's
thing otherwise than what never was.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from labels.codes import new_codes, show
from tests.api.reach_table import (
    A_SCAN,
    ELSEWHERE,
    FILLED,
    FORMS,
    NAMED,
    OF_NOBODY,
    PROPOSALS_BY_NUMBER,
    STEP_OF,
)
from tests.api.reach_world import (
    NOBODYS,
    WORDS,
    Reader,
    Things,
    everything_kept,
    lay_two_sides,
    reader,
    statements,
)
from tests.conftest import migrated_app
from tests.donors import walk
from tests.services.builders import NOW
from tracker.db import db
from tracker.domain.permissions import SYSTEM, Action, Role, Scope, scope
from tracker.models import Event
from tracker.queries import items, reach
from tracker.web.frame.gate import actor, needs


def is_bounded(role: Role) -> bool:
    return scope(role, Action.READ_ITEMS) in (Scope.OWN, Scope.ASSIGNED)


BOUNDED = [role for role in Role if is_bounded(role)]


@dataclass(frozen=True)
class World:
    app: Flask
    things: dict[str, Things]

    def value(self, kind: str, whose: str) -> str:
        return NOBODYS[kind] if whose == "nobody" else self.things[whose].refs[kind]


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    home = tmp_path_factory.mktemp("reach")
    if request.param == "sqlite":
        (home / "tracker.sqlite").write_bytes(
            request.getfixturevalue("sqlite_template").read_bytes()
        )
        yield from _made(home, "")
        return
    with request.getfixturevalue("postgres_databases").taken() as url:
        yield from _made(home, url)


def _made(home: Path, url: str) -> Iterator[World]:
    with time_machine.travel(NOW.replace(month=7), tick=False):
        app = migrated_app(home, url, WTF_CSRF_ENABLED=False)
        plant(app)
        with app.app_context():
            things = lay_two_sides()
            db.session.remove()
        yield World(app, things)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def plant(app: Flask) -> None:
    """A route as somebody may write it who forgets about reach, and one that nobody told of."""

    def show(code: str) -> str:
        found = items.item_by_code(code, SYSTEM)
        return found.status if found else "nothing"

    def hide(code: str) -> str:
        """The answer is right; whether there is such a unit takes the database other questions."""
        found = items.item_by_code(code, SYSTEM)
        own = found and items.item_by_code(code, actor())
        return own.status if own else "nothing"

    for path, view in (("/planted/<code>", show), ("/planted/<code>/late", hide)):
        app.add_url_rule(path, f"planted.{view.__name__}", needs(Action.READ_ITEMS)(view))


def named_in(rule: Rule) -> dict[str, str] | None:
    """What the place holders of a route name; None for a route that no table knows."""
    noun = str(rule.endpoint).partition(".")[0]
    if not rule.arguments or rule.endpoint == "static" or noun in OF_NOBODY:
        return {}
    if rule.endpoint in PROPOSALS_BY_NUMBER:
        return {}
    kinds = NAMED.get(noun)
    if kinds is None or rule.arguments - kinds.keys() - FILLED.keys():
        return None
    return {name: kinds[name] for name in rule.arguments if name in kinds}


def test_every_route_is_in_the_table(world: World) -> None:
    unknown = [rule.rule for rule in world.app.url_map.iter_rules() if named_in(rule) is None]
    assert unknown == []


def test_a_route_that_the_table_does_not_know_is_named(world: World) -> None:
    forgotten = Flask("forgotten")
    forgotten.add_url_rule("/seals/<number>", "seals.show_seal", lambda number: number)
    [rule] = [one for one in forgotten.url_map.iter_rules() if one.endpoint != "static"]
    assert named_in(rule) is None


def asked(world: World, method: str) -> Iterator[tuple[Rule, str, dict[str, str]]]:
    """(rule, what of it is a neighbour's, {whose: path}) for every route that names a thing."""
    for rule in walk.rules(world.app, method):
        kinds = named_in(rule) or {}
        for one, kind in kinds.items():
            paths = {}
            for whose in ("own", "other", "nobody"):
                values = dict(FILLED)
                values |= {name: world.value(held, "own") for name, held in kinds.items()}
                values[one] = world.value(kind, whose)
                said = {name: values[name] for name in rule.arguments}
                built = rule.build(said, append_unknown=False)
                assert built is not None, rule.rule
                paths[whose] = built[1]
            yield rule, kind, paths


def told(
    world: World, who: Reader, method: str, rule: Rule, kind: str, path: str, whose: str
) -> Any:
    """What an answer says and what it asked the database, without the name that was asked for."""
    form = FORMS.get(str(rule.endpoint))
    with statements(world.app) as heard:
        answer = who.ask(method, path, form)
    body = walk.without_tokens(answer.data).decode("utf-8", "replace")
    headers = [one for one in walk.headers_of(answer) if one[0] != "Content-Length"]
    texts = [body, str(headers)]
    name = world.value(kind, whose)
    for word in (path, quote(path, safe=""), *([name] if len(name) > 5 else [])):
        texts = [text.replace(word, "?") for text in texts]
    return answer.status_code, *texts, heard


def differences(world: World, who: Reader, method: str, only: str = "") -> Iterator[str]:
    """Routes that answer a neighbour's thing otherwise than what never was."""
    for rule, kind, paths in asked(world, method):
        if (rule.endpoint.startswith("planted.")) is not (only == "planted"):
            continue
        if rule.endpoint == A_SCAN:
            continue
        theirs, nobodys = (
            told(world, who, method, rule, kind, paths[whose], whose)
            for whose in ("other", "nobody")
        )
        if theirs != nobodys:
            odd = [n for n, (a, b) in enumerate(zip(theirs, nobodys, strict=True)) if a != b]
            yield f"{method} {paths['other']} ({rule.endpoint}): {theirs[0]}/{nobodys[0]}, {odd}"


@pytest.mark.parametrize("is_phone", [False, True], ids=["account", "phone"])
@pytest.mark.parametrize("role", BOUNDED)
def test_a_neighbour_s_thing_is_answered_as_what_never_was(
    world: World, role: Role, is_phone: bool
) -> None:
    who, before = reader(world.app, role, is_phone=is_phone), everything_kept(world.app)
    found = [line for method in ("GET", "POST", "PUT") for line in differences(world, who, method)]
    assert found == []
    after = everything_kept(world.app)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"found_report"}  # what a finder says of a code, whatever it names


@pytest.mark.parametrize("role", BOUNDED)
def test_a_scan_by_a_form_tells_nothing_of_a_neighbour_s_unit(world: World, role: Role) -> None:
    who, step = reader(world.app, role, is_phone=False), STEP_OF[role]
    told, said = [], {"location": "WH-1" if role is Role.WAREHOUSE else "EX-SITE-1"}
    with world.app.app_context():
        before = kept_scans()
    first, never = new_codes(2)
    for code in (first, world.value("unit", "other"), never):
        with statements(world.app) as heard:
            answer = who.ask("POST", f"/s/{code}/steps/{step}", said | {"id": str(uuid4())})
        page = walk.without_tokens(answer.data).decode("utf-8", "replace").replace(code, "?")
        shown = who.ask("GET", f"/s/{code}").status_code
        told.append((answer.status_code, page, shown, heard))
    assert told[1][:3] == told[2][:3]
    asked = difflib.ndiff(told[1][3], told[2][3])
    assert [line for line in asked if line[0] in "+-"] == []
    with world.app.app_context():
        db.session.rollback()
        new = kept_scans() - before
        assert {subject.partition(":")[0] for _, subject in new} == {"code"}
        assert len(new) == 3


@pytest.mark.parametrize("role", BOUNDED)
def test_a_refused_form_about_a_neighbour_s_unit_shows_what_never_was(
    world: World, role: Role
) -> None:
    """Nobody has said where it was scanned."""
    who, told = reader(world.app, role, is_phone=False), []
    for whose in ("other", "nobody"):
        code = world.value("unit", whose)
        answer = who.ask("POST", f"/s/{code}/steps/{STEP_OF[role]}", {"id": str(uuid4())})
        told.append(
            (answer.status_code, walk.without_tokens(answer.data).replace(code.encode(), b"?"))
        )
    assert told[0] == told[1]
    assert told[0][0] == 404


def kept_scans() -> set[tuple[str, str]]:
    return {(row.id, row.subject) for row in db.session.execute(select(Event.id, Event.subject))}


@pytest.mark.parametrize("is_phone", [False, True], ids=["account", "phone"])
@pytest.mark.parametrize("role", BOUNDED)
def test_what_is_named_in_a_question_or_a_form_is_no_other(
    world: World, role: Role, is_phone: bool
) -> None:
    who, before = reader(world.app, role, is_phone=is_phone), everything_kept(world.app)
    odd = []
    for kind, method, path, said in ELSEWHERE:
        answers = []
        for whose in ("other", "nobody"):
            name = world.value(kind, whose)
            form = {one: [name] if isinstance(held, list) else held.replace("{}", name)
                    for one, held in said.items()}  # fmt: skip
            with statements(world.app) as heard:
                answer = who.ask(method, path.replace("{}", name), form)
            if (answer.location or "").startswith("/login"):
                continue
            texts = [walk.without_tokens(answer.data).decode("utf-8", "replace")]
            texts += [show(name)] if len(name) == 11 else []
            page = texts[0]
            asked_for = path.replace("{}", name)
            words = (name, name.lower(), *texts[1:]) if len(name) > 2 else ()
            for word in (asked_for, quote(asked_for), *words):
                page = page.replace(word, "?")
            answers.append((answer.status_code, page, heard))
        if answers and answers[0] != answers[1]:
            odd.append((method, path, answers[0][0], answers[1][0], answers[0][2] == answers[1][2]))
    assert odd == []
    after = everything_kept(world.app)
    assert [name for name in before if before[name] != after[name]] == []


@pytest.mark.parametrize("role", BOUNDED)
def test_a_planted_route_that_forgets_reach_is_caught(world: World, role: Role) -> None:
    found = [*differences(world, reader(world.app, role, is_phone=False), "GET", "planted")]
    assert [line.partition("(")[2].partition(")")[0] for line in found] == [
        "planted.show",
        "planted.hide",
    ]
    assert found[1].endswith("200/200, [3]")  # it is caught by what it asks alone


@pytest.mark.parametrize("is_phone", [False, True], ids=["account", "phone"])
@pytest.mark.parametrize("role", BOUNDED)
def test_no_route_shows_a_word_of_the_neighbour(world: World, role: Role, is_phone: bool) -> None:
    """Lists, pages and files, with one's own things or none, and whatever is asked for in them."""
    who, word = reader(world.app, role, is_phone=is_phone), WORDS["other"]
    paths = {paths["own"] for _, _, paths in asked(world, "GET")}
    paths |= {rule.rule for rule in walk.rules(world.app) if not rule.arguments}
    theirs = [*world.things["other"].codes, word, "C-OTHER", "EX-SITE-2", "EX-QUOKKA"]
    shown, opened = [], 0
    for path in sorted(paths - {"/planted/<code>"}):
        answer = who.ask("GET", path)
        opened += answer.status_code == 200
        page = answer.data.decode("utf-8", "replace").lower()
        if found := [one for one in theirs if one.lower() in page]:
            shown.append((path, found[:3]))
    assert shown == []
    assert opened > (3 if is_phone else 10)


@pytest.mark.parametrize("role", BOUNDED)
def test_one_s_own_opens(world: World, role: Role) -> None:
    """The matrix is not empty: what is in reach is shown, to an account and to everybody above."""
    who = reader(world.app, role, is_phone=False)
    opened = {
        str(rule.endpoint)
        for rule, _, paths in asked(world, "GET")
        if who.ask("GET", paths["own"]).status_code in (200, 303)
    }
    assert {"documents.show_document", "losses.show_loss", "losses.show_evidence"} <= opened


def test_a_coordinator_reaches_everything(world: World) -> None:
    who = reader(world.app, Role.COORDINATOR, is_phone=False)
    for _, _, paths in asked(world, "GET"):
        assert who.ask("GET", paths["other"]).status_code != 404, paths["other"]


def test_a_device_s_token_opens_the_interface_and_no_page(world: World) -> None:
    """Also for the coordinator's phone: pages take sessions only."""
    for role in Role:
        phone = reader(world.app, role, is_phone=True)
        for rule, _, paths in asked(world, "GET"):
            answer = phone.ask("GET", paths["own"])
            if not paths["own"].startswith("/api/v1/") and not walk.is_open(world.app, rule):
                assert answer.status_code in (303, 401), (role, paths["own"])
        for rule in walk.rules(world.app):
            if not rule.arguments and not rule.rule.startswith("/api/v1/"):
                is_open = walk.is_open(world.app, rule) and rule.rule != "/"
                stranger = world.app.test_client().get(rule.rule)
                answer = phone.ask("GET", rule.rule)
                assert is_open or answer.status_code in (303, 401), (role, rule.rule)
                assert answer.status_code == stranger.status_code, (role, rule.rule)


def test_what_has_no_row_in_the_table_of_reach_cannot_be_asked_for() -> None:
    with pytest.raises(KeyError):
        reach.of(World, SYSTEM)
