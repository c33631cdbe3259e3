"""No donor sees another donor's pledge: every route, every role, one's own and another's objects.

Routes come from the URL map, roles and how far they reach from the table of permissions: a new
route, a new role and a new place holder join by themselves.
"""

from __future__ import annotations

import io
import itertools
import shutil
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from pypdfium2 import PdfDocument
from sqlalchemy import text
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.conftest import migrated_app
from tests.donors import walk
from tests.donors.two_donors import FIGURE, PEOPLE, REFERENCES, as_, lay_two_donors, of_the_other
from tests.donors.worlds import Reader
from tests.services.builders import NOW
from tracker.db import Base, db
from tracker.domain.permissions import TABLE, Action, Role, Scope, scope

READERS = ("stranger", "holder", "diana")
WRITING = ("POST", "PUT", "PATCH", "DELETE")
SEVERAL = {
    "number": ["1", "2", "3", "99999"],
    "slug": ["not-found", "nothing"],
    "filename": ["app.css", "NO-FILE"],
    "locale": ["uk", "zz"],
    "step": ["receiving"],
    "kind": ["waybill"],
    "version": ["1"],
    "size": ["192", "7"],
    "delivery": ["6f1f7c7e-0d8e-4d0c-9d5a-2f1f5f0a7b11"],
}
OWN, OTHER, NONE = range(3)


@dataclass(frozen=True)
class Donors:
    """The application, the codes of both donors' units, and who has signed in where."""

    app: Flask
    codes: dict[str, list[str]]
    readers: dict[str, Reader]

    def values(self, *whose: int) -> dict[str, list[str]]:
        """What to put into place holders: references of one's own, of the other, of nobody."""
        codes = [self.codes["own"][0], self.codes["other"][0], "00000000000"]
        return {
            **SEVERAL,
            "ref": [kind[which] for which in whose for kind in REFERENCES],
            "code": [codes[which] for which in whose],
        }


@pytest.fixture(scope="module")
def donors(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Donors]:
    home = tmp_path_factory.mktemp("donors")
    shutil.copy(sqlite_template, home / "tracker.sqlite")
    with time_machine.travel(NOW.replace(month=8), tick=False):
        app = migrated_app(home, DONOR_DELAY_DAYS=0, WTF_CSRF_ENABLED=False)
        with app.app_context():
            codes = lay_two_donors()
            db.session.remove()
        yield Donors(app, codes, {name: as_(app, name) for name in (*PEOPLE, "holder", "stranger")})
        with app.app_context():
            db.engine.dispose()


def everything_in(answer: TestResponse) -> bytes:
    """Body and headers, in one; of packed files what is in them, not their packing."""
    return _unpacked(answer.data) + repr(walk.headers_of(answer)).encode()


def _unpacked(body: bytes) -> bytes:
    if body.startswith(b"%PDF"):
        sheets = PdfDocument(body)
        return "".join(sheet.get_textpage().get_text_range() for sheet in sheets).encode()
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            return b"".join(packed.read(name) for name in packed.namelist())
    return body


def test_the_words_of_the_other_are_there_to_be_found(donors: Donors) -> None:
    pattern = of_the_other(donors.codes["other"], "")
    found = set()
    for address in walk.addresses(walk.rules(donors.app), donors.values(OTHER)):
        answer = donors.readers["alice"].get(f"{address.path}?lang=en")
        found |= {word.lower() for word in pattern.findall(everything_in(answer))}
    assert found >= {b"quokka", b"qq-", b"4,444,787", donors.codes["other"][0].lower().encode()}


@pytest.mark.parametrize("name", READERS)
def test_no_address_shows_a_word_of_another_donor(donors: Donors, name: str) -> None:
    reader, opened = donors.readers[name], 0
    for address in walk.addresses(walk.rules(donors.app), donors.values(OWN, OTHER, NONE)):
        asked = f"{address.path}?lang=en"
        for method in ("GET", "HEAD", "OPTIONS"):
            answer = reader.ask(method, asked)
            shown = of_the_other(donors.codes["other"], asked).search(everything_in(answer))
            assert shown is None, (asked, shown)
            opened += answer.status_code == 200
    assert opened > 30
    assert (
        name == "stranger" or "EX-1" in reader.get("/d/" if name == "holder" else "/d/pledges").text
    )


@pytest.mark.parametrize("name", READERS)
def test_no_question_brings_out_a_word_of_another_donor(donors: Donors, name: str) -> None:
    reader = donors.readers[name]
    words = ["QQ-1", "QQ-PARTY", donors.codes["other"][0], "quokka"]
    for address in walk.addresses(_donors_rules(donors.app), donors.values(OWN)):
        plain = reader.get(address.path)
        if plain.status_code != 200:
            continue  # nothing to ask: the test above looked at it
        questions: list[Collection[str]] = [(one,) for one in walk.parameters()]
        if "html" not in plain.content_type:
            questions = [walk.parameters()]  # a file takes long to make: all at once
        for parameters, word in itertools.product(questions, words):
            asked = f"{address.path}?" + "&".join(f"{one}={word}" for one in parameters)
            shown = of_the_other(donors.codes["other"], asked).search(
                everything_in(reader.get(asked))
            )
            assert shown is None, (asked, shown)


