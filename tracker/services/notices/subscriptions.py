"""Subscriptions by mail: asked for, confirmed, ended.

Tokens are HMACs of the subscription's own random id under the key `notices`: the worker can write
them into each mail while the database holds only their hashes.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from flask import current_app
from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from tracker.clock import day_in_kyiv
from tracker.db import transaction
from tracker.domain.permissions import Action, Actor, Scope
from tracker.domain.rules import RULES
from tracker.errors import InvalidValue, NotAllowed, NotFound, NotSetUp
from tracker.files import sealing
from tracker.models import Account, Share, Subscription
from tracker.models.subscriptions import CADENCES, LOCALES
from tracker.queries.donors import Discretion, DonorView, is_known, is_of, live_share
from tracker.queries.notices import told_by, view_of
from tracker.queries.people import token_hash
from tracker.queries.subscriptions import address_of
from tracker.services.notices import mail, mail_texts, outbox
from tracker.services.notices.outbox import Due, NotWanted

UNCONFIRMED = timedelta(days=3)  # how long a question waits for its answer
MOST_PER_SHARE = 20
MOST_QUESTIONS = 3  # to one address at a time, by whatever links


def subscribe(pledge: str, *, cadence: str, locale: str, by: Actor, now: datetime) -> None:
    """Send the account of `by` digests of `pledge`, or change how often.

    Raises NotAllowed, NotFound (also for another donor's pledge), InvalidValue, NotSetUp.
    """
    account = must_receive(pledge, by)
    _check(cadence, locale)
    with transaction() as session:
        _one_at_a_time(session, Account.id, account)
        row = session.scalars(
            select(Subscription).where(
                Subscription.account == account, Subscription.pledge == pledge
            )
        ).first()
        if row is None:
            row = _new(pledge, cadence, locale, now)
            row.account, row.confirmed_at = account, now
            session.add(row)
        row.cadence, row.locale = cadence, locale


def unsubscribe(pledge: str, *, by: Actor) -> None:
    """End the digests of `pledge` to the account of `by`. Raises NotAllowed."""
    with transaction() as session:
        session.execute(
            delete(Subscription).where(
                Subscription.account == account_of(by), Subscription.pledge == pledge
            )
        )


def ask(share: int, *, address: str, cadence: str, locale: str, now: datetime) -> None:
    """Ask an address that the holder of a link gave whether it wants digests.

    Nobody learns whether the address is known: where it has confirmed already, or was asked too
    often, nothing is sent and nothing is said. Raises NotFound (the link has ended), InvalidValue,
    NotSetUp.
    """
    _check(cadence, locale)
    address = mail.checked_address(address).lower()
    link = live_share(share, now=now)
    view = view_today(link.pledge, now) if link else None
    if link is None or view is None:
        raise NotFound
    letter = mail_texts.confirmation(view, cadence=cadence, locale=locale)
    with transaction() as session:
        _one_at_a_time(session, Share.id, link.id)
        if not _may_ask(session, share, address):
            return
        row = _new(link.pledge, cadence, locale, now)
        row.share, row.address = share, address
        session.add(row)
        session.flush()
        outbox.put(session, "mail", row.id, letter.as_json(), now=now)


def confirm(token: str, *, now: datetime) -> None:
    """Take a token from a mail as the address's own yes. Raises NotFound for one that is over."""
    with transaction() as session:
        row = session.scalars(
            select(Subscription).where(Subscription.manage_hash == token_hash(token))
        ).first()
        if row is None or address_of(row, now) is None:
            raise NotFound
        row.confirmed_at = row.confirmed_at or now


def end(token: str, *, by_header: bool = False) -> None:
    """End what a token names; one that names nothing is no error: then it has ended already.

    `by_header`: the token of the List-Unsubscribe header, which can do nothing else.
    """
    column = Subscription.end_hash if by_header else Subscription.manage_hash
    with transaction() as session:
        session.execute(delete(Subscription).where(column == token_hash(token)))


def forget_ended(*, now: datetime) -> None:
    """Forget questions without an answer, and readers whose link or account has ended."""
    shares = select(Share.id).where(or_(Share.revoked_at.is_not(None), Share.expires_at <= now))
    accounts = select(Account.id).where(Account.active.is_(False))
    unanswered = and_(
        Subscription.confirmed_at.is_(None), Subscription.asked_at < now - UNCONFIRMED
    )
    over = or_(unanswered, Subscription.share.in_(shares), Subscription.account.in_(accounts))
    with transaction() as session:
        session.execute(delete(Subscription).where(over))


def send(due: Due, *, now: datetime) -> None:
    """Deliver a mail of the outbox. Raises NotWanted, Undeliverable."""
    with transaction() as session:
        row = session.get(Subscription, due.addressee)
        to = address_of(row, now) if row else None
    letter = mail_texts.Letter.from_json(due.body)
    if row is None or to is None or (letter.what == "digest" and not row.confirmed_at):
        raise NotWanted
    manage, end_ = (token_of(row.uid, purpose) for purpose in ("manage", "end"))
    mail.send(mail.envelope(letter, to=to, uid=due.id, manage=manage, end=end_, sent_at=now))


def token_of(uid: str, purpose: str) -> str:
    """The token (128 bits) of the subscription `uid` for `purpose`: `manage` or `end`."""
    try:
        key = sealing.key_from(current_app.config["KEYS"].get("notices"))
    except sealing.Unopened:
        raise NotSetUp("This server has no key for notices.") from None
    mac = hmac.digest(key, f"subscription|{uid}|{purpose}".encode(), "sha256")
    return urlsafe_b64encode(mac[:16]).decode().rstrip("=")


def view_today(pledge: str, now: datetime) -> DonorView | None:
    """The pledge as its page shows it now; None when there is none."""
    settings = current_app.config
    return view_of(
        pledge,
        today=day_in_kyiv(now),
        installation=Discretion(settings["DONOR_DELAY_DAYS"], settings["SMALL_CELL"]),
        lag_days=settings["DONOR_PLACE_LAG_DAYS"],
    )


def begun(pledge: str, now: datetime) -> dict[str, Any]:
    """The columns of whoever begins to be told today: they know what the page shows."""
    view, today = view_today(pledge, now), day_in_kyiv(now)
    if view is None:
        raise NotFound
    told = told_by(view, today)
    return {
        "told_until": told.until,
        "told_pledged": told.pledged,
        "told_month": told.month,
        "told_rules": RULES,
        "looked_on": today,
    }


def must_receive(pledge: str, by: Actor) -> int:
    """The number of the account that may have notices of `pledge`. Raises NotAllowed, NotFound."""
    reach = by.scope(Action.RECEIVE_NOTICES)
    if reach is None:
        raise NotAllowed
    if not is_known(pledge) or (reach is not Scope.ALL and not is_of(pledge, by.party)):
        raise NotFound
    return account_of(by)


def account_of(by: Actor) -> int:
    """The number of an account. Raises NotAllowed for a device."""
    kind, _, number = by.ref.partition(":")
    if kind != "account":
        raise NotAllowed
    return int(number)


def _check(cadence: str, locale: str) -> None:
    if not mail.is_set_up():
        raise NotSetUp("This installation sends no mail.")
    if cadence not in CADENCES:
        raise InvalidValue("Choose daily or weekly.", field="cadence")
    if locale not in LOCALES:
        raise InvalidValue("Choose one of the languages.", field="locale")


def _new(pledge: str, cadence: str, locale: str, now: datetime) -> Subscription:
    uid = str(uuid4())
    return Subscription(
        uid=uid,
        pledge=pledge,
        cadence=cadence,
        locale=locale,
        asked_at=now,
        manage_hash=token_hash(token_of(uid, "manage")),
        end_hash=token_hash(token_of(uid, "end")),
        **begun(pledge, now),
    )


def _one_at_a_time(session: Session, key: InstrumentedAttribute[int], whose: int) -> None:
    """Hold the row of whose wish it is, so that what is wished twice at once is kept once."""
    session.execute(select(key).where(key == whose).with_for_update())


def _may_ask(session: Session, share: int, address: str) -> bool:
    """Whether one more question may go to `address`: not where it would be a nuisance."""
    known = session.scalars(
        select(Subscription.share).where(
            Subscription.address == address,
            (Subscription.share == share) | Subscription.confirmed_at.is_(None),
        )
    ).all()
    of_share = session.scalar(select(func.count()).where(Subscription.share == share)) or 0
    return share not in known and len(known) < MOST_QUESTIONS and of_share < MOST_PER_SHARE
