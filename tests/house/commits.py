"""One verb, one transaction: which public function of a service has committed twice in one call.

A fixture of `tests/conftest.py` listens to every commit of every test. A commit that has written
something is told by the services whose calls are on the stack; a call that is there at the commit
before as well, in the same thread, has kept its work in two parts, and a stop between them keeps
one of them.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection

from tests.house.parts import ROOT

SERVICES = str(ROOT / "tracker" / "services")

_EVIDENCE = "what a phone sends is kept before anything is made of it, and the rest is done again"
_EACH = "each by itself: one that fails undoes none of the others"
_JOB = "the worker's: it says how far it is, so that another can go on"

IN_PARTS = {
    "exports.donor_exports.prepare_next": _JOB,
    "late_acts.hand_over": _EVIDENCE,
    "late_acts.judge": _EACH,
    "late_acts.keep_or_set_aside": _EVIDENCE,
    "late_scans.judge": "chunks that hold the write lock for a short time",
    "notices.due.deliver_calls": _JOB,
    "notices.due.deliver_mails": _JOB,
    "notices.due.forget_ended": _EACH,
    "notices.due.write_due_calls": _EACH,
    "notices.due.write_due_digests": _EACH,
    "notices.outbox.deliver_due": _JOB,
    "signed_acts.follow_all": _EACH,
    "signed_acts.give_paper": _EVIDENCE,
    "signed_acts.keep_with_paper": _EVIDENCE,
    "uploads.keep_whole": _EVIDENCE,
    "uploads.take_piece": _EVIDENCE,
}
"""Services that commit more than once in a call, and why each part is whole by itself."""

WRITES = ("INSERT", "UPDATE", "DELETE")
_WROTE = "kittrail_wrote"

twice: list[str] = []
"""The services that have committed twice since somebody last cleared this."""

_before = threading.local()


def service_of(frame: FrameType) -> str:
    """`room.noun.verb` of a public function of a service; empty for anything else."""
    code = frame.f_code
    if not code.co_filename.startswith(SERVICES) or "." in code.co_qualname:
        return ""
    if code.co_qualname.startswith(("_", "<")):
        return ""
    module = Path(code.co_filename).relative_to(SERVICES).with_suffix("")
    return ".".join([*module.parts, code.co_qualname])


def _calls() -> dict[FrameType, str]:
    """The calls of services on the stack of this thread."""
    found: dict[FrameType, str] = {}
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if name := service_of(frame):
            found[frame] = name
        frame = frame.f_back
    return found


@event.listens_for(Engine, "before_cursor_execute")
def _wrote(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    if statement.startswith(WRITES):
        connection.info[_WROTE] = True


@event.listens_for(Engine, "rollback")
def _undone(connection: Connection) -> None:
    connection.info.pop(_WROTE, None)


@event.listens_for(Engine, "commit")
def _kept(connection: Connection) -> None:
    """A commit: whoever called for it and for the one before has committed twice."""
    if not connection.info.pop(_WROTE, False):
        return
    calls, before = _calls(), getattr(_before, "calls", {})
    twice.extend(name for frame, name in calls.items() if frame in before and name not in IN_PARTS)
    _before.calls = calls


def forget() -> None:
    """Begin anew, as a test does."""
    twice.clear()
    _before.calls = {}
