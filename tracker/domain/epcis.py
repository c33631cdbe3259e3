"""A unit's story as EPCIS 2.0 events (JSON-LD), for other people's systems. Pure: bodies in.

Words come from THE table of steps: those of the Core Business Vocabulary as bare words, ours as
addresses in a vocabulary of this installation. Of a site there is its reference or, where `Names`
says that sites are sealed, one word for all of them. Of people, devices, makers' numbers and notes
there is nothing: what is not copied here cannot leak.

Source: GS1, EPCIS Standard 2.0 and CBV Standard 2.0 (2022).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote

from tracker.domain import effects
from tracker.domain.bodies import Body
from tracker.domain.chain import Json
from tracker.domain.lifecycle import (
    DECLARING_ERROR,
    FINAL,
    SETTING_OUT_STEPS,
    STEPS,
    Leaving,
    Move,
    Need,
    Status,
    Step,
)

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
VERSION = "2.0"
UTC_OFFSET = "+00:00"
"""Moments are kept in UTC, and where a site lies is not to be read off its clock."""

Event = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of the ledger: its body, its hash (hexadecimal), what the fold made of it.

    `places` says whether the unit counts as standing where the event was made.
    """

    body: Body
    hash: str
    verdict: str = "fits"
    places: bool = True


@dataclass(frozen=True)
class Names:
    """What things are called outside.

    `base` is this installation's address (`https://kittrail.example`). With a GS1 company prefix
    units and boxes have GS1 Digital Links, else the addresses of their labels. `journeys` says of
    consignments who sends and who gets them, `ssccs` of boxes their number, both by reference.
    """

    base: str
    gs1_prefix: str = ""
    sealed: bool = True
    journeys: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    ssccs: Mapping[str, str] = field(default_factory=dict)

    def unit(self, code: str) -> str:
        """A unit: Digital Link of its GIAI, or the address of its label."""
        path = f"8004/{self.gs1_prefix}{code}" if self.gs1_prefix else f"s/{code}"
        return f"{self.base}/{path}"

    def box(self, code: str) -> str:
        """A box or pallet: Digital Link of its SSCC, or the address of its label."""
        sscc = self.ssccs.get(code) if self.gs1_prefix else None
        return f"{self.base}/00/{sscc}" if sscc else f"{self.base}/s/{code}"

    def thing(self, noun: str, ref: str) -> str:
        """What has a reference: `locations`, `parties`, `consignments`, `documents`, `losses`."""
        return f"{self.base}/{noun}/{quote(ref, safe='')}"

    def place(self, body: Body) -> str:
        """Where an event was: a location's address, or the one word for all sealed sites."""
        if body.get("at_site") and self.sealed:
            return self.word("sealed_site")
        return self.thing("locations", body["location"])

    def word(self, name: str) -> str:
        """A word that the CBV lacks."""
        return f"{self.base}/vocabulary#{name}"

    def said(self, word: str) -> str:
        """A word of the table of steps: bare if it is the CBV's, an address if it is ours."""
        return self.word(word.removeprefix("ours:")) if word.startswith("ours:") else word


def frame(names: Names, made_at: str, head: str | None) -> tuple[str, str]:
    """What a document begins and ends with; events, separated by commas, go between.

    `made_at` is a moment in UTC (`2026-05-01T09:30:00Z`), `head` size and root of the newest
    checkpoint of the ledger, or None.
    """
    document: Event = {
        "@context": [CONTEXT, {"kittrail": names.word("")}],
        "type": "EPCISDocument",
        "schemaVersion": VERSION,
        "creationDate": made_at,
    }
    if head is not None:
        document["kittrail:checkpoint"] = head
    text = json.dumps(document, ensure_ascii=False)
    return text[:-1] + ', "epcisBody": {"eventList": [\n', "\n]}}\n"


def events_of(code: str, story: Sequence[Entry], names: Names) -> Iterator[Event]:
    """The events of the unit that wears `code`, in the order of its story: one for each entry.

    A declaration of an error tells the wrong event once more, with the declaration in it, as EPCIS
    wants it. Left out are shares of a box's scan that do not count, because the unit was not in the
    box or stayed behind, and a write-off that waits for its second person.
    """
    told: dict[str, Event] = {}
    holder: str | None = None
    counting = [entry for entry in story if entry.verdict not in _UNTOLD]
    for entry in counting:
        if entry.body["step"] != DECLARING_ERROR:
            told[entry.body["id"]] = _event(code, entry, names, holder)
            if entry.verdict not in ("void", "misfit"):
                holder = _holder_after(entry.body, holder)
    for entry in counting:  # again: a declaration may stand before what it declares wrong
        event = told.get(entry.body["id"])
        if event is None:
            event = _declared(entry, told.get(entry.body.get("declares", "")), story, code, names)
        yield event


_UNTOLD = ("outside", "left_behind", "proposed", "unreached")


