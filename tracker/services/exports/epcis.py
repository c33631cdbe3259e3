"""EPCIS documents: one unit's story, or those of a pledge's units, written as they are read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from flask import current_app

from tracker.domain import epcis
from tracker.domain.bodies import Body
from tracker.domain.custody import Folded, Verdict
from tracker.domain.epcis import Entry, Names
from tracker.domain.permissions import Action, Actor, Scope
from tracker.errors import NotAllowed, NotFound, Refusal
from tracker.queries import epcis as rows
from tracker.queries import log
from tracker.queries.epcis import Line, Unit

MEDIA_TYPE = "application/ld+json"

Progress = Callable[[int], None]


def unit_document(unit: Unit, *, by: Actor, now: datetime) -> Iterator[str]:
    """The EPCIS document of one unit, in pieces; NotAllowed for who may not export."""
    return _document(iter([[unit]]), _names(by), now)


def pledge_document(
    pledge: str, *, by: Actor, now: datetime, progress: Progress | None = None
) -> Iterator[str]:
    """The EPCIS document of a pledge's units, in pieces, none of them larger than an event.

    `progress` is told how many more units are done. Raises NotAllowed, NotFound.
    """
    names = _names(by)
    if rows.many_units(pledge) is None:
        raise NotFound(f"There is no pledge {pledge}.")
    return _document(rows.units_of(pledge), names, now, progress)


def write_pledge(
    pledge: str, file: Path, *, by: Actor, now: datetime, progress: Progress | None = None
) -> None:
    """Write `pledge_document` to a new file, which appears only when all is written."""
    if file.exists():
        raise Refusal(f"{file} exists already; choose another name.")
    document = pledge_document(pledge, by=by, now=now, progress=progress)
    unfinished = file.with_name(file.name + ".unfinished")
    try:
        with unfinished.open("w", encoding="utf-8") as stream:
            stream.writelines(document)
        unfinished.rename(file)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _names(by: Actor) -> Names:
    """What things are called, for who asks: sites are sealed unless the permission is whole."""
    reach = by.scope(Action.EXPORT_RECORDS)
    if reach is None:
        raise NotAllowed
    return Names(installation(), current_app.config["GS1_PREFIX"], sealed=reach is not Scope.ALL)


def installation() -> str:
    """This installation's address, in small letters."""
    host = current_app.config["HOST"].lower()
    scheme = "http" if host.startswith(("localhost", "127.")) else "https"
    return f"{scheme}://{host}"


def _document(
    parts: Iterator[list[Unit]], names: Names, now: datetime, progress: Progress | None = None
) -> Iterator[str]:
    newest = log.newest_checkpoint()
    head = f"{newest.size}:{newest.root.hex()}" if newest else None
    start, end = epcis.frame(names, now.isoformat(timespec="seconds"), head)
    yield start
    between = ""
    for units in parts:
        for event in _events(units, names):
            yield between + json.dumps(event, ensure_ascii=False)
            between = ",\n"
        if progress:
            progress(len(units))
    yield end


def _events(units: Sequence[Unit], names: Names) -> Iterator[epcis.Event]:
    """The events of one part of the units, unit after unit."""
    told = rows.stories([unit.id for unit in units])
    bodies = [line.body for story in told.values() for line in story]
    named = replace(
        names,
        journeys=rows.journeys({body["consignment"] for body in bodies if "consignment" in body}),
        ssccs=rows.ssccs({body["handling_unit"] for body in bodies if "handling_unit" in body}),
    )
    folded = rows.folded({number: [line.body for line in story] for number, story in told.items()})
    for unit in units:
        yield from epcis.events_of(unit.code, _entries(told[unit.id], folded[unit.id]), named)


def _entries(story: Sequence[Line], folded: Folded) -> list[Entry]:
    """The story in the order of the fold, each event with what the fold made of it."""
    lines = {line.body["id"]: line for line in story}
    return [
        Entry(lines[id_].body, lines[id_].hash, told.kind, _places(lines[id_].body, told))
        for id_, told in folded.verdicts.items()
    ]


def _places(body: Body, told: Verdict) -> bool:
    """Whether the fold took the event's place: of one that contradicts, only what was sighted."""
    return told.known is None or ("via" not in body and body.get("sighted", True))
