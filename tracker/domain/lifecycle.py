"""THE table of steps: from which status, to which, what each needs, and its EPCIS words.

The live guard, the fold, the big button, the answer of a refusal, the EPCIS export, the diagram
in the docs and the tests are all made from `STEPS`. Nothing else knows what may follow what.

Words after the EPCIS Core Business Vocabulary 2.0 (GS1); steps marked `ours` have no word there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache


class Status(StrEnum):
    """What an item's events add up to."""

    ANNOUNCED = "announced"
    IN_STOCK = "in_stock"
    PACKED = "packed"
    IN_TRANSIT = "in_transit"
    HANDED_OVER = "handed_over"
    DEPLOYED = "deployed"
    RETURNING = "returning"
    IN_REPAIR = "in_repair"
    LOST = "lost"
    STOLEN = "stolen"
    DESTROYED = "destroyed"
    WRITTEN_OFF = "written_off"


class Condition(StrEnum):
    """How a unit is, beside its status."""

    GOOD = "good"
    DAMAGED = "damaged"
    UNSERVICEABLE = "unserviceable"


class Need(StrEnum):
    """What a step cannot do without."""

    PLEDGE_LINE = "pledge_line"
    LABEL = "label"
    LOCATION = "location"
    HANDLING_UNIT = "handling_unit"
    CONSIGNMENT = "consignment"
    RECEIVER = "receiver"
    ACT = "act"
    SITE = "site"
    SECOND_IDENTIFIER = "second_identifier"
    FINDINGS = "findings"
    REPORT = "report"
    SECOND_PERSON = "second_person"


class Rung(StrEnum):
    """The proof ladder, lowest first: how far a unit is proved to have come."""

    SHIPPED = "shipped"
    RECEIVED = "received"
    SIGNED_FOR = "signed_for"
    DEPLOYED = "deployed"
    ONLINE = "online"
    INSPECTED = "inspected"


class Move(StrEnum):
    """Targets that depend on the item rather than on the table."""

    STAY = "stay"
    WHERE_IT_WAS = "where_it_was"
    BY_LOCATION = "by_location"