def _event(code: str, entry: Entry, names: Names, holder: str | None) -> Event:
    body, step = entry.body, STEPS[entry.body["step"]]
    event = _common(entry)
    box = body.get("handling_unit")
    if Need.HANDLING_UNIT in step.needs and box:
        event["type"] = "AggregationEvent"
        event["parentID"], event["childEPCs"] = names.box(box), [names.unit(code)]
        event["action"] = "ADD" if step.leaving is Leaving.ENTERS else "DELETE"
    else:
        event["type"], event["epcList"] = "ObjectEvent", [names.unit(code)]
        event["action"] = _action(step)
        if body.get("condition"):
            event["persistentDisposition"] = _condition(body["condition"], names)
    event["bizStep"] = names.said(step.biz_step)
    moved = entry.verdict != "misfit"
    if step.disposition and moved:
        event["disposition"] = names.said(step.disposition)
    if body.get("location"):
        event["readPoint"] = {"id": names.place(body)}
        if moved and entry.places and _stays_there(step):
            event["bizLocation"] = {"id": names.place(body)}
    event.update(_papers(body, names))
    event.update(_parties(body, names, holder))
    return event


def _action(step: Step) -> str:
    """A unit's number begins to exist, and ends; everything else only sees it."""
    if Need.LABEL in step.needs:
        return "ADD"
    return "DELETE" if step.target in FINAL else "OBSERVE"


_ROAD = frozenset({Status.IN_TRANSIT, Status.RETURNING})
_GONE = frozenset({Status.LOST, Status.STOLEN, Status.DESTROYED}) | FINAL


def _stays_there(step: Step) -> bool:
    """Whether a unit is expected, after this step, where it was scanned."""
    on_the_road = step.target is Move.STAY and step.sources <= _ROAD
    return not (step.observes or on_the_road or step.target in _ROAD | _GONE)


def _common(entry: Entry) -> Event:
    """What every event has: identity, times, and how the ledger holds it."""
    body = entry.body
    event: Event = {
        "eventID": f"urn:uuid:{body['id']}",
        "eventTime": body["effective_at"],
        "eventTimeZoneOffset": UTC_OFFSET,
        "recordTime": body["recorded_at"],
        "kittrail:hash": entry.hash,
        "kittrail:verdict": entry.verdict,
    }
    if via := body.get("via"):
        event["kittrail:via"] = f"urn:uuid:{via['event']}"
    if body.get("flags"):
        event["kittrail:flags"] = list(body["flags"])
    for finding, answer in sorted((body.get("findings") or {}).items()):
        event[f"kittrail:{finding}"] = bool(answer)
    return event


def _condition(condition: str, names: Names) -> dict[str, list[str]]:
    """The condition as the CBV's persistent disposition: it stays until another is said."""
    bad = {"damaged": "damaged", "unserviceable": names.word("unserviceable")}
    if condition in bad:
        return {"set": [bad[condition]]}
    return {"unset": list(bad.values())}


_PAPERS: tuple[tuple[Literal["consignment", "act", "report"], str, str], ...] = (
    ("consignment", "bol", "consignments"),
    ("act", "ours:handover_act", "documents"),
    ("report", "ours:loss_report", "losses"),
)


def _papers(body: Body, names: Names) -> Event:
    """The papers that an event names: waybill, handover act, report of a loss."""
    named = [
        {"type": names.said(kind), "bizTransaction": names.thing(noun, body[said])}
        for said, kind, noun in _PAPERS
        if body.get(said)
    ]
    return {"bizTransactionList": named} if named else {}


def _parties(body: Body, names: Names, holder: str | None) -> Event:
    """Who had the unit before, and who has it after; nothing where nobody was named."""
    giver, taker = None, body.get("receiver")
    if body["step"] in SETTING_OUT_STEPS:
        giver, taker = names.journeys.get(body.get("consignment", ""), (None, None))
    elif taker and taker != holder:
        giver = holder
    event: Event = {}
    for which, party in (("source", giver), ("destination", taker)):
        if party:
            said = {"type": "possessing_party", which: names.thing("parties", party)}
            event[f"{which}List"] = [said]
    return event


def _holder_after(body: Body, holder: str | None) -> str | None:
    """Who answers for the unit after an event that counts (as `custody.fold` has it)."""
    return effects.custodian(STEPS[body["step"]], body.get("receiver"), holder)


def _declared(
    entry: Entry, wrong: Event | None, story: Sequence[Entry], code: str, names: Names
) -> Event:
    """The wrong event again, with what declares it wrong."""
    body = entry.body
    if wrong is None:  # what it declares wrong is a declaration, or of another story
        event = {**_common(entry), "type": "ObjectEvent", "epcList": [names.unit(code)]}
        return {**event, "action": "OBSERVE", "bizStep": names.word(DECLARING_ERROR)}
    declaration: Event = {"declarationTime": body["recorded_at"]}
    if body.get("reason"):
        declaration["reason"] = body["reason"]
    if body.get("reason") == "incorrect_data" and (better := _correction(entry, story)):
        declaration["correctiveEventIDs"] = [f"urn:uuid:{better}"]
    declaration["kittrail:declaredBy"] = f"urn:uuid:{body['id']}"
    declaration["kittrail:hash"] = entry.hash
    return {**wrong, "recordTime": body["recorded_at"], "errorDeclaration": declaration}


def _correction(declaration: Entry, story: Iterable[Entry]) -> str | None:
    """The event that says it right: the next that was recorded, if it is the same step again."""
    steps = {entry.body["id"]: entry.body["step"] for entry in story}
    later = [
        (body["recorded_at"], body["effective_at"], body["id"])
        for body in (entry.body for entry in story)
        if body["recorded_at"] > declaration.body["recorded_at"] and body["step"] in STEPS
    ]
    if not later:
        return None
    better = min(later)[-1]
    return better if steps[better] == steps.get(declaration.body["declares"]) else None
