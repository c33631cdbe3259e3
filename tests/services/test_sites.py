"""Sealed sites: who may open them, and that nothing else can."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from tracker.db import db, transaction
from tracker.domain.permissions import SYSTEM, Actor, Role
from tracker.errors import InvalidValue, NotAllowed, NotFound, Sealed, TooManyRequests
from tracker.models import Location, SealedSite, SiteReading
from tracker.services.sites import open_site, rewrap, seal_site, unseal

KEY, OTHER_KEY = "5e" * 32, "ab" * 32
NOW = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
ALICE = Actor("account:1", Role.COORDINATOR, oblasts=frozenset({"UA63"}))
FACTS = {
    "name_en": "Lyceum of Examples",
    "name_uk": "Ліцей прикладів",
    "katottg": "UA63140010000049419",
    "address": "вул. Прикладна, 84",
    "contact": "contact-004@example.org",
    "note": "Ask at the gate",
}


@pytest.fixture(autouse=True)
def two_sites(app: Flask) -> None:
    with transaction() as session:
        for ref, oblast in (("SITE-1", "UA63"), ("SITE-2", "UA59")):
            session.add(Location(ref=ref, kind="site", sector="education", oblast=oblast))
            session.flush()
            seal_site(session, ref, FACTS, key=KEY)
        session.add(Location(ref="LVIV-1", kind="warehouse", oblast="UA63", name_en="Lviv"))


def read(
    location: str = "SITE-1",
    reason: str = "Delivery next week",
    by: Actor = ALICE,
    now: datetime = NOW,
    key: str | None = KEY,
) -> dict[str, str]:
    return open_site(location, reason=reason, by=by, now=now, key=key, per_day=3)


def readings() -> int:
    return db.session.scalar(select(func.count()).select_from(SiteReading)) or 0


def sealed(location: str, field: str) -> bytes:
    return db.session.scalars(
        select(SealedSite.sealed).where(SealedSite.location == location, SealedSite.field == field)
    ).one()


def overwrite(location: str, field: str, content: bytes) -> None:
    with transaction() as session:
        session.execute(
            update(SealedSite)
            .where(SealedSite.location == location, SealedSite.field == field)
            .values(sealed=content)
        )


def test_a_coordinator_of_the_oblast_opens_a_site_and_the_opening_is_kept() -> None:
    assert read() == FACTS
    row = db.session.scalars(select(SiteReading)).one()
    assert (row.location, row.read_by, row.read_at) == ("SITE-1", "account:1", NOW)
    assert row.reason == "Delivery next week"


def test_a_coordinator_of_another_oblast_may_not_open_it() -> None:
    with pytest.raises(NotAllowed):
        read("SITE-2")
    assert readings() == 0


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.COORDINATOR])
def test_no_other_role_opens_a_site_not_even_admin(role: Role) -> None:
    with pytest.raises(NotAllowed):
        read(by=Actor("account:2", role, oblasts=frozenset({"UA63"})))


def test_a_command_on_the_server_opens_no_site() -> None:
    with pytest.raises(NotAllowed):
        read(by=SYSTEM)


@pytest.mark.parametrize("reason", ["", "   ", "....", "1234567890", "abc", "я" * 501])
def test_without_a_reason_in_words_nothing_opens(reason: str) -> None:
    with pytest.raises(InvalidValue):
        read(reason=reason)
    assert readings() == 0


def test_after_so_many_in_a_day_no_more_open_until_a_day_has_passed() -> None:
    for _ in range(3):
        read()
    with pytest.raises(TooManyRequests):
        read(now=NOW + timedelta(hours=23))
    bob = Actor("account:3", Role.COORDINATOR, oblasts=frozenset({"UA63"}))
    assert read(by=bob) == FACTS
    assert read(now=NOW + timedelta(hours=24)) == FACTS


@pytest.mark.parametrize("location", ["SITE-9", "LVIV-1"])
def test_where_nothing_is_sealed_there_is_nothing_to_open(location: str) -> None:
    with pytest.raises(NotFound):
        read(location)
    assert readings() == 0


@pytest.mark.parametrize("key", [None, "", "not a key", "ab" * 16, OTHER_KEY])
def test_without_the_key_or_with_another_the_site_stays_sealed(key: str | None) -> None:
    with pytest.raises(Sealed):
        read(key=key)
    assert readings() == 0


def test_a_ciphertext_moved_to_another_field_does_not_open() -> None:
    overwrite("SITE-1", "note", sealed("SITE-1", "address"))
    with pytest.raises(Sealed):
        read()


@pytest.mark.parametrize("field", ["address", "key", "salt"])
def test_a_ciphertext_moved_to_another_site_does_not_open(field: str) -> None:
    overwrite("SITE-1", field, sealed("SITE-2", field))
    with pytest.raises(Sealed):
        read()


def test_all_ciphertexts_of_a_site_moved_to_another_do_not_open() -> None:
    for field in (*FACTS, "salt", "key"):
        overwrite("SITE-1", field, sealed("SITE-2", field))
    with pytest.raises(Sealed):
        read()


@pytest.mark.parametrize("content", [b"", b"x" * 11, b"x" * 40])
def test_what_is_no_ciphertext_does_not_open(content: bytes) -> None:
    overwrite("SITE-1", "address", content)
    with pytest.raises(Sealed):
        read()


def test_a_changed_commitment_is_noticed() -> None:
    with transaction() as session:
        session.execute(
            update(Location).where(Location.ref == "SITE-1").values(commitment="0" * 64)
        )
    with pytest.raises(Sealed):
        read()


def test_two_sites_with_the_same_facts_have_different_commitments() -> None:
    first, second = db.session.scalars(select(Location.commitment).where(Location.kind == "site"))
    assert first != second


def test_rewrapped_sites_open_with_the_new_key_only() -> None:
    assert rewrap(KEY, OTHER_KEY) == 2
    assert read(key=OTHER_KEY) == FACTS
    with pytest.raises(Sealed):
        read(key=KEY)


def test_rewrapping_with_a_wrong_key_changes_nothing() -> None:
    with pytest.raises(Sealed):
        rewrap(OTHER_KEY, KEY)
    assert read() == FACTS


def test_sealing_again_replaces_the_facts() -> None:
    with transaction() as session:
        seal_site(session, "SITE-1", {"address": "вул. Нова, 1", "note": None}, key=KEY)
    assert read() == {"address": "вул. Нова, 1"}


def test_the_database_holds_nothing_of_a_site_that_can_be_read(tmp_path: Path) -> None:
    kept = [row.sealed for row in db.session.scalars(select(SealedSite))]
    kept += [file.read_bytes() for file in tmp_path.glob("tracker.sqlite*")]
    for fact in FACTS.values():
        for encoding in ("utf-8", "utf-16-le", "cp1251"):
            assert not [place for place in kept if fact.encode(encoding) in place]


def test_without_the_key_the_application_answers_and_lists_locations(
    app: Flask, tmp_path: Path
) -> None:
    from tracker import create_app

    keyless = create_app(
        {"HOME": tmp_path, "DATABASE_URL": app.config["DATABASE_URL"], "KEYS": {}, "TESTING": True}
    )
    with keyless.app_context():
        refs = db.session.scalars(select(Location.ref).order_by(Location.ref)).all()
        assert refs == ["LVIV-1", "SITE-1", "SITE-2"]
        with pytest.raises(Sealed), transaction() as session:
            unseal(session, "SITE-1", keyless.config["KEYS"].get("sites"))
        db.engine.dispose()
