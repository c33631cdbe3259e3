"""What acts of handover name, for scans that hand over under them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import BindParameter, bindparam, or_, select, update
from sqlalchemy.engine import Connection

from tracker.domain.scans import Scan
from tracker.ledger import discrepancies
from tracker.ledger.events import Row
from tracker.models import ActLine, Discrepancy, HandoverAct

ACCEPTING = "accepting"
"""The step by which an act of handover hands over."""
MISSING = "act_missing"
_CASE = UUID("5b0f8e0a-1f6c-4c39-9d0a-7c1d3f0f2f55")
"""The name space of the cases of acts that have not come."""

_NUMBERS: BindParameter[Any] = bindparam("numbers", expanding=True)
_UIDS: BindParameter[Any] = bindparam("uids", expanding=True)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_ACTS = select(
    HandoverAct.id, HandoverAct.number, HandoverAct.uid, HandoverAct.receiver, HandoverAct.said
)
_HEAL = (
    update(Discrepancy)
    .where(
        Discrepancy.subject == bindparam("of"),
        Discrepancy.kind == MISSING,
        Discrepancy.state == "open",
    )
    .values(state="healed")
)
_LINES = select(ActLine.act, ActLine.item).where(ActLine.act.in_(_IDS))


@dataclass(frozen=True, slots=True)
class ActList:
    """What one act says: who receives, the items on its lines, and the text that a phone signed."""

    receiver: str
    items: frozenset[int]
    said: str

    def names(self, scan: Scan, items: Collection[int]) -> bool:
        """Whether a scan under the act hands over what it names, to whom it names.

        A line of a phone's act may be of a code that names no unit yet: the scan's id is on it.
        """
        listed = self.items.issuperset(items) or scan.id in self.said
        return listed and scan.receiver in (None, self.receiver)


def load(connection: Connection, scans: Iterable[Scan]) -> dict[str, ActList]:
    """The acts that these scans hand over under, by the name that each scan gives."""
    names = {scan.act for scan in scans if scan.act and scan.step == ACCEPTING}
    if not names:
        return {}
    uids = [name for name in names if is_uid(name)]
    known = or_(HandoverAct.number.in_(_NUMBERS), HandoverAct.uid.in_(_UIDS))
    said = {"numbers": list(names), "uids": uids}
    rows = connection.execute(_ACTS.where(known), said).all()
    items: dict[int, set[int]] = {row.id: set() for row in rows}
    for line in connection.execute(_LINES, {"ids": list(items)}) if items else ():
        items[line.act].add(line.item)
    found: dict[str, ActList] = {}
    for row in rows:
        named = ActList(row.receiver, frozenset(items[row.id]), row.said or "")
        found |= {name: named for name in (row.number, row.uid) if name}
    return found


def await_missing(
    connection: Connection, rows: Iterable[Row], known: Collection[str], now: datetime
) -> None:
    """Open a case of each act that new events hand over under and that has not come.

    A phone sends its scans first and the act just after; a case that stays is of one that is lost.
    """
    said = [row for row in rows if row["step"] == ACCEPTING and row["via"] is None]
    acts = {json.loads(row["body"]).get("act"): row for row in said} if said else {}
    for name, row in acts.items():
        if name and name not in known:
            found = (_subject(name), None, MISSING, str(uuid5(_CASE, name)))
            case = discrepancies.opened(found, now, {"act": name, "code": name})
            case["raised_by"] = row["by"]
            discrepancies.keep_once(connection, case)


def heal_missing(connection: Connection, name: str) -> None:
    """The act has come."""
    connection.execute(_HEAL, {"of": _subject(name)})


def _subject(name: str) -> str:
    return f"named-act:{name}"


def is_uid(name: str) -> bool:
    """Whether a name is the id that a phone gave its act, and no number of ours."""
    try:
        UUID(name)
    except ValueError:
        return False
    return True