def test_what_is_another_donor_s_is_answered_as_what_never_was(donors: Donors) -> None:
    for name in READERS:
        reader = donors.readers[name]
        for theirs, nobodys in _pairs(donors, _donors_rules(donors.app)):
            answers = [reader.get(f"{address.path}?lang=en") for address in (theirs, nobodys)]
            told = {
                (
                    answer.status_code,
                    walk.without_tokens(answer.data).replace(path.encode(), b""),
                    str(walk.headers_of(answer)).replace(path, ""),
                )
                for answer, path in zip(answers, (theirs.path, nobodys.path), strict=True)
            }
            assert len(told) == 1, (name, theirs.path)


def _donors_rules(app: Flask, method: str = "GET") -> list[Rule]:
    """Routes by which a donor, or somebody with a link, asks about pledges."""
    return [
        rule
        for rule in walk.reachable(app, method)
        if walk.action_of(app, rule) or rule.rule.startswith("/d/")
    ]


def _pairs(donors: Donors, rules: list[Rule]) -> Iterator[tuple[walk.Address, walk.Address]]:
    """The same address with a reference of the other's and with one that never was."""
    theirs = list(walk.addresses(rules, donors.values(OTHER)))
    nobodys = list(walk.addresses(rules, donors.values(NONE)))
    assert [a.endpoint for a in theirs] == [a.endpoint for a in nobodys]
    found = [(a, b) for a, b in zip(theirs, nobodys, strict=True) if a.path != b.path]
    assert len(found) > 10
    yield from found


@pytest.mark.parametrize("name", ["stranger", *PEOPLE])
def test_a_route_is_shut_to_who_lacks_its_action_whatever_it_is_asked(
    donors: Donors, name: str
) -> None:
    reader, before, shut = donors.readers[name], _everything_kept(donors.app), 0
    for method in ("GET", *WRITING):
        rules = [rule for rule in walk.rules(donors.app, method)
                 if (action := walk.action_of(donors.app, rule))
                 and scope(PEOPLE.get(name), action) is None]  # fmt: skip
        for address in walk.addresses(rules, donors.values(OWN, OTHER)):
            answer = _ask(reader, method, address.path)
            # a stranger is led to the sign-in page, refused, or slowed down after many misses
            expected = (303, 401, 429) if name == "stranger" else (403,)
            assert answer.status_code in expected, (method, address.path)
            shown = of_the_other(donors.codes["other"], address.path).search(everything_in(answer))
            assert shown is None, (address.path, shown)
            shut += 1
    assert shut > 20 or name == "alice"
    assert _everything_kept(donors.app) == before


def test_a_donor_s_forms_change_nothing_of_another_donor(donors: Donors) -> None:
    """Whatever a donor may send (subscriptions, choices) is sent with the other's references."""
    before = _everything_kept(donors.app)
    for name in ("diana", "holder"):
        for method in WRITING:
            rules = _donors_rules(donors.app, method)
            for address in walk.addresses(rules, donors.values(OTHER)):
                for reference in REFERENCES:
                    form = dict.fromkeys([*walk.parameters(), "ref", "token"], reference[OTHER])
                    answer = _ask(donors.readers[name], method, address.path, form)
                    asked = f"{address.path} {reference[OTHER]}"
                    shown = of_the_other(donors.codes["other"], asked).search(answer.data)
                    assert shown is None, (address.path, shown)
    assert _everything_kept(donors.app) == before


def _ask(
    reader: Reader, method: str, path: str, form: dict[str, str] | None = None
) -> TestResponse:
    if method == "GET":
        return reader.get(path)
    said = {"json": form or {}} if path.startswith("/api/") else {"data": form}
    return reader.ask(method, path, **said)


def _everything_kept(app: Flask) -> dict[str, list[str]]:
    """Every row of every table."""
    with app.app_context(), db.engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(text(f"SELECT * FROM {table.name}"))))
            for table in Base.metadata.sorted_tables
        }


def test_the_whole_is_among_what_a_donor_was_shown(donors: Donors) -> None:
    page = donors.readers["diana"].get("/d/mechanism?lang=en")
    assert page.status_code == 200
    assert f"{2 * FIGURE + 100_000:,}" in page.text


def test_donors_and_nobody_else_see_only_their_own_pledges() -> None:
    """What the walks above take from the table: if it changes, they must be thought about."""
    reach = {role: scope(role, Action.READ_PLEDGES) for role in Role}
    assert {role for role in reach if reach[role] is Scope.OWN} == {Role.DONOR}
    allowed = {action for action, roles in TABLE.items() if Role.DONOR in roles}
    assert all(TABLE[action][Role.DONOR] in (Scope.OWN, Scope.MASKED) for action in allowed)
