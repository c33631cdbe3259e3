"""Initiatives: groups of pledges, made and filled by coordinators."""

from __future__ import annotations

import re

from tracker.db import transaction
from tracker.domain.permissions import Action, Actor
from tracker.domain.texts import fitting
from tracker.errors import Conflict, InvalidValue, NotAllowed, NotFound
from tracker.ledger.stating import act_as
from tracker.models import Initiative, Pledge

REF = re.compile(r"[A-Z0-9][A-Z0-9-]{1,31}")


def start_initiative(ref: str, *, name_en: str, name_uk: str, by: Actor) -> None:
    """Make an initiative that holds no pledge yet.

    `ref` is two to 32 capital letters, digits and hyphens. Raises NotAllowed, InvalidValue,
    Conflict (the reference is taken).
    """
    if not by.may(Action.EDIT_PLEDGES):
        raise NotAllowed
    if not REF.fullmatch(ref):
        raise InvalidValue("Use capital letters, digits and hyphens.", field="ref")
    said = {"name_en": name_en, "name_uk": name_uk}
    names = {field: fitting(name, 200, field) for field, name in said.items()}
    for field, name in names.items():
        if len(name) < 3:
            raise InvalidValue("Name it in both languages.", field=field)
    with transaction() as session:
        act_as(session, by.ref)
        if session.get(Initiative, ref) is not None:
            raise Conflict("This reference is taken; choose another.")
        session.add(Initiative(ref=ref, **names))


def join_initiative(pledge: str, initiative: str | None, *, by: Actor) -> None:
    """Put a pledge into an initiative; None takes it out. Raises NotAllowed, NotFound."""
    if not by.may(Action.EDIT_PLEDGES):
        raise NotAllowed
    with transaction() as session:
        act_as(session, by.ref)
        row = session.get(Pledge, pledge)
        if row is None or (initiative and session.get(Initiative, initiative) is None):
            raise NotFound
        row.initiative = initiative or None
