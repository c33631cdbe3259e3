"""A small world with a phone in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from tests.field.signing import SigningPhone
from tests.web.conftest import World, world
from tracker.db import transaction
from tracker.domain.permissions import Role
from tracker.models import ActLine, HandoverAct, Item
from tracker.services import devices

__all__ = ["world"]

Enrol = Callable[..., SigningPhone]


def invite(world: World, *places: str, role: Role = Role.FIELD, days: int = 30) -> str:
    """The code of an invitation by a coordinator."""
    with world.app.app_context():
        alice, now = world.actor("alice"), datetime.now(UTC)
        return devices.invite(role, locations=places, days=days, by=alice, now=now)[0]


def drafted(world: World, codes: list[str]) -> None:
    """An act for SITE-0001 that lists these units, and that nobody has signed yet."""
    with world.app.app_context(), transaction() as session:
        said = {"giver": "PL", "receiver": "HOSP", "site": "SITE-0001", "purpose": "A link."}
        made = {"made_by": "account:2", "made_at": datetime.now(UTC)}
        session.add(act := HandoverAct(**said, **made))
        session.flush()
        added = {"added_by": "account:2", "added_at": datetime.now(UTC)}
        for number, code in session.execute(select(Item.id, Item.code).where(Item.code.in_(codes))):
            session.add(ActLine(act=act.id, item=number, code=code, **added))


@pytest.fixture
def enrol(world: World) -> Enrol:
    """`enrol("SITE-0001")`: a phone that works there."""

    def make(*places: str, role: Role = Role.FIELD, days: int = 30) -> SigningPhone:
        phone = SigningPhone(world.client())
        assert phone.enrol(invite(world, *places, role=role, days=days)).status_code == 200
        return phone

    return make
