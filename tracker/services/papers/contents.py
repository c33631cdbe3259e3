"""The contents list of a box or pallet, drawn as it stands now."""

from __future__ import annotations

from datetime import datetime

from flask import current_app

from labels.codes import address, show
from tracker.domain.permissions import Action, Actor
from tracker.errors import NotAllowed, NotFound
from tracker.papers import contents_list
from tracker.papers.parts import Title
from tracker.queries import handling_units
from tracker.services.papers.issuing import lines_of
from tracker.services.printing import ask_first


def contents_paper(code: str, *, by: Actor, now: datetime, anyway: bool = False) -> bytes:
    """A PDF to be stuck on a box or pallet: it is no document, has no number and is not kept.

    Raises NotAllowed, NotFound and, as a label does until `anyway` is said, HostNotPublic.
    """
    if not by.may(Action.SCAN_STOCK):
        raise NotAllowed
    found = handling_units.contents(code, by)
    if found is None:
        raise NotFound
    ask_first(anyway=anyway)
    row = found.row
    return contents_list.write(
        contents_list.ContentsList(
            title=Title(row.name, 1, now, address(code, current_app.config["HOST"])),
            kind=row.kind,
            code=show(code),
            sscc=row.sscc or "",
            stands_on=found.parent.name if found.parent else "",
            lines=lines_of(handling_units.items_within(code, by)),
        )
    )
