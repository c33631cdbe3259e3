"""A small world with a phone in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.field.signing import SigningPhone
from tests.web.conftest import World, world
from tracker.domain.permissions import Role
from tracker.services import devices

__all__ = ["world"]

Enrol = Callable[..., SigningPhone]


def invite(world: World, *places: str, role: Role = Role.FIELD, days: int = 30) -> str:
    """The code of an invitation by a coordinator."""
    with world.app.app_context():
        alice, now = world.actor("alice"), datetime.now(UTC)
        return devices.invite(role, locations=places, days=days, by=alice, now=now)[0]


@pytest.fixture
def enrol(world: World) -> Enrol:
    """`enrol("SITE-0001")`: a phone that works there."""

    def make(*places: str, role: Role = Role.FIELD, days: int = 30) -> SigningPhone:
        phone = SigningPhone(world.client())
        assert phone.enrol(invite(world, *places, role=role, days=days)).status_code == 200
        return phone

    return make
