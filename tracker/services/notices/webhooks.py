"""Webhooks: registered, signed as Standard Webhooks says, called, renewed, ended."""

from __future__ import annotations

import json
import secrets
import socket
from base64 import b64encode
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from standardwebhooks import Webhook as Signer

from tracker.db import transaction
from tracker.domain.permissions import Actor
from tracker.errors import InvalidValue, NotFound, NotSetUp
from tracker.files import sealing
from tracker.models import Account, Webhook
from tracker.queries.subscriptions import may_still_see
from tracker.services.notices import outbox, posting
from tracker.services.notices.outbox import Due, NotWanted, Undeliverable
from tracker.services.notices.posting import Resolve
from tracker.services.notices.subscriptions import begun, must_receive

MOST_PER_PLEDGE = 10
BOTH_SIGN = timedelta(days=1)  # how long a replaced secret signs beside the new one
GONE = 410  # the receiver's word that it wants no more


def register(
    pledge: str,
    *,
    address: str,
    by: Actor,
    now: datetime,
    resolve: Resolve = socket.getaddrinfo,
) -> str:
    """Call `address` whenever `pledge` moved; returns the secret that signs, shown this once.

    Raises NotAllowed, NotFound, InvalidValue (no address, one that may not be called, or one too
    many), NotSetUp.
    """
    account = must_receive(pledge, by)
    address = address.strip()
    target = posting.taken_apart(address)
    try:
        posting.checked(target, _allowed(), resolve)
    except Undeliverable:
        raise InvalidValue(
            "Only https addresses with a name known to everybody, outside private networks, "
            "are called.",
            field="address",
        ) from None
    secret = _new_secret()
    with transaction() as session:
        many = session.scalar(select(func.count()).where(Webhook.pledge == pledge)) or 0
        if many >= MOST_PER_PLEDGE:
            raise InvalidValue("A pledge has ten webhooks at most.", field="address")
        row = Webhook(
            pledge=pledge,
            account=account,
            address=address,
            secret=b"",
            made_at=now,
            **begun(pledge, now),
        )
        session.add(row)
        session.flush()
        row.secret = _seal(row.id, secret)
    return secret


def rotate(webhook: int, *, pledge: str, by: Actor, now: datetime) -> str:
    """Replace the secret; the old one signs too for a day. Returns the new one, shown this once.

    Raises NotAllowed, NotFound, NotSetUp.
    """
    secret = _new_secret()
    with transaction() as session:
        row = _own(session, webhook, pledge, by)
        row.old_secret, row.old_until = row.secret, now + BOTH_SIGN
        row.secret = _seal(row.id, secret)
    return secret


def end(webhook: int, *, pledge: str, by: Actor) -> None:
    """Call it no more; what waits for it is dropped. Raises NotAllowed, NotFound."""
    with transaction() as session:
        session.delete(_own(session, webhook, pledge, by))


def send_trial(webhook: int, *, pledge: str, by: Actor, now: datetime) -> None:
    """Put a trial call into the outbox, to see whether it arrives. Raises NotAllowed, NotFound."""
    said = {"type": "pledge.trial", "timestamp": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "data": {"pledge": pledge}}  # fmt: skip
    with transaction() as session:
        row = _own(session, webhook, pledge, by)
        outbox.put(session, "webhook", row.id, json.dumps(said, sort_keys=True), now=now)


def call(due: Due, *, now: datetime, resolve: Resolve = socket.getaddrinfo) -> None:
    """Deliver a call of the outbox. Raises NotWanted, Undeliverable (for good after a 410)."""
    with transaction() as session:
        row = session.get(Webhook, due.addressee)
        if row is None or not may_still_see(row.account, row.pledge, now):
            raise NotWanted
        if row.old_until is not None and row.old_until <= now:
            row.old_secret = row.old_until = None
        address, sealed = row.address, [row.secret, row.old_secret]
    signed = [Signer(_unseal(due.addressee, each)) for each in sealed if each is not None]
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "KitTrail",
        "webhook-id": due.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(one.sign(due.id, now, due.body) for one in signed),
    }
    status = posting.post(address, due.body.encode(), headers, allowed=_allowed(), resolve=resolve)
    if not 200 <= status < 300:
        told = "redirects, which is not followed" if 300 <= status < 400 else "did not take it"
        raise Undeliverable(f"the address {told} ({status})", for_good=status == GONE)


def forget_ended() -> None:
    """Forget the webhooks of accounts that have ended."""
    accounts = select(Account.id).where(Account.active.is_(False))
    with transaction() as session:
        session.execute(delete(Webhook).where(Webhook.account.in_(accounts)))


def _own(session: Session, webhook: int, pledge: str, by: Actor) -> Webhook:
    must_receive(pledge, by)
    row = session.get(Webhook, webhook)
    if row is None or row.pledge != pledge:
        raise NotFound
    return row


def _new_secret() -> str:
    """A secret as Standard Webhooks writes it: `whsec_` and 32 random bytes in base64."""
    return "whsec_" + b64encode(secrets.token_bytes(32)).decode()


def _allowed() -> list[posting.Network]:
    return posting.networks(current_app.config["WEBHOOKS_ALLOW"])


def _key() -> bytes:
    try:
        return sealing.key_from(current_app.config["KEYS"].get("notices"))
    except sealing.Unopened:
        raise NotSetUp("This server has no key for notices.") from None


def _seal(webhook: int, secret: str) -> bytes:
    return sealing.seal(_key(), secret.encode(), f"webhook|{webhook}|secret")


def _unseal(webhook: int, sealed: bytes) -> str:
    try:
        return sealing.unseal(_key(), sealed, f"webhook|{webhook}|secret").decode()
    except sealing.Unopened:
        raise Undeliverable("the secret of the webhook cannot be opened") from None
