"""THE table of steps: from which status, to which, what each needs and changes, and its words.

The live guard, the fold, the big button, the answer of a refusal, the forms of desk and phone, the
cards of the bench, the EPCIS export, the names on screens and the tests are all made from `STEPS`.
Nothing else knows what may follow what, nor what a step changes: a new step is one row, its
permission (`permissions.STEP_ACTIONS`) and its translation.

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
    """The proof ladder, lowest first: how far a unit is proved to have come.

    `working` is what a person said who stood before it; `online` only what a reading measured.
    """

    SHIPPED = "shipped"
    RECEIVED = "received"
    SIGNED_FOR = "signed_for"
    DEPLOYED = "deployed"
    WORKING = "working"
    ONLINE = "online"
    INSPECTED = "inspected"


class Presence(StrEnum):
    """What a step claims of the place that it names: where the unit is, or was."""

    NONE = "none"
    HERE = "here"  # it stands here already: another known place is a discrepancy
    ARRIVES = "arrives"  # it has come here just now
    PASSES = "passes"  # it went through here


class Whereabouts(StrEnum):
    """Where a unit is after a step."""

    NAMED = "named"  # where the step was done; if nobody says, where it was before
    NAMED_ONLY = "named_only"  # where the step was done; if nobody says, nobody knows
    ITS_SITE = "its_site"  # where the step was done; if nobody says, at the site of its act
    ON_THE_ROAD = "on_the_road"  # nowhere, wherever the step was done


class Leaving(StrEnum):
    """What a step that is done to a unit alone says of the box that it lies in."""

    STAYS = "stays"  # nothing: a unit is checked without taking it out for good
    ENDS = "ends"  # it is in no box any more, as the step itself implies
    UNSAID = "unsaid"  # the same, but somebody should have said that it was taken out
    ENTERS = "enters"  # it lies in the box that the step names


class Custodian(StrEnum):
    """Who answers for a unit after a step."""

    KEPT = "kept"  # the same as before
    NAMED = "named"  # who takes it over; if nobody is named, the same as before
    NAMED_ONLY = "named_only"  # who takes it over; if nobody is named, nobody
    NOBODY = "nobody"


class Journey(StrEnum):
    """What a step says of the consignment that a unit is on."""

    KEPT = "kept"
    JOINS = "joins"  # it is on the one that the step names
    ARRIVES = "arrives"  # if it was under way, it has come; it may be of another than was planned
    ENDS = "ends"


class Destination(StrEnum):
    """What a step says of the site that a unit was handed over for."""

    KEPT = "kept"
    NAMED = "named"  # the one that the step's act names
    ENDS = "ends"


class Phone(StrEnum):
    """Where a phone offers a step."""

    KNOWN = "known"  # nowhere; it knows what the step means where another brings it along
    UNIT = "unit"  # on the page of a unit
    ROW = "row"  # where one scans in a row
    BOTH = "both"


class Move(StrEnum):
    """Targets that depend on the item rather than on the table."""

    STAY = "stay"
    WHERE_IT_WAS = "where_it_was"
    BY_LOCATION = "by_location"


NEW = None
"""The status of a unit that no event has named yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One row of the table.

    `sources` holds the statuses it may follow (`NEW` is None), `usual` those after which it is what
    usually comes next; `forward` says that the step lies on the way from pledge to site, so that it
    may be inferred when its scan is missing; `observes` that it only tells that the unit was seen,
    and changes no status; `presence` what it claims of the place that it names.

    Beside the status it changes the place (`whereabouts`), the custodian, the consignment
    (`journey`), the site that the unit is bound for (`destination`), the rungs (`rung` it proves,
    `drops` it takes back) and the box: `leaving` is said of a step done to a unit alone, `unpacks`
    that what was done to a box left its units in none. `at_receiver` says that it is done where the
    unit stands or where it is used, so that another place is odd only among sites, or stores.

    `name` and `done` are what screens call it, before and after, `card` is the word on its card at
    the bench, `phone` where a phone offers it, `asks` what is asked with it beside its needs.
    `biz_step` and `disposition` are EPCIS words, with `ours:` before those CBV lacks; what such a
    step means, `meaning` says.
    """

    id: str
    name: str
    done: str
    sources: frozenset[Status | None]
    target: Status | Move
    biz_step: str
    disposition: str | None = None
    meaning: str | None = None
    needs: tuple[Need, ...] = ()
    usual: frozenset[Status | None] = frozenset()
    forward: bool = False
    rung: Rung | None = None
    drops: tuple[Rung, ...] = ()
    observes: bool = False
    presence: Presence = Presence.NONE
    at_receiver: bool = False
    whereabouts: Whereabouts = Whereabouts.NAMED
    leaving: Leaving = Leaving.STAYS
    unpacks: bool = False
    custodian: Custodian = Custodian.KEPT
    journey: Journey = Journey.KEPT
    destination: Destination = Destination.KEPT
    card: str | None = None
    phone: Phone | None = None
    asks: tuple[str, ...] = ()

    @property
    def is_done_there(self) -> bool:
        """Whether whoever takes it stands where the unit is, and can say where that is."""
        return self.presence in (Presence.HERE, Presence.ARRIVES)

    @property
    def sets_out(self) -> bool:
        """Whether a unit is under way on the consignment that the step names."""
        return self.journey is Journey.JOINS and self.target is Status.IN_TRANSIT

    @property
    def takes_a_scan(self) -> bool:
        """Whether a scan of the unit is enough, with what its form asks: no list, no second
        person."""
        return not {Need.PLEDGE_LINE, Need.LABEL, Need.SECOND_PERSON}.intersection(self.needs)


S, N = Status, Need
HERE, ARRIVES, PASSES = Presence.HERE, Presence.ARRIVES, Presence.PASSES
FINDINGS = ("present", "working", "civilian_use")
"""What an inspection asks."""
_EVERY = frozenset([NEW, *Status])
_LIVING = frozenset(Status) - {S.WRITTEN_OFF}


def _after(*statuses: Status | None) -> frozenset[Status | None]:
    return frozenset(statuses)


def _table(rows: Iterable[Step]) -> dict[str, Step]:
    return {row.id: row for row in rows}


STEPS: dict[str, Step] = _table(
    [
        Step(id="announcing", name="Announce", done="Announced by the donor",
             sources=_after(NEW), target=S.ANNOUNCED, usual=_after(NEW),
             biz_step="ours:announcing", needs=(N.PLEDGE_LINE,), forward=True,
             meaning="Business step: a donated unit is announced, before anybody has seen it.",
             leaving=Leaving.ENTERS, journey=Journey.JOINS),
        Step(id="commissioning", name="Bind a label", done="Label bound",
             sources=_EVERY, target=Move.STAY, biz_step="commissioning", disposition="active",
             needs=(N.LABEL,)),
        Step(id="receiving", name="Receive", done="Received",
             sources=_after(S.ANNOUNCED, S.IN_TRANSIT, S.RETURNING), target=S.IN_STOCK,
             usual=_after(S.ANNOUNCED, S.IN_TRANSIT, S.RETURNING),
             biz_step="receiving", disposition="available", needs=(N.LOCATION,), forward=True,
             rung=Rung.RECEIVED, presence=ARRIVES, custodian=Custodian.NAMED_ONLY,
             journey=Journey.ARRIVES, destination=Destination.ENDS,
             card="RECEIVING", phone=Phone.BOTH),
        Step(id="packing", name="Pack", done="Packed",
             sources=_after(S.IN_STOCK, S.PACKED), target=S.PACKED, usual=_after(S.IN_STOCK),
             biz_step="packing", disposition="container_closed", needs=(N.HANDLING_UNIT,),
             forward=True, presence=HERE, leaving=Leaving.ENTERS, journey=Journey.JOINS,
             card="PACKING", phone=Phone.KNOWN),
        Step(id="unpacking", name="Unpack", done="Unpacked",
             sources=_after(S.IN_STOCK, S.PACKED), target=S.IN_STOCK,
             biz_step="unpacking", disposition="container_open", needs=(N.HANDLING_UNIT,),
             presence=HERE, leaving=Leaving.ENDS, unpacks=True,
             card="UNPACKING", phone=Phone.KNOWN),
        Step(id="shipping", name="Ship", done="Shipped",
             sources=_after(S.IN_STOCK, S.PACKED), target=S.IN_TRANSIT,
             usual=_after(S.IN_STOCK, S.PACKED),
             biz_step="shipping", disposition="in_transit", needs=(N.CONSIGNMENT,), forward=True,
             rung=Rung.SHIPPED, presence=HERE, whereabouts=Whereabouts.ON_THE_ROAD,
             leaving=Leaving.UNSAID, journey=Journey.JOINS,
             card="SHIPPING", phone=Phone.KNOWN),
        Step(id="void_shipping", name="Cancel the shipping", done="Shipping cancelled",
             sources=_after(S.IN_TRANSIT), target=S.PACKED,
             biz_step="void_shipping", disposition="available", needs=(N.CONSIGNMENT,),
             leaving=Leaving.UNSAID, journey=Journey.ENDS),
        Step(id="entering_exiting", name="Cross the border", done="Border crossed",
             sources=_after(S.IN_TRANSIT), target=Move.STAY,
             biz_step="entering_exiting", disposition="in_transit", needs=(N.LOCATION,),
             presence=PASSES, phone=Phone.ROW),
        Step(id="accepting", name="Hand over to the recipient",
             done="Handed over to the recipient",
             sources=_after(S.IN_STOCK, S.PACKED, S.IN_TRANSIT), target=S.HANDED_OVER,
             usual=_after(S.IN_STOCK, S.PACKED, S.IN_TRANSIT),
             biz_step="accepting", disposition="available",
             needs=(N.RECEIVER, N.ACT, N.SECOND_IDENTIFIER), forward=True, rung=Rung.SIGNED_FOR,
             presence=HERE, at_receiver=True, leaving=Leaving.ENDS, unpacks=True,
             custodian=Custodian.NAMED, journey=Journey.ENDS, destination=Destination.NAMED,
             phone=Phone.UNIT),
        Step(id="deploying", name="Deploy", done="Deployed at a site",
             sources=_after(S.HANDED_OVER), target=S.DEPLOYED, usual=_after(S.HANDED_OVER),
             biz_step="ours:deploying", disposition="active", needs=(N.SITE, N.SECOND_IDENTIFIER),
             meaning="Business step: a unit is put into use at a civilian site.",
             forward=True, rung=Rung.DEPLOYED, presence=HERE, whereabouts=Whereabouts.ITS_SITE,
             leaving=Leaving.ENDS, unpacks=True, custodian=Custodian.NAMED, journey=Journey.ENDS,
             destination=Destination.ENDS, phone=Phone.UNIT, asks=("working",)),
        Step(id="inspecting", name="Inspect", done="Inspected",
             sources=_after(S.DEPLOYED), target=Move.STAY, usual=_after(S.DEPLOYED),
             biz_step="inspecting", disposition="active", needs=(N.FINDINGS,),
             rung=Rung.INSPECTED, presence=HERE, phone=Phone.UNIT, asks=FINDINGS),
        Step(id="collecting", name="Collect from the site", done="Collected from the site",
             sources=_after(S.DEPLOYED), target=S.HANDED_OVER,
             biz_step="collecting", disposition="inactive", presence=HERE, leaving=Leaving.ENDS,
             drops=(Rung.DEPLOYED, Rung.WORKING, Rung.ONLINE, Rung.INSPECTED), phone=Phone.BOTH),
        Step(id="counting", name="Count", done="Seen in a stock count",
             sources=_LIVING, target=Move.STAY, biz_step="stock_taking", needs=(N.LOCATION,),
             observes=True, presence=HERE, card="COUNT", phone=Phone.BOTH),
        Step(id="returning", name="Return", done="Sent back",
             sources=_after(S.HANDED_OVER, S.IN_STOCK), target=S.RETURNING,
             biz_step="shipping", disposition="returned", drops=(Rung.SIGNED_FOR,), presence=HERE,
             whereabouts=Whereabouts.NAMED_ONLY, leaving=Leaving.UNSAID,
             custodian=Custodian.NOBODY, destination=Destination.ENDS, phone=Phone.BOTH),
        Step(id="repairing", name="Send to repair", done="Sent to repair",
             sources=_after(S.IN_STOCK, S.HANDED_OVER), target=S.IN_REPAIR,
             biz_step="repairing", disposition="needs_replacement", presence=HERE,
             leaving=Leaving.ENDS),
        Step(id="repaired", name="Bring back from repair", done="Came back from repair",
             sources=_after(S.IN_REPAIR), target=Move.WHERE_IT_WAS, usual=_after(S.IN_REPAIR),
             biz_step="inspecting", disposition="available", presence=ARRIVES),
        Step(id="reporting_lost", name="Report a loss", done="Reported lost",
             sources=_LIVING, target=S.LOST, biz_step="ours:reporting_lost",
             meaning="Business step: somebody reports that a unit is lost.",
             disposition="unknown", needs=(N.REPORT,), leaving=Leaving.ENDS, phone=Phone.UNIT),
        Step(id="reporting_stolen", name="Report a theft", done="Reported stolen",
             sources=_LIVING, target=S.STOLEN, biz_step="ours:reporting_stolen",
             meaning="Business step: somebody reports that a unit was stolen.",
             disposition="stolen", needs=(N.REPORT,), leaving=Leaving.ENDS, phone=Phone.UNIT),
        Step(id="destroying", name="Record the destruction", done="Destruction recorded",
             sources=_LIVING, target=S.DESTROYED, biz_step="destroying",
             disposition="destroyed", needs=(N.REPORT,), leaving=Leaving.ENDS, phone=Phone.UNIT),
        Step(id="finding", name="Report it found", done="Found",
             sources=_after(S.LOST, S.STOLEN), target=Move.BY_LOCATION,
             usual=_after(S.LOST, S.STOLEN), biz_step="ours:finding", disposition="available",
             meaning="Business step: a unit that was lost or stolen is found again.",
             needs=(N.LOCATION,), presence=ARRIVES, leaving=Leaving.ENDS, phone=Phone.BOTH),
        Step(id="decommissioning", name="Write off", done="Written off by two people",
             sources=_after(S.LOST, S.STOLEN, S.DESTROYED, S.IN_STOCK, S.IN_REPAIR),
             target=S.WRITTEN_OFF, usual=_after(S.DESTROYED), biz_step="decommissioning",
             disposition="disposed", needs=(N.SECOND_PERSON,), leaving=Leaving.ENDS),
    ]
)  # fmt: skip

ANNOUNCING = "announcing"
DECLARING_ERROR = "declaring_error"
"""Not a step of the unit: the event that says another event is wrong (EPCIS errorDeclaration)."""

ERROR_REASONS = ("did_not_occur", "incorrect_data")


FINAL = frozenset(Status) - {
    status for step in STEPS.values() if step.target is not Move.STAY for status in step.sources
}
"""Statuses out of which no step leads."""


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


@cache
def next_step(status: Status | None, may: frozenset[str]) -> str | None:
    """The one step that usually comes next, among those in `may`; None when none does.

    This is the big button; everything else that is `allowed` stands behind "more".
    """
    fitting = (STEPS[step] for step in allowed(status) if step in may)
    return next((step.id for step in fitting if status in step.usual), None)


SECOND_IDENTIFIER_STEPS = frozenset(
    step.id for step in STEPS.values() if Need.SECOND_IDENTIFIER in step.needs
)

SETTING_OUT_STEPS = frozenset(step.id for step in STEPS.values() if step.sets_out)
"""Steps after which a unit is under way on the consignment that they name."""

ARRIVING_STEPS = frozenset(step.id for step in STEPS.values() if step.journey is Journey.ARRIVES)
"""Steps at which a consignment ends for a unit, if it was under way on one."""
