"""Sealing sites: their facts are stored encrypted, and who opens them is written down.

Each field is AES-256-GCM under a data key of its site, bound to table, row and field, so that a
ciphertext moved elsewhere does not open. The data key is wrapped in the same way by the server's
key (`KEYS["sites"]`, outside the database). Without that key everything else works and sites stay
sealed. `key` is always 64 hexadecimal digits, or None where the server has none.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from unicodedata import normalize

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from tracker.db import is_sqlite, transaction
from tracker.domain.chain import canonical
from tracker.domain.permissions import Action, Actor, Scope
from tracker.domain.texts import fitting
from tracker.errors import InvalidValue, NotAllowed, NotFound, Sealed, TooManyRequests
from tracker.files import sealing
from tracker.ledger.stating import act_as
from tracker.models import Assignment, Location, SealedSite, SiteReading

FACTS = ("name_en", "name_uk", "katottg", "address", "contact", "note")
LEAST_LETTERS, SHORTEST_REASON = 5, 10  # of a reason, and its characters in all
TOLD_TO_FIELD = ("name_uk", "name_en", "address", "contact", "note")
TASK = timedelta(hours=72)
"""How long a phone may keep where an assigned site is."""

_DAY = timedelta(days=1)


def seal_site(
    session: Session, location: str, facts: Mapping[str, str | None], *, key: str | None
) -> str:
    """Replace the sealed facts of `location` (its row exists) by `facts`; those None are left out.

    A new data key and salt each time. Returns the commitment, SHA-256(salt | canonical facts) in
    hexadecimal, which is stored with the location. Raises Sealed without a key.
    """
    if foreign := facts.keys() - set(FACTS):
        raise ValueError(f"no facts of a site: {', '.join(sorted(foreign))}")
    wrapping = _key(key)
    told = {name: normalize("NFC", fact) for name, fact in facts.items() if fact}
    salt, data_key = secrets.token_bytes(32), AESGCM.generate_key(256)
    commitment = commitment_of(salt, told)
    rows = {name: _seal(data_key, location, name, fact.encode()) for name, fact in told.items()}
    rows["salt"] = _seal(data_key, location, "salt", salt)
    rows["key"] = _seal(wrapping, location, "key", data_key)
    session.execute(delete(SealedSite).where(SealedSite.location == location))
    session.execute(
        insert(SealedSite),
        [{"location": location, "field": name, "sealed": kept} for name, kept in rows.items()],
    )
    session.execute(update(Location).where(Location.ref == location).values(commitment=commitment))
    return commitment


def commitment_of(salt: bytes, facts: Mapping[str, str]) -> str:
    """What events carry in place of a site's facts, in hexadecimal."""
    return sha256(salt + canonical(facts).encode()).hexdigest()


def open_site(
    location: str, *, reason: str, by: Actor, now: datetime, key: str | None, per_day: int
) -> dict[str, str]:
    """The facts of a site, for a person who may open it and says why; the opening is kept.

    `per_day` is how many one person may open within 24 hours (`SITE_READINGS_PER_DAY`). Raises
    NotAllowed, NotFound, InvalidValue (no reason), TooManyRequests, and Sealed when there is no
    key, or not the one it was sealed with.
    """
    reach = by.scope(Action.OPEN_SITE)
    if reach is None:
        raise NotAllowed
    reason = fitting(" ".join(reason.split()), 500, "reason")
    letters = sum(letter.isalpha() for letter in reason)
    if letters < LEAST_LETTERS or len(reason) < SHORTEST_REASON:
        raise InvalidValue("Say in a few words why you need to know the place.", field="reason")
    with transaction() as session:
        act_as(session, by.ref)
        place = session.execute(
            select(Location.kind, Location.oblast).where(Location.ref == location)
        ).one_or_none()
        if place is None:
            raise NotFound
        if reach is not Scope.ALL and place.oblast not in by.oblasts:
            raise NotAllowed("This site is in an oblast that is not assigned to you.")
        _count_reading(session, by, now, per_day)
        facts = unseal(session, location, key)
        if not facts:
            raise NotFound("Nothing is sealed at this location.")
        session.add(SiteReading(location=location, read_by=by.ref, read_at=now, reason=reason))
    return facts


