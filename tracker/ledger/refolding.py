"""Folding anew the whole stories of units whose past changed, with what happened to their boxes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy.engine import Connection

from tracker.domain.bodies import Body, moment, occurrence, stamp
from tracker.domain.custody import Folded, State, fold
from tracker.domain.lifecycle import ANNOUNCING, DECLARING_ERROR
from tracker.domain.occurrences import Key, Occurrence
from tracker.ledger import discrepancies, loading
from tracker.ledger.events import Row, row_of, seal
from tracker.ledger.loading import Loaded, Unit
from tracker.ledger.stories import box_bodies, missing_shares
from tracker.queries import stories
from tracker.queries.nesting import Chains, placed


def refold(
    connection: Connection, units: Sequence[Unit], rows: list[Row], now: datetime
) -> dict[int, tuple[list[Occurrence], Folded]]:
    """{item: (its events, the folded story)} of `units`, whose states are set to it.

    `rows` are this transaction's events that are not written yet; the units' shares of what
    happened to their boxes, where they lacked some, are added to them and to the events.
    """
    told = stories.load(connection, [unit.item for unit in units])
    chains = Chains(connection, rows)
    story = {
        unit.item: placed([*told[unit.item], *unit.new, *unit.waiting], chains) for unit in units
    }
    boxes = box_bodies(chains, story.values())
    found = {}
    for unit in units:
        unit.told = found[unit.item] = _complete(unit, story[unit.item], boxes, rows, now)
        unit.state = unit.told[1].state
    return found


def _complete(
    unit: Unit,
    story: list[Occurrence],
    boxes: dict[str, list[Body]],
    rows: list[Row],
    now: datetime,
) -> tuple[list[Occurrence], Folded]:
    """Fold a story with its shares of its boxes' events; those that are about it are kept."""
    shares = {body["id"]: body for body in missing_shares(unit, story, boxes)}
    if not shares:
        return story, fold(story, whose=unit.holder)
    verdicts = fold([*story, *map(occurrence, shares.values())], whose=unit.holder).verdicts
    mine = {
        name: body
        for name, body in shares.items()
        if "declares" not in body and verdicts[name].kind != "outside"
    }
    present = {event.id for event in story} | mine.keys()
    mine |= {name: body for name, body in shares.items() if body.get("declares") in present}
    for body in mine.values():
        body["recorded_at"] = stamp(now)  # the share is, not the box's event
        row = row_of(body, moment(body["effective_at"]))
        unit.seq += 1
        unit.head = seal(row, unit.head, unit.seq, now)
        rows.append(row)
    whole = [*story, *map(occurrence, mine.values())]
    return whole, fold(whole, whose=unit.holder)


def judge(connection: Connection, unit: Unit, event: Occurrence, rows: Sequence[Row]) -> Folded:
    """The unit's story with an event that is not newer than all of it."""
    story = [*stories.load(connection, [unit.item])[unit.item], *unit.new, event]
    return fold(placed(story, Chains(connection, rows)), whose=unit.holder)


def before(
    connection: Connection, unit: Unit, key: Key | None, rows: Sequence[Row]
) -> tuple[State, str | None]:
    """The unit's state just before a scan (None: now), and who had scanned it last."""
    story = [*stories.load(connection, [unit.item])[unit.item], *unit.new, *unit.waiting]
    earlier = [one for one in story if key is None or one.step in ALWAYS or one.key < key]
    folded = fold(placed(earlier, Chains(connection, rows)), whose=unit.holder)
    last = folded.state.last
    return folded.state, next((one.by for one in earlier if last and one.id == last[2]), None)


ALWAYS = (ANNOUNCING, DECLARING_ERROR)
"""What is known of a unit at any moment: that it is announced, and what was wrong."""


def stand(
    connection: Connection,
    found: Loaded,
    codes: Collection[str],
    rows: Sequence[Row],
    now: datetime,
) -> None:
    """Say anew what these boxes stand in, by their own stories and those of what is above."""
    chains = Chains(connection, rows)
    chains.load(codes)
    for box in loading.boxes_by_label(connection, found, list(codes)).values():
        state = chains.standing(box.code).state
        if box.parent != state.handling_unit:
            box.parent, box.touched = state.handling_unit, True
        found.place(box)
        discrepancies.align_box(connection, box.subject, state.cases, now)
