"""Taking in a unit that no manifest names: one of our blank labels, then its maker's codes.

Item, identifiers, label, announcement and receipt are one transaction: a unit is taken in whole or
not at all. The scan's id, made in the page, is that of the receiving event: the same unit sent
twice is one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import String, cast, func, select, update
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tracker.db import db, transaction
from tracker.domain.gtin import is_gtin
from tracker.domain.identifiers import KEYBOARD, IdentifierError, guess, lookup_key, normalise
from tracker.domain.keyboards import pressed
from tracker.domain.permissions import Actor
from tracker.domain.scans import Mode, Scan
from tracker.errors import (
    ChooseProduct,
    IdentifierInUse,
    InvalidValue,
    LabelInUse,
    LineFull,
    NeedIdentifier,
    NotAllowed,
    NotFound,
)
from tracker.ledger import discrepancies, stories
from tracker.ledger.announcing import NewItem, announce
from tracker.ledger.events import Setting
from tracker.ledger.record import record_within
from tracker.models import Event, Identifier, Item, Label, Location, PledgeLine, Product
from tracker.services.codes import read_code, show
from tracker.services.imports.items import search_text

LATER = frozenset({"utid"})
"""Identifiers that are not printed on a unit: it may wait for them."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What was scanned of one unit: its id from the page, our label, the maker's codes.

    `product` is given where more than one would fit; `confirm` says that the pledge brought more
    than it promised.
    """

    id: str
    label: str
    numbers: tuple[str, ...]
    product: str | None = None
    confirm: bool = False


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A unit that is in stock now; `notes` say what was repaired in its numbers."""

    code: str
    product: str
    again: bool = False
    over: bool = False
    notes: tuple[str, ...] = field(default=())


def take_in(arrival: Arrival, *, pledge: str, location: str, by: Actor, now: datetime) -> TakenIn:
    """Announce a unit on its pledge's line, bind its label and receive it.

    Raises NotAllowed, NotFound (no such pledge), LabelInUse, InvalidValue (a number that cannot be
    one), ChooseProduct, NeedIdentifier, IdentifierInUse, and LineFull until that is confirmed.
    """
    if not by.may_scan("receiving", location):
        raise NotAllowed
    before = _before(arrival.id)
    if before is not None:
        return before
    label = _label(arrival.label)
    try:
        with transaction() as session:
            return _take_in(session, arrival, label, pledge, location, by, now)
    except IntegrityError:
        # Another bench was faster: with the same unit, the same label or the same number.
        before = _before(arrival.id)
        if before is None:
            raise IdentifierInUse("Somebody else took in the same number just now.") from None
        return before


