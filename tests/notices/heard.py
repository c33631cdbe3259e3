"""Everything that is told to a donor without being asked for, in bytes that can be compared."""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import datetime, timedelta
from email.message import EmailMessage
from unittest.mock import patch

from flask import Flask
from sqlalchemy import select

from tests.donors.worlds import Reader
from tests.notices.postbox import part
from tests.services.builders import COORDINATOR
from tracker.db import db
from tracker.domain.permissions import Actor, Role
from tracker.models import Subscription
from tracker.services import shares
from tracker.services.notices import due, feeds, mail, posting, subscriptions, webhooks

TOKEN = re.compile(r"(#|/u/)[\w-]{22}")
"""Links of mails carry tokens, which are random and say nothing."""

DIANA = Actor("account:1", Role.DONOR, party="EX")
FEEDS = ("days.atom", "deadlines.ics")


def everything_told(app: Flask, since: datetime, until: datetime) -> dict[str, tuple[object, ...]]:
    """All mails and calls from `since` to `until`, and what feeds then say to a program."""
    app.config.update(MAIL_HOST="mail.example.org", MAIL_FROM="notices@example.org")
    app.config["WEBHOOKS_ALLOW"] = "203.0.113.0/24"
    told: list[tuple[object, ...]] = []
    with (
        patch.object(mail, "send", lambda sent: told.append(bytes_of_mail(sent))),
        patch.object(posting, "post", lambda address, body, headers, **_: _taken(told, body)),
    ):
        _subscribe(since)
        day = since
        while day < until:
            day += timedelta(days=7)
            before = len(told)
            for job in due.JOBS.values():
                job(now=day)
            told[before:] = sorted(told[before:], key=repr)  # sent in the order of random ids
    seen = {f"told {number}": one for number, one in enumerate(told)}
    return seen | _fetched(app, until)


def _taken(told: list[tuple[object, ...]], body: bytes) -> int:
    told.append(("webhook", body))
    return 200


def _subscribe(now: datetime) -> None:
    """Diana daily, the holder of a link weekly in Ukrainian, and a webhook."""
    subscriptions.subscribe("EX-1", cadence="daily", locale="en", by=DIANA, now=now)
    token = shares.make_share("EX-1", days=300, by=COORDINATOR, now=now)
    share = shares.open_share(token, now=now)
    said = {"address": "erin@example.org", "cadence": "weekly", "locale": "uk"}
    subscriptions.ask(share, **said, now=now)
    uid = db.session.scalar(select(Subscription.uid).where(Subscription.share == share))
    assert uid is not None
    subscriptions.confirm(subscriptions.token_of(uid, "manage"), now=now)
    webhooks.register("EX-1", address="https://203.0.113.7/", by=DIANA, now=now)


def bytes_of_mail(sent: EmailMessage) -> tuple[object, ...]:
    """Headers and both parts, but for what is random: ids, tokens, the border between parts."""
    named = {name: str(value) for name, value in sent.items() if name != "Message-ID"}
    named["Content-Type"] = sent.get_content_type()
    headers = sorted((name, TOKEN.sub(r"\1", value)) for name, value in named.items())
    return ("mail", headers, *(TOKEN.sub(r"\1", part(sent, kind)) for kind in ("plain", "html")))


def _fetched(app: Flask, now: datetime) -> dict[str, tuple[object, ...]]:
    password = feeds.make_key("EX-1", by=DIANA, now=now)
    said = {"Authorization": "Basic " + b64encode(f"feed:{password}".encode()).decode()}
    program = Reader(app.test_client())
    seen: dict[str, tuple[object, ...]] = {}
    for name in FEEDS:
        for language in ("uk", "en"):
            path = f"/feeds/pledges/EX-1/{name}?lang={language}"
            answer = program.get(path, headers=said)
            assert answer.status_code == 200
            headers = sorted((k, v) for k, v in answer.headers if k != "Date")
            seen[f"program {path}"] = (headers, answer.data)
    return seen
