"""When each scan of a chunk happened: by the clock of the device that sent it, and in its order.

What is known of a device's clock stands in `device_clock`; what was decided of a scan's time stands
in its body, so that folding anew never asks. People's scans are taken by their batch alone: nobody
knows on which computer they sat before.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import BindParameter, Table, and_, bindparam, insert, select, update
from sqlalchemy.engine import Connection

from tracker.domain.clocks import Clock, Exchange, Order, Placed, When
from tracker.domain.scans import Scan
from tracker.ledger.events import Setting
from tracker.models import Device, DeviceClock, Event

Sent = Sequence[tuple[Scan, Setting]]

_MILLISECOND = timedelta(milliseconds=1)
_CLOCK = cast(Table, DeviceClock.__table__)
_ENROLLED = and_(Device.id == bindparam("number"), Device.public_key.is_not(None))
_READ = (
    select(_CLOCK, Device.enrolled_at)
    .outerjoin(Device, _ENROLLED)
    .where(_CLOCK.c.device == bindparam("which"))
    .with_for_update(of=_CLOCK)
)
_WRITE = update(_CLOCK)
_BY: BindParameter[Any] = bindparam("by")
_MADE = (Event.by == _BY, Event.device_seq.is_not(None), Event.via.is_(None))
_AT = Event.effective_at.label("at")
_BEFORE = (
    select(Event.device_seq, _AT)
    .where(*_MADE, Event.device_seq < bindparam("first"))
    .order_by(Event.device_seq.desc())
    .limit(1)
)
_BETWEEN = select(Event.device_seq, _AT).where(
    *_MADE, Event.device_seq >= bindparam("first"), Event.device_seq <= bindparam("last")
)
_AFTER = (
    select(Event.device_seq, _AT)
    .where(*_MADE, Event.device_seq > bindparam("last"))
    .order_by(Event.device_seq)
    .limit(1)
)


def times(connection: Connection, sent: Sent, kept: Collection[str]) -> dict[str, When]:
    """When each scan happened, by its id; of those in `kept` the ledger knows it already.

    What the batches tell of their devices' clocks is kept. Locks the clocks that it reads.
    """
    told: dict[str, When] = {}
    ours: dict[str, list[tuple[Scan, Setting]]] = {}
    once: dict[str, tuple[Scan, Setting]] = {}
    for one in sent:
        once.setdefault(one[0].id, one)
    sent = list(once.values())  # what a batch repeats was made once
    for scan, setting in sent:
        if scan.id in kept:
            continue
        if setting.by.ref.startswith("device:"):
            ours.setdefault(setting.by.ref, []).append((scan, setting))
        else:
            clock = replace(Clock().after(setting.lag, setting.exchange, setting.now), sure=True)
            told[scan.id] = Order().place(scan.occurred_at, None, clock, setting.now)
    for device in sorted(ours):  # always in one order: two writers never wait for each other
        told |= _of_device(connection, device, ours[device])
    _keep_apart(sent, told)
    return told


def _keep_apart(sent: Sent, told: dict[str, When]) -> None:
    """What one batch says twice of a thing at the same moment happened in the batch's order."""
    lately: dict[tuple[str, str], datetime] = {}
    for scan, setting in sent:
        when = told.get(scan.id)
        if when is None or scan.device_seq is not None:
            continue
        key = setting.by.ref, scan.code
        if lately.get(key) == when.at:
            when = told[scan.id] = replace(when, at=when.at + _MILLISECOND)
        lately[key] = when.at


def follow(told: dict[str, When], scan: Scan, now: datetime, *known: datetime | None) -> None:
    """Somebody stands before it now: `scan` comes after the moments that are known of it, even by
    the word of a server whose clock ran ahead."""
    last = max((at for at in known if at is not None), default=None)
    if last is not None and last >= max(now, told[scan.id].at):
        told[scan.id] = replace(told[scan.id], at=last + _MILLISECOND)


def note(connection: Connection, device: str, exchange: Exchange, now: datetime) -> None:
    """Keep what a device reports of an exchange, before any of its scans has come."""
    row = _known(connection, device)
    _keep(connection, row, _clock(row).after(None, exchange, now))


def moment_of(connection: Connection, said: datetime, by: str, now: datetime) -> datetime:
    """When something beside a scan happened (an act was signed), of which `by` said `said`."""
    row = _known(connection, by) if by.startswith("device:") else None
    order = Order(row.enrolled_at if row else None)
    return order.place(said, None, _clock(row) if row else Clock(), now).at


def _of_device(connection: Connection, device: str, sent: Sent) -> dict[str, When]:
    row = _known(connection, device)
    clock = _clock(row)
    for setting in {id(setting): setting for _, setting in sent}.values():
        clock = clock.after(setting.lag, setting.exchange, setting.now)
    order = _order(connection, device, row, [scan.device_seq for scan, _ in sent])
    told = {}
    for scan, setting in sorted(sent, key=lambda one: one[0].device_seq or 0):
        told[scan.id] = order.place(scan.occurred_at, scan.device_seq, clock, setting.now)
    last, last_at = max([*order.placed, (row.last_seq, row.last_at)], key=_number)
    _keep(connection, row, clock, last_seq=last, last_at=last_at)
    return told


def _keep(connection: Connection, row: Any, clock: Clock, **more: Any) -> None:
    """Write what is known of a clock by now, where that is other than its `row` says."""
    known = {"is_sure": clock.sure, "is_seen": clock.seen, "told_at": clock.told_at, **more}
    known["offset_ms"] = clock.offset // _MILLISECOND
    changed = {name: value for name, value in known.items() if getattr(row, name) != value}
    if changed:
        connection.execute(_WRITE.where(_CLOCK.c.device == row.device).values(changed))


def _number(placed: tuple[int | None, datetime | None]) -> int:
    return -1 if placed[0] is None else placed[0]


def _clock(row: Any) -> Clock:
    return Clock(timedelta(milliseconds=row.offset_ms), row.is_sure, row.is_seen, row.told_at)


def _known(connection: Connection, device: str) -> Any:
    """What is known of a device's clock, locked; of one that never sent anything, nothing."""
    which = _which(device)
    row = connection.execute(_READ, which).first()
    if row is None:
        connection.execute(insert(_CLOCK).values(device=device))
        row = connection.execute(_READ, which).first()
    return row


def _which(device: str) -> dict[str, str | int]:
    number = device.removeprefix("device:")
    return {"which": device, "number": int(number) if number.isdecimal() else -1}


def _order(connection: Connection, device: str, row: Any, numbers: Sequence[int | None]) -> Order:
    """The scans of a device that lie around those with these numbers."""
    given = [number for number in numbers if number is not None]
    if given and row.last_seq is not None and row.last_seq < min(given):
        return Order(None, [(row.last_seq, row.last_at)])
    placed: list[Placed] = []
    if given:
        around = {"by": device, "first": min(given), "last": max(given)}
        for query in (_BEFORE, _BETWEEN, _AFTER):
            placed += [(one.device_seq, one.at) for one in connection.execute(query, around)]
    return Order(row.enrolled_at, sorted(placed))
