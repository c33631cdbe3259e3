"""The listener to commits sees a verb that commits twice, and names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert

from tests.house import commits
from tracker.db import transaction
from tracker.errors import NotFound
from tracker.models import Initiative

PLANTED = """
def once(keep):
    keep()

def twice(keep):
    keep()
    keep()

def by_another(keep):
    once(keep)
    _private(keep)

def refused(keep, fail):
    try:
        fail()
    except LookupError:
        keep()

def looks_first(look, keep):
    look()
    keep()

def _private(keep):
    keep()
"""


@pytest.fixture
def planted(app: Flask) -> dict[str, Callable[..., None]]:
    """The functions of a service that stands nowhere."""
    file = Path(commits.SERVICES) / "rooms" / "planted.py"
    names: dict[str, Any] = {"LookupError": NotFound}
    exec(compile(PLANTED, str(file), "exec"), names)
    return names


@pytest.fixture
def keep() -> Callable[[], None]:
    """Keeps one more row."""
    many = iter(range(9))

    def write() -> None:
        with transaction() as session:
            name = f"EX-{next(many)}"
            session.execute(insert(Initiative).values(ref=name, name_en=name, name_uk=name))

    return write


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    yield
    commits.forget()


def look() -> None:
    with transaction() as session:
        session.connection()


def fail() -> None:
    with transaction() as session:
        session.execute(insert(Initiative).values(ref="EX-X", name_en="X", name_uk="X"))
        raise NotFound


def test_a_verb_that_commits_once_is_let_through(
    planted: dict[str, Callable[..., None]], keep: Callable[[], None]
) -> None:
    planted["once"](keep)
    planted["once"](keep)
    planted["refused"](keep, fail)
    planted["looks_first"](look, keep)
    assert commits.twice == []


@pytest.mark.parametrize("verb", ["twice", "by_another"])
def test_a_verb_that_commits_twice_is_named(
    planted: dict[str, Callable[..., None]], keep: Callable[[], None], verb: str
) -> None:
    planted[verb](keep)
    assert commits.twice == [f"rooms.planted.{verb}"]


def test_what_may_commit_in_parts_is_there_and_says_why() -> None:
    for name, why in commits.IN_PARTS.items():
        module, _, verb = name.rpartition(".")
        file = Path(commits.SERVICES, *module.split(".")).with_suffix(".py")
        assert f"\ndef {verb}(" in file.read_text(encoding="utf-8"), name
        assert why