NEW = None
"""The status of a unit that no event has named yet."""


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the table.

    `sources` holds the statuses it may follow (`NEW` is None); `forward` says that the step lies
    on the way from pledge to site, so that it may be inferred when its scan is missing; `observes`
    that it only tells that the unit was seen, and changes nothing;
    `biz_step` and `disposition` are EPCIS words, with `ours:` before those CBV lacks.
    """

    id: str
    sources: frozenset[Status | None]
    target: Status | Move
    biz_step: str
    disposition: str | None
    needs: tuple[Need, ...] = ()
    forward: bool = False
    rung: Rung | None = None
    observes: bool = False


S, N = Status, Need
_EVERY = frozenset([NEW, *Status])
_LIVING = frozenset(Status) - {S.WRITTEN_OFF}


def _table(rows: Iterable[Step]) -> dict[str, Step]:
    return {row.id: row for row in rows}


STEPS: dict[str, Step] = _table(
    [
        Step("announcing", frozenset([NEW]), S.ANNOUNCED, "ours:announcing", None,
             (N.PLEDGE_LINE,), forward=True),
        Step("commissioning", _EVERY, Move.STAY, "commissioning", "active", (N.LABEL,)),
        Step("receiving", frozenset([S.ANNOUNCED, S.IN_TRANSIT, S.RETURNING]), S.IN_STOCK,
             "receiving", "available", (N.LOCATION,), forward=True, rung=Rung.RECEIVED),
        Step("packing", frozenset([S.IN_STOCK, S.PACKED]), S.PACKED,
             "packing", "container_closed", (N.HANDLING_UNIT,), forward=True),
        Step("unpacking", frozenset([S.IN_STOCK, S.PACKED]), S.IN_STOCK,
             "unpacking", "container_open", (N.HANDLING_UNIT,)),
        Step("shipping", frozenset([S.IN_STOCK, S.PACKED]), S.IN_TRANSIT,
             "shipping", "in_transit", (N.CONSIGNMENT,), forward=True, rung=Rung.SHIPPED),
        Step("void_shipping", frozenset([S.IN_TRANSIT]), S.PACKED,
             "void_shipping", "available", (N.CONSIGNMENT,)),
        Step("entering_exiting", frozenset([S.IN_TRANSIT]), Move.STAY,
             "entering_exiting", "in_transit", (N.LOCATION,)),
        Step("accepting", frozenset([S.IN_STOCK, S.PACKED, S.IN_TRANSIT]), S.HANDED_OVER,
             "accepting", "available", (N.RECEIVER, N.ACT, N.SECOND_IDENTIFIER),
             forward=True, rung=Rung.SIGNED_FOR),
        Step("deploying", frozenset([S.HANDED_OVER]), S.DEPLOYED, "ours:deploying", "active",
             (N.SITE, N.SECOND_IDENTIFIER), forward=True, rung=Rung.DEPLOYED),
        Step("inspecting", frozenset([S.DEPLOYED]), Move.STAY, "inspecting", "active",
             (N.FINDINGS,), rung=Rung.INSPECTED),
        Step("collecting", frozenset([S.DEPLOYED]), S.HANDED_OVER, "collecting", "inactive"),
        Step("counting", _LIVING, Move.STAY, "stock_taking", None, (N.LOCATION,), observes=True),
        Step("returning", frozenset([S.HANDED_OVER, S.IN_STOCK]), S.RETURNING,
             "shipping", "returned"),
        Step("repairing", frozenset([S.IN_STOCK, S.HANDED_OVER]), S.IN_REPAIR,
             "repairing", "needs_replacement"),
        Step("repaired", frozenset([S.IN_REPAIR]), Move.WHERE_IT_WAS, "inspecting", "available"),
        Step("reporting_lost", _LIVING, S.LOST, "ours:reporting_lost", "unknown", (N.REPORT,)),
        Step("reporting_stolen", _LIVING, S.STOLEN, "ours:reporting_stolen", "stolen",
             (N.REPORT,)),
        Step("destroying", _LIVING, S.DESTROYED, "destroying", "destroyed", (N.REPORT,)),
        Step("finding", frozenset([S.LOST, S.STOLEN]), Move.BY_LOCATION, "ours:finding",
             "available", (N.LOCATION,)),
        Step("decommissioning",
             frozenset([S.LOST, S.STOLEN, S.DESTROYED, S.IN_STOCK, S.IN_REPAIR]), S.WRITTEN_OFF,
             "decommissioning", "disposed", (N.SECOND_PERSON,)),
    ]
)  # fmt: skip

ANNOUNCING = "announcing"
DECLARING_ERROR = "declaring_error"
"""Not a step of the unit: the event that says another event is wrong (EPCIS errorDeclaration)."""

ERROR_REASONS = ("did_not_occur", "incorrect_data")


@cache
def allowed(status: Status | None) -> tuple[str, ...]:
    """Ids of the steps that may follow `status`, in the order of the table."""
    return tuple(step.id for step in STEPS.values() if status in step.sources)


@cache
def missing_steps(status: Status | None, step_id: str) -> tuple[str, ...] | None:
    """The shortest chain of unseen forward steps after which `step_id` fits.

    Empty when it fits at once; None when no forward path leads there (a misfit). Ties are broken
    by the order of the table, so the answer is the same everywhere.
    """
    sources = STEPS[step_id].sources
    waiting: deque[tuple[Status | None, tuple[str, ...]]] = deque([(status, ())])
    seen = {status}
    while waiting:
        here, path = waiting.popleft()
        if here in sources:
            return path
        for step in STEPS.values():
            target = step.target
            if not step.forward or here not in step.sources or not isinstance(target, Status):
                continue
            if target not in seen:
                seen.add(target)
                waiting.append((target, (*path, step.id)))
    return None


_USUAL: dict[Status | None, tuple[str, ...]] = {
    NEW: ("announcing",),
    S.ANNOUNCED: ("receiving",),
    S.IN_STOCK: ("packing", "shipping", "accepting"),
    S.PACKED: ("shipping", "accepting"),
    S.IN_TRANSIT: ("receiving", "accepting"),
    S.HANDED_OVER: ("deploying",),
    S.DEPLOYED: ("inspecting",),
    S.RETURNING: ("receiving",),
    S.IN_REPAIR: ("repaired",),
    S.LOST: ("finding",),
    S.STOLEN: ("finding",),
    S.DESTROYED: ("decommissioning",),
}
"""What usually comes next, best first."""


@cache
def next_step(status: Status | None, may: frozenset[str]) -> str | None:
    """The one step that usually comes next, among those in `may`; None when none does.

    This is the big button; everything else that is `allowed` stands behind "more".
    """
    fitting = allowed(status)
    usual = _USUAL.get(status, ())
    return next((step for step in usual if step in fitting and step in may), None)


SECOND_IDENTIFIER_STEPS = frozenset(
    step.id for step in STEPS.values() if Need.SECOND_IDENTIFIER in step.needs
)
