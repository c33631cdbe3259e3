"""A world for the benches: a temporary installation with a pledge of some thousand units."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import insert

from labels.codes import new_codes
from tracker import create_app
from tracker.db import db, transaction
from tracker.domain.permissions import SYSTEM
from tracker.ledger.announcing import NewItem, announce
from tracker.models import Device, Label, Location, Party, Pledge, PledgeLine, Product
from tracker.queries.people import token_hash

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
TOKEN = "bench-token"


@dataclass(frozen=True)
class World:
    """The application and the codes of its units."""

    app: Flask
    codes: list[str]


@contextmanager
def world(
    units: int, database_url: str = "", *, kind: str = "satellite_terminal"
) -> Iterator[World]:
    """A migrated installation in a temporary folder, inside its application context."""
    with tempfile.TemporaryDirectory() as home:
        app = create_app({"HOME": home, "DATABASE_URL": database_url, "RATE_LIMITS": False})
        with app.app_context():
            upgrade()
            codes = populate(units, kind)
            yield World(app, codes)
            db.session.remove()
            db.engine.dispose()


def populate(units: int, kind: str) -> list[str]:
    """One pledge of `units` announced units with labels; a coordinator's device."""
    codes = list(new_codes(units))
    with transaction() as session:
        session.add(Party(ref="PL", name="Poland", kind="member_state"))
        session.add(Product(ref="TERM", name_en="Terminal", name_uk="Термінал", kind=kind))
        session.add(Location(ref="LVIV-1", kind="warehouse", name_en="Lviv", name_uk="Львів"))
        device = Device(name="bench", role="coordinator", token_hash=token_hash(TOKEN))
        device.enrolled_at, device.enrolled_by = NOW, "account:1"
        session.add(device)
        session.flush()
        session.add(Pledge(ref="EX-1", donor="PL", pledged_on=date(2026, 1, 1)))
        session.flush()
        line = PledgeLine(pledge="EX-1", product="TERM", quantity=units)
        session.add(line)
        session.flush()
        new = [NewItem(code, "EX-1", line.id, "TERM", code.lower()) for code in codes]
        numbers = announce(session, new, by=SYSTEM, now=NOW)
        bound = [
            {"code": code, "state": "bound", "item": number, "bound_at": NOW}
            for code, number in zip(codes, numbers, strict=True)
        ]
        session.execute(insert(Label), bound)
    return codes
