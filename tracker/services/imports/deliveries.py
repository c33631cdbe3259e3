"""Which delivery a list is: another one of its pledge, or again one that is here.

Donors number cartons from 1 in every list, and power banks have no numbers at all: only the bytes
of a file, or a person, can say that a list is the same as before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, exists, insert, select
from sqlalchemy.orm import Session

from tracker.clock import day_in_kyiv
from tracker.domain.deliveries import Which, ref_of
from tracker.domain.sheets import Rows
from tracker.models import Delivery, DeliveryFile
from tracker.services.imports.importing import among


@dataclass(frozen=True, slots=True)
class Listed:
    """One delivery that is here; `has_file` whether the bytes of its list are known."""

    ref: str
    number: int
    has_file: bool


@dataclass(slots=True)
class Choice:
    """What a list is to one of its pledges: `again` the delivery that it is of, None for another.

    `here` are the pledge's deliveries so far. `is_open` where nobody has said, and the only one
    came before files were remembered: whether this is its list, what stands in it must tell.
    """

    pledge: str
    here: Sequence[Listed] = ()
    again: Listed | None = None
    is_open: bool = False

    @property
    def number(self) -> int:
        """That of the delivery that the list is taken as."""
        if self.again is not None:
            return self.again.number
        return self.here[-1].number + 1 if self.here else 1

    @property
    def ref(self) -> str:
        """That of the delivery that the list is taken as."""
        return ref_of(self.pledge, self.number)

    def told(self, new: int, known: int) -> str:
        """What the list was taken as, with how many units are new and how many rows name others."""
        units = f"{new:,} new unit{'' if new == 1 else 's'}"
        if known:
            units += f", {known:,} row{'' if known == 1 else 's'} of units that are here"
        if self.again is not None:
            return f"Delivery {self.number} of {self.pledge} again ({self.ref}): {units}."
        before = " or ".join(str(one.number) for one in self.here)
        say = "--same-delivery" if len(self.here) == 1 else "--delivery and its number"
        return (
            f"New delivery {self.number} of {self.pledge} ({self.ref}): {units}. "
            f"If this is the list of delivery {before} again, say {say}."
        )


def imported_before(session: Session, sha256: str) -> Sequence[Row[*tuple[Any, ...]]]:
    """(pledge, ref, imported_at) of the deliveries whose list these very bytes were."""
    return session.execute(
        select(Delivery.pledge, Delivery.ref, DeliveryFile.imported_at)
        .join(Delivery, Delivery.ref == DeliveryFile.delivery)
        .where(DeliveryFile.sha256 == sha256)
        .order_by(Delivery.ref)
    ).all()


def told_again(before: Iterable[Row[*tuple[Any, ...]]]) -> str:
    """That a file was imported before, when, and as what."""
    told = [f"as {row.ref} on {day_in_kyiv(row.imported_at)}" for row in before]
    return f"This very file was imported before, {', '.join(told)}: nothing changes."


def choose(
    session: Session, rows: Rows, pledges: Collection[str], which: Which
) -> dict[str, Choice]:
    """What the list is to each of its pledges. What was said and cannot be is a fault."""
    here = _here(session, pledges)
    named = _named(rows, here, pledges, which.refs)
    choices = {}
    for pledge in sorted(pledges):
        choice = choices[pledge] = Choice(pledge, here[pledge])
        if pledge in named:
            choice.again = named[pledge]
        elif which.same and len(choice.here) > 1:
            listed = ", ".join(one.ref for one in choice.here)
            rows.fault(
                0, "", f"{pledge} has several deliveries: say --delivery and which: {listed}"
            )
        elif which.same and choice.here:
            choice.again = choice.here[0]
        elif not which.is_said and len(choice.here) == 1:
            choice.is_open = not choice.here[0].has_file
    return choices


def _here(session: Session, pledges: Collection[str]) -> dict[str, list[Listed]]:
    has_file = exists().where(DeliveryFile.delivery == Delivery.ref)
    found: dict[str, list[Listed]] = defaultdict(list)
    for row in session.execute(
        select(Delivery.pledge, Delivery.ref, Delivery.number, has_file.label("has_file"))
        .where(among(session, Delivery.pledge, pledges))
        .order_by(Delivery.pledge, Delivery.number)
    ):
        found[row.pledge].append(Listed(row.ref, row.number, row.has_file))
    return found


def _named(
    rows: Rows, here: dict[str, list[Listed]], pledges: Collection[str], refs: Iterable[str]
) -> dict[str, Listed]:
    """{pledge: the delivery that was named}."""
    named: dict[str, Listed] = {}
    by_ref = {one.ref: (pledge, one) for pledge, listed in here.items() for one in listed}
    for text in refs:
        ref = text.strip().upper()
        if ref.isdecimal() and len(pledges) == 1:
            ref = ref_of(next(iter(pledges)), int(ref))
        if ref not in by_ref:
            known = ", ".join(by_ref) or "none yet"
            reason = f"its pledges have no delivery {text.strip()}; there are: {known}"
            rows.fault(0, "", reason)
        elif named.setdefault(by_ref[ref][0], by_ref[ref][1]).ref != ref:
            rows.fault(0, "", f"{by_ref[ref][0]}: say one delivery, not two")
    return named


def keep_delivery(session: Session, choice: Choice, now: datetime) -> None:
    """Make the delivery that a list is taken as, if it is a new one."""
    if choice.again is None:
        session.execute(
            insert(Delivery).values(
                ref=choice.ref, pledge=choice.pledge, number=choice.number, made_at=now
            )
        )


def keep_file(
    session: Session,
    deliveries: Collection[str],
    file: str,
    sha256: str,
    many: dict[str, int],
    *,
    by: str,
    now: datetime,
) -> None:
    """Remember the bytes of a file as the list of `deliveries`; `many` are its rows by each."""
    known = set(
        session.scalars(
            select(DeliveryFile.delivery).where(
                DeliveryFile.sha256 == sha256, among(session, DeliveryFile.delivery, deliveries)
            )
        )
    )
    rows = [
        {"delivery": ref, "sha256": sha256, "name": file[:255], "rows": many.get(ref, 0)}
        | {"imported_by": by, "imported_at": now}
        for ref in sorted(deliveries)
        if ref not in known
    ]
    if rows:
        session.execute(insert(DeliveryFile), rows)
