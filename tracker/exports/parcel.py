"""What every export is made of: the view, its statement, and the units where they are listed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import NamedTuple

from tracker.domain.portfolios import Kind
from tracker.domain.unit_proofs import UnitProof
from tracker.exports.words import ALL_PLEDGES, Pair
from tracker.queries.donors import DonorView

FORMS = {
    "csv": "text/csv; charset=utf-8",
    "units.csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "pdf": "application/pdf",
    "sqlite": "application/vnd.sqlite3",
}
"""The forms that a donor can take along, and their media types."""

WITH_UNITS = frozenset({"units.csv", "xlsx", "json", "sqlite"})
"""Forms that hold one row for every unit of a pledge, and so grow with it."""

Progress = Callable[[int, int], None]


class Head(NamedTuple):
    """The ledger as it was signed by the end of the day: how many events, and their root (hex)."""

    size: int
    root: str
    signed_on: date


@dataclass(frozen=True, slots=True)
class Statement:
    """What an export says of itself. `ledger` is None before the first checkpoint.

    `server` is the host that made it, `language` the one of its headings.
    """

    made_at: datetime
    known_until: date
    delay_days: int
    small_cell: int
    ledger: Head | None
    server: str
    language: str

    @property
    def made(self) -> str:
        """The moment in UTC, to the second."""
        return self.made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Export:
    """A view and its statement. `units` gives the units of a pledge anew at each call.

    It is None where no unit may be listed: for several pledges together, and for totals only.
    """

    view: DonorView
    said: Statement
    units: Callable[[], Iterator[UnitProof]] | None = None

    @property
    def names(self) -> Pair:
        """What it is of, in Ukrainian and English."""
        if self.view.portfolio.kind is Kind.MECHANISM:
            return ALL_PLEDGES
        return self.view.name_uk, self.view.name_en

    @property
    def reference(self) -> str:
        """What it is of, as a short text for a cell."""
        return self.view.portfolio.ref or "mechanism"


def file_name(export: Export, form: str) -> str:
    """`kittrail-PL-2022-11-2026-11-21.xlsx`: what it is of and the day it is known until."""
    of = re.sub(r"[^A-Za-z0-9.-]+", "-", export.reference).strip("-.") or "export"
    stem = f"kittrail-{of}-{export.said.known_until.isoformat()}"
    return f"{stem}-{form}" if form == "units.csv" else f"{stem}.{form}"