def _take_in(
    session: Session,
    arrival: Arrival,
    label: str,
    pledge: str,
    location: str,
    by: Actor,
    now: datetime,
) -> TakenIn:
    place = session.get(Location, location)
    if place is None or place.kind == "site":
        raise InvalidValue("Say at which warehouse you are.", field="location")
    lines = _lines(session, pledge)
    if not lines:
        raise NotFound("This pledge has no line to take units in for.")
    line, numbers, notes = _identified(arrival, lines)
    _refuse_known(session, numbers)
    over = _is_full(session, line)
    if over and not arrival.confirm:
        raise LineFull
    unit = NewItem(label, pledge, line.id, line.product, search_text([label], numbers.values()))
    [item] = announce(session, [unit], by=by, now=now)
    taken = session.execute(
        update(Label)
        .where(Label.code == label, Label.state == "blank")
        .values(state="bound", item=item, bound_at=now)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        raise LabelInUse
    for scheme, value in numbers.items():
        session.add(Identifier(item=item, scheme=scheme, value=value, read_at=now))
    session.flush()
    scan = Scan(arrival.id, label, "receiving", now, location=location)
    waiting = [label] if stories.code_chains(session.connection(), [label]) else []
    mode = Mode.QUEUED if waiting else Mode.LIVE  # whatever was scanned before, the unit is here
    record_within(session, [scan], Setting(by, mode, now, now), bound=waiting)
    if over:
        found = (f"item:{item}", item, "over", arrival.id)
        row = discrepancies.opened(found, now, {"step": "receiving", "pledge": pledge})
        discrepancies.keep(session.connection(), [row | {"raised_by": by.ref}])
    return TakenIn(label, line.product, over=over, notes=notes)


def _before(scan: str) -> TakenIn | None:
    """The unit that this scan took in already."""
    row = db.session.execute(
        select(Item.code, Item.product)
        .join(Event, Event.subject == "item:" + cast(Item.id, String))
        .where(Event.id == scan)
    ).first()
    return TakenIn(row.code, row.product, again=True) if row else None


def _label(text: str) -> str:
    """The blank label's code; LabelInUse for any other."""
    code = read_code(text)
    if db.session.scalar(select(Label.state).where(Label.code == code)) != "blank":
        raise LabelInUse
    return code


def _lines(session: Session, pledge: str) -> Sequence[Row[tuple[int, str, int, str]]]:
    return session.execute(
        select(PledgeLine.id, PledgeLine.product, PledgeLine.quantity, Product.identifiers)
        .join(Product, Product.ref == PledgeLine.product)
        .where(PledgeLine.pledge == pledge)
        .order_by(PledgeLine.id)
    ).all()  # type: ignore[return-value]


def _identified(
    arrival: Arrival, lines: Sequence[Row[tuple[int, str, int, str]]]
) -> tuple[Row[tuple[int, str, int, str]], dict[str, str], tuple[str, ...]]:
    """The line the unit belongs to, its numbers by scheme, and what was repaired in them."""
    schemes = {scheme for line in lines for scheme in line.identifiers.split()}
    texts, notes = _typed(arrival.numbers, schemes)
    if not arrival.confirm and any(is_gtin(text) for text in texts):
        told = "This is a product’s barcode: scan the unit’s own."
        raise InvalidValue(told, field="numbers", may_confirm=True)  # one in ten only looks so
    if "imei" in schemes and _is_misread(texts):
        raise InvalidValue("The check digit of this IMEI is wrong: scan it again.", field="numbers")
    fitting = [
        (line, read)
        for line in lines
        if arrival.product in (None, line.product)
        and (read := _read(texts, line.identifiers.split())) is not None
    ]
    if not fitting:
        if arrival.product is None and len(lines) > 1:
            raise InvalidValue("No product of this pledge carries such numbers.", field="numbers")
        wanted = ", ".join((lines[0].identifiers or "serial").split())
        raise InvalidValue(f"Such a unit carries: {wanted}.", field="numbers")
    best = max(_shapes(read) for _, read in fitting)
    fitting = [(line, read) for line, read in fitting if _shapes(read) == best]
    if len({line.product for line, _ in fitting}) > 1:
        raise ChooseProduct(products=[line.product for line, _ in fitting])
    line, read = fitting[0]
    wanted_schemes = line.identifiers.split()
    missing = [one for one in wanted_schemes if one not in read and one not in LATER]
    if missing:
        raise NeedIdentifier(missing=missing)
    numbers = {}
    for scheme, text in read.items():
        reading = normalise(scheme, text)
        numbers[scheme] = reading.value
        notes.extend(reading.notes)
    return line, numbers, tuple(dict.fromkeys(notes))


def _typed(texts: Sequence[str], schemes: Set[str]) -> tuple[list[str], list[str]]:
    """`texts` read back from the Ukrainian keyboard where no number has such letters, and a note.

    The tags of an institution may be Cyrillic, and stay as they are.
    """
    if "asset_tag" in schemes:
        return list(texts), []
    read = [text if lookup_key(text).isascii() else pressed(text) for text in texts]
    return read, [KEYBOARD] if read != list(texts) else []


def _is_misread(texts: Sequence[str]) -> bool:
    """Whether one is an IMEI but for its check digit, and none is an IMEI."""
    digits = [text for text in texts if re.fullmatch("[0-9]{15}", lookup_key(text))]
    return bool(digits) and not any(guess(text) == "imei" for text in digits)


def _shapes(read: dict[str, str]) -> int:
    """How many numbers stand under the scheme that their shape gives away."""
    return sum(guess(text) == scheme for scheme, text in read.items())


def _read(numbers: Sequence[str], schemes: Sequence[str]) -> dict[str, str] | None:
    """Each number under a scheme of the product; None where one has no place.

    A shape that is known (KIT, UTID, IMEI) goes first; the others in the order in which the
    product names its identifiers.
    """
    read: dict[str, str] = {}
    rest = []
    for text in numbers:
        scheme = guess(text)
        if scheme in schemes and scheme not in read:
            read[str(scheme)] = text
        elif scheme is not None and scheme not in schemes:
            return None
        else:
            rest.append(text)
    free = [scheme for scheme in schemes if scheme not in read and _is_free(scheme)]
    if len(rest) > len(free):
        return None
    for scheme, text in zip(free, rest, strict=False):
        try:
            normalise(scheme, text)
        except IdentifierError:
            return None
        read[scheme] = text
    return read


def _is_free(scheme: str) -> bool:
    """Whether numbers of a scheme have no shape of their own."""
    return scheme not in ("kit", "utid", "imei")


def _refuse_known(session: Session, numbers: dict[str, str]) -> None:
    for scheme, value in numbers.items():
        held = session.execute(
            select(Item.code)
            .join(Identifier, Identifier.item == Item.id)
            .where(Identifier.scheme == scheme, Identifier.value == value, Identifier.live)
        ).first()
        if held:
            raise IdentifierInUse(f"{show(held.code)} carries this number.", unit=held.code)


def _is_full(session: Session, line: Row[tuple[int, str, int, str]]) -> bool:
    many = session.scalar(select(func.count()).where(Item.pledge_line == line.id)) or 0
    return bool(many >= line.quantity)
