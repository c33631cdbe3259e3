"""What a browser knew of a donor's page before, as it keeps it in the cookie of that page.

The cookie stands under the page's own address and says nothing that the page does not: whose link
it is, up to which day the page was known at the visit before, up to which it is shown since, and on
which of these days the reader was told that fewer units count as on line (`-`: needs not be told).
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from tracker.domain.disclosure import Counts

NEED_NOT = "-"


class LastLook(NamedTuple):
    """How this visit differs from the one before.

    `since` is the day up to which the page was known then, None at the first visit. With
    `says_online` the page has to say now that units no longer count as on line; it does so on one
    day. `kept` is what the cookie holds from now on.
    """

    since: date | None
    says_online: bool
    kept: str


def last_look(cookie: str, counts: Counts, link: str = "", asked: str = "") -> LastLook:
    """What the cookie of a page says whose counts are now these; `link` is the link's number.

    `asked` is a day that the reader chose to compare with, as text.
    """
    whose, *said = f"{cookie}...".split(".")[:4]
    before, newest = (as_day(day) if whose == link else None for day in said[:2])
    told = said[2] if newest else ""
    until = counts.until
    if newest != until:
        before = newest if newest and newest < until else None
    if counts.said_online and not told:
        told = until.isoformat() if newest else NEED_NOT
    return LastLook(
        as_day(asked) or before,
        bool(counts.said_online) and told == until.isoformat(),
        f"{link}.{before or ''}.{until}.{told}",
    )


def as_day(text: str) -> date | None:
    """The day that a text names, None for any other text."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
