"""The outbox: written in the transaction of its reason, delivered by `tracker worker`.

At least once: a delivery keeps its id through all tries, and whoever gets it twice can tell. One
worker holds it at a time, by a lease that is longer than any try; what failed is tried again,
later each time, and is dead after the last try until a coordinator decides.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import structlog
from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.orm import Session

from tracker.db import transaction
from tracker.domain.permissions import Action, Actor
from tracker.errors import NotAllowed, NotFound
from tracker.models import Outgoing

MOST_TRIES = 8  # over about two days
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=16)
LEASE = timedelta(minutes=5)
KEPT = timedelta(days=30)  # how long the row of what was delivered stays

log = structlog.get_logger("tracker.outbox")


class Undeliverable(Exception):
    """A try that failed, in words that name no address and no secret; or that fails `for_good`."""

    def __init__(self, why: str, *, for_good: bool = False) -> None:
        super().__init__(why)
        self.for_good = for_good


class NotWanted(Exception):
    """Nobody is left to deliver to: a subscription has ended meanwhile."""


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that this worker holds. `tries` counts this one."""

    id: str
    addressee: int
    body: str
    tries: int
    lease: str


def put(
    session: Session,
    kind: str,
    addressee: int,
    body: str,
    *,
    now: datetime,
    due_at: datetime | None = None,
) -> None:
    """Write down, in the caller's transaction, what is to be delivered.

    `addressee` is the number of the subscription (`mail`) or of the webhook (`webhook`).
    """
    whom = {"mail": "subscription", "webhook": "webhook"}[kind]
    row = Outgoing(
        id=str(uuid4()), kind=kind, body=body, made_at=now, due_at=due_at or now, tries=0
    )
    setattr(row, whom, addressee)
    session.add(row)


def deliver_due(
    kind: str, send: Callable[[Due], None], *, now: datetime, seconds: float = 20
) -> tuple[int, int]:
    """Deliver what is due, one after another; how many went well, and how many did not.

    Stops after `seconds`, so that what else a worker does is not held up; the rest stays due.
    """
    well = failed = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until and (due := _claim(kind, now)):
        try:
            send(due)
        except NotWanted:
            _drop(due)
        except Undeliverable as problem:
            failed += 1
            _fail(due, problem, now)
        except Exception as problem:  # noqa: BLE001 - one that breaks must not stop the others
            failed += 1
            _fail(due, Undeliverable(f"an error of ours ({type(problem).__name__})"), now)
        else:
            well += 1
            _end(due, now)
    return well, failed


def wait_after(tries: int, chance: float) -> timedelta:
    """How long to wait after so many tries: four times longer each time, within a day's reach.

    `chance` (0 to 1) moves it by up to a quarter, so that what failed together is not tried
    together.
    """
    plain: timedelta = min(FIRST_WAIT * 4 ** (tries - 1), LONGEST_WAIT)
    return plain * (0.75 + chance / 2)


def try_again(delivery: str, *, by: Actor, now: datetime) -> None:
    """Make a dead delivery due again, as if it were new. Raises NotAllowed, NotFound."""
    with transaction() as session:
        row = _dead(session, delivery, by)
        row.dead_at, row.tries, row.due_at = None, 0, now


def drop(delivery: str, *, by: Actor) -> None:
    """Give a dead delivery up. Raises NotAllowed, NotFound."""
    with transaction() as session:
        session.delete(_dead(session, delivery, by))


def sweep(*, now: datetime) -> None:
    """Forget what was delivered long ago."""
    with transaction() as session:
        session.execute(delete(Outgoing).where(Outgoing.delivered_at < now - KEPT))


def waiting() -> ColumnElement[bool]:
    """The condition of rows that are neither delivered nor dead."""
    return and_(Outgoing.delivered_at.is_(None), Outgoing.dead_at.is_(None))


def _claim(kind: str, now: datetime) -> Due | None:
    free = or_(Outgoing.leased_until.is_(None), Outgoing.leased_until <= now)
    with transaction() as session:
        row = session.scalars(
            select(Outgoing)
            .where(waiting(), Outgoing.kind == kind, Outgoing.due_at <= now, free)
            .order_by(Outgoing.due_at, Outgoing.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if row is None:
            return None
        row.tries += 1
        row.lease, row.leased_until = str(uuid4()), now + LEASE
        addressee = row.subscription if kind == "mail" else row.webhook
        assert addressee is not None
        return Due(row.id, addressee, row.body, row.tries, row.lease)


def _end(due: Due, now: datetime) -> None:
    with transaction() as session:
        row = _held(session, due)
        if row is not None:
            row.delivered_at, row.body, row.last_error = now, "", None
            row.lease = row.leased_until = None


def _fail(due: Due, problem: Undeliverable, now: datetime) -> None:
    is_dead = problem.for_good or due.tries >= MOST_TRIES
    log.warning("undelivered", id=due.id, tries=due.tries, why=str(problem), dead=is_dead)
    with transaction() as session:
        row = _held(session, due)
        if row is None:
            return
        row.last_error = str(problem)[:200]
        row.lease = row.leased_until = None
        if is_dead:
            row.dead_at = now
        else:
            row.due_at = now + wait_after(due.tries, secrets.randbelow(1000) / 1000)


def _drop(due: Due) -> None:
    with transaction() as session:
        row = _held(session, due)
        if row is not None:
            session.delete(row)


def _held(session: Session, due: Due) -> Outgoing | None:
    """The row while this worker's lease is the newest; None when another has taken it."""
    return session.scalars(
        select(Outgoing).where(Outgoing.id == due.id, Outgoing.lease == due.lease).with_for_update()
    ).first()


def _dead(session: Session, delivery: str, by: Actor) -> Outgoing:
    if not by.may(Action.MANAGE_DELIVERIES):
        raise NotAllowed
    row = session.scalars(
        select(Outgoing)
        .where(Outgoing.id == delivery, Outgoing.dead_at.is_not(None))
        .with_for_update()
    ).first()
    if row is None:
        raise NotFound
    return row
