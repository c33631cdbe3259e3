"""The sheet of a closed count, with the numbers that its page shows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from tracker.db import db
from tracker.domain.permissions import Action, Actor
from tracker.errors import Conflict, NotAllowed, NotFound
from tracker.models import Location, StockCount
from tracker.papers import count_sheet
from tracker.papers.parts import Line, Title
from tracker.papers.words import CONDITIONS, REASONS, STATUSES
from tracker.queries import counts, reach
from tracker.queries.counts import Books, Said
from tracker.services.papers.documents import Issued, issue
from tracker.services.papers.issuing import Remarks, lines_of, place_of


def issue_count_sheet(number: str, *, by: Actor, now: datetime) -> Issued:
    """Issue the result of a closed count under its own number."""
    if not by.may(Action.SCAN_STOCK):
        raise NotAllowed
    count = reach.one(db.session(), StockCount, number, by)
    if count is None:
        raise NotFound
    if count.closed_at is None:
        raise Conflict("The count is still open.")
    opened_at, closed_at = count.opened_at, count.closed_at
    found = counts.split(count)
    said = {item: _said(one) for item, one in found.said.items()}
    place = "; ".join(map(place_of, counts.doors_of(db.session.connection(), number)))
    unexpected = lines_of(found.unexpected, _both(_where(found.unexpected), said))
    unexpected += [Line(code, "Невідомий код", "Unknown code") for code in found.unknown]

    def compose(title: Title) -> bytes:
        return count_sheet.write(
            count_sheet.CountSheet(
                title=title,
                place=place,
                opened_at=opened_at,
                closed_at=closed_at,
                expected=found.expected,
                found=lines_of(found.alone, said),
                missing=lines_of(found.missing),
                unexpected=unexpected,
                boxed=lines_of(found.boxed, said),
                gone=lines_of(found.gone),
                came=lines_of(found.came, said),
            )
        )

    return issue("count_sheet", number, compose, by=by, now=now, number=number)


def _said(said: Said) -> tuple[str, str]:
    words = [CONDITIONS.get(said.condition or ""), REASONS.get(said.reason or "")]
    told = [one for one in words if one]
    return "; ".join(uk for uk, _ in told), "; ".join(en for _, en in told)


def _where(unexpected: Mapping[int, Books]) -> dict[int, tuple[str, str]]:
    """Where the ledger had what should not have been there; a site is never named on paper."""
    told = {}
    for item, books in unexpected.items():
        uk, en = STATUSES.get(books.status or "", ("невідомо", "not known"))
        place = db.session.get(Location, books.location) if books.location else None
        at = f", {place.ref}" if place is not None and place.kind != "site" else ""
        told[item] = f"за обліком: {uk}{at}", f"on the books: {en}{at}"
    return told


def _both(first: Remarks, second: Remarks) -> dict[int, tuple[str, str]]:
    """What two say of an item, one after the other in each language."""
    both = {}
    for item in first.keys() | second.keys():
        said = [one[item] for one in (first, second) if item in one]
        both[item] = "; ".join(uk for uk, _ in said), "; ".join(en for _, en in said)
    return both