def open_task(
    location: str, *, by: Actor, now: datetime, key: str | None, per_day: int
) -> tuple[dict[str, str], datetime]:
    """The facts of a site that a field team is assigned to, and until when they may be kept.

    At most 72 hours, and not longer than the assignment. Where it lies on a map is not told. The
    opening is kept. Raises NotAllowed, NotFound (also for a site that is not assigned),
    TooManyRequests, Sealed.
    """
    if not by.may(Action.SCAN_FIELD):
        raise NotAllowed
    if location not in by.locations:
        raise NotFound("No such site is assigned to you.")
    with transaction() as session:
        act_as(session, by.ref)
        _count_reading(session, by, now, per_day)
        facts = unseal(session, location, key)
        if not facts:
            raise NotFound("Nothing is sealed at this location.")
        until = session.scalar(
            select(Assignment.until).where(
                Assignment.actor == by.ref, Assignment.location == location
            )
        )
        session.add(
            SiteReading(location=location, read_by=by.ref, read_at=now, reason="assigned task")
        )
    told = {name: facts[name] for name in TOLD_TO_FIELD if name in facts}
    return told, min(now + TASK, until) if until else now + TASK


def _count_reading(session: Session, by: Actor, now: datetime, per_day: int) -> None:
    """Refuse one opening too many. Two at once by one person wait for each other."""
    if not is_sqlite(session):
        session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
            {"name": f"site_reading {by.ref}"},
        )
    opened = session.scalar(
        select(func.count())
        .select_from(SiteReading)
        .where(SiteReading.read_by == by.ref, SiteReading.read_at > now - _DAY)
    )
    if (opened or 0) >= per_day:
        raise TooManyRequests(f"You may open {per_day} sites in a day.")


def unseal(session: Session, location: str, key: str | None) -> dict[str, str]:
    """The facts of `location`; empty where nothing is sealed. For services, which show nobody.

    Raises Sealed without the key, with a wrong one, and where a ciphertext was changed or moved.
    """
    wrapping = _key(key)
    query = select(SealedSite.field, SealedSite.sealed).where(SealedSite.location == location)
    rows = {row.field: row.sealed for row in session.execute(query)}
    if not rows:
        return {}
    if "key" not in rows:
        raise Sealed("The key of this site is gone.")
    data_key = _open(wrapping, location, "key", rows.pop("key"))
    opened = {name: _open(data_key, location, name, sealed) for name, sealed in rows.items()}
    salt = opened.pop("salt", b"")
    facts = {name: fact.decode() for name, fact in opened.items()}
    commitment = session.scalar(select(Location.commitment).where(Location.ref == location))
    if commitment_of(salt, facts) != commitment:
        raise Sealed("The details of this site are not those it was committed to.")
    return facts


def rewrap(old: str, new: str) -> int:
    """Wrap every site's data key by the key `new` instead of `old`; how many there were.

    All or none: raises Sealed, and changes nothing, where `old` does not open one.
    """
    opening, wrapping = _key(old), _key(new)
    with transaction() as session:
        rows = session.scalars(select(SealedSite).where(SealedSite.field == "key")).all()
        for row in rows:
            data_key = _open(opening, row.location, "key", row.sealed)
            row.sealed = _seal(wrapping, row.location, "key", data_key)
    return len(rows)


def _key(key: str | None) -> bytes:
    try:
        return sealing.key_from(key)
    except sealing.Unopened:
        raise Sealed("This server has no key for sites.") from None


def _place(location: str, field: str) -> str:
    """What a ciphertext is bound to: where it stands."""
    return f"sealed_site|{location}|{field}"


def _seal(key: bytes, location: str, field: str, plain: bytes) -> bytes:
    return sealing.seal(key, plain, _place(location, field))


def _open(key: bytes, location: str, field: str, sealed: bytes) -> bytes:
    try:
        return sealing.unseal(key, sealed, _place(location, field))
    except sealing.Unopened:
        raise Sealed("The details of this site cannot be opened with this server's key.") from None
