"""Wrong passwords slow down who guesses, and shut out nobody else.

A miss counts for the address that made it, and for the address and the account together. What is
counted for an account as a whole never refuses anybody: it only makes each stranger's allowance
smaller. Who has signed in from this browser before is no stranger: it has an allowance of its own,
which a neighbour behind the same address cannot use up. Counters live in memory and run out.
"""

from __future__ import annotations

import hashlib
import secrets

from flask import Response, current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from limits import parse

from tracker.errors import TooManyRequests
from tracker.web.frame.limits import client_address, limiter

BY_ADDRESS = (parse("60 per minute"), parse("300 per hour"))
"""Misses of everybody behind one address; forty people mistype on a Monday morning."""

BY_ACCOUNT = parse("20 per hour")
"""Misses at one account from one address, or from one browser that is known there."""

UNDER_ATTACK = parse("100 per hour")
"""Misses at one account from all addresses, after which each stranger is allowed fewer."""

BY_STRANGER = parse("10 per hour")
KNOWN, KNOWN_FOR = "kittrail-known", 90 * 86400  # a cookie's name, seconds
MOST_KNOWN = 20  # accounts of one browser: a warehouse's computer is shared


class Guesser:
    """Whoever tries to sign in just now to one account; "" where none is named (a passkey)."""

    def __init__(self, account: str) -> None:
        self.account, self.address = _digest(account), client_address()
        self.number, self.known = _known_browser()
        self.browser = self.number if self.account in self.known else ""

    def require_patience(self) -> None:
        """Raise TooManyRequests where this one has missed too often."""
        if not current_app.config["RATE_LIMITS"]:
            return
        test = limiter.limiter.test
        if self.browser:
            is_over = not test(BY_ACCOUNT, "known", self.browser, self.account)
        else:
            attacked = not test(UNDER_ATTACK, "attacked", self.account)
            allowed = BY_STRANGER if attacked else BY_ACCOUNT
            is_over = not test(allowed, "stranger", self.address, self.account)
            is_over |= any(not test(one, "address", self.address) for one in BY_ADDRESS)
        if is_over:
            raise TooManyRequests

    def count_miss(self) -> None:
        """This was a miss."""
        if not current_app.config["RATE_LIMITS"]:
            return
        hit = limiter.limiter.hit
        if self.browser:
            hit(BY_ACCOUNT, "known", self.browser, self.account)
            return
        hit(UNDER_ATTACK, "attacked", self.account)
        for allowed in (BY_STRANGER, BY_ACCOUNT):
            hit(allowed, "stranger", self.address, self.account)
        for allowed in BY_ADDRESS:
            hit(allowed, "address", self.address)

    def remember(self, account: str, response: Response) -> None:
        """This browser has signed in to `account`: it is no stranger there from now on."""
        known = [_digest(account), *(one for one in self.known if one != _digest(account))]
        said = [self.number or secrets.token_hex(8), known[:MOST_KNOWN]]
        secure = current_app.config["SECURE_COOKIES"]
        response.set_cookie(
            KNOWN,
            _signer().dumps(said),
            max_age=KNOWN_FOR,
            path="/login",
            secure=secure,
            httponly=True,
            samesite="Lax",
        )


def _digest(account: str) -> str:
    return hashlib.sha256(account.strip().lower().encode()).hexdigest()[:20]


def _known_browser() -> tuple[str, list[str]]:
    """The number of this browser, and the accounts to which somebody has signed in from it."""
    try:
        number, known = _signer().loads(request.cookies.get(KNOWN, ""), max_age=KNOWN_FOR)
    except (BadSignature, ValueError, TypeError):
        return "", []
    return str(number), list(known)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="known-browser")
