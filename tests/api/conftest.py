"""A small stock for the interface: one pledge, a few units, a device for each role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert
from werkzeug.test import TestResponse

from labels.codes import new_codes
from tests.conftest import migrated_app
from tracker.db import db, transaction
from tracker.domain.permissions import SYSTEM, Role
from tracker.ledger.announcing import NewItem, announce
from tracker.models import (
    Assignment,
    Device,
    Identifier,
    Label,
    Location,
    Party,
    Pledge,
    PledgeLine,
    Product,
)
from tracker.queries.people import token_hash

UNITS = 6


@dataclass(frozen=True)
class Stock:
    """The codes of the units, in the order of their numbers, and a label that names nothing."""

    codes: list[str]
    blank: str


@dataclass(frozen=True)
class Phone:
    """A device of one role and what it can ask."""

    client: FlaskClient
    role: Role

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {token(self.role)}"}

    def get(self, path: str, **more: Any) -> TestResponse:
        headers = {**self.headers, **more.pop("headers", {})}
        return self.client.get(f"/api/v1{path}", headers=headers, **more)

    def post(self, path: str, **more: Any) -> TestResponse:
        return self.client.post(f"/api/v1{path}", headers=self.headers, **more)

    def send(self, *scans: Any, mode: str = "queued") -> TestResponse:
        """The answer to a batch of scans."""
        batch = {"sent_at": stamped(), "mode": mode, "scans": scans}
        return self.post("/scans", json=batch)

    def results(self, *scans: Any, mode: str = "queued") -> list[dict[str, Any]]:
        answer = self.send(*scans, mode=mode)
        assert answer.status_code == 200, answer.text
        results: list[dict[str, Any]] = answer.get_json()["results"]
        return results


def stamped(ago: timedelta = timedelta()) -> str:
    return (datetime.now(UTC) - ago).isoformat()


def scan(code: Any, step: str = "receiving", **said: Any) -> dict[str, Any]:
    """A scan that a coordinator may make of an announced unit."""
    known = {"id": str(uuid4()), "code": code, "step": step, "occurred_at": stamped()}
    return {**known, "location": "EX-WH-1", **said}


def token(role: Role) -> str:
    return f"the token of the {role.value} phone"


@pytest.fixture
def stock(app: Flask) -> Stock:
    *codes, blank = new_codes(UNITS + 1)
    with app.app_context():
        lay(codes, blank)
    return Stock(codes, blank)


def lay(codes: list[str], blank: str) -> None:
    now = datetime.now(UTC) - timedelta(days=1)
    with transaction() as session:
        session.add_all([Party(ref="EX", name="Example", kind="member_state"),
                         Party(ref="EY", name="Another", kind="non_profit")])  # fmt: skip
        session.add(
            Product(ref="EX-TERM", name_en="Terminal", name_uk="Термінал",
                    kind="satellite_terminal", identifiers="serial kit")
        )  # fmt: skip
        session.add_all(Location(ref=ref, kind="warehouse") for ref in ("EX-WH-1", "EX-WH-2"))
        session.flush()
        session.add_all(
            Pledge(ref=ref, donor=donor, pledged_on=date(2026, 1, 1), note="for staff")
            for ref, donor in (("EX-1", "EX"), ("EY-1", "EY"))
        )
        session.flush()
        session.add(PledgeLine(id=901, pledge="EX-1", product="EX-TERM", quantity=UNITS + 4))
        session.flush()
        new = [
            NewItem(code, "EX-1", 901, "EX-TERM", f"{code.lower()} exser{i:04d}ї kitex{i:07d}")
            for i, code in enumerate(codes)
        ]
        numbers = announce(session, new, by=SYSTEM, now=now)
        session.execute(insert(Label), [
            {"code": code, "state": "bound", "item": number}
            for code, number in zip(codes, numbers, strict=True)
        ])  # fmt: skip
        session.execute(insert(Label), [{"code": blank, "state": "blank"}])
        session.execute(insert(Identifier), [
            {"item": number, "scheme": "kit", "value": f"KITEX{i:07d}", "read_at": now,
             "live": True}
            for i, number in enumerate(numbers)
        ])  # fmt: skip
        enrol(session, now)


def enrol(session: Any, now: datetime) -> None:
    """A device of every role; those of the warehouse and the field work at EX-WH-1."""
    for role in Role:
        device = Device(
            name=role.value, role=role.value, token_hash=token_hash(token(role)),
            enrolled_at=now, enrolled_by="account:1",
        )  # fmt: skip
        session.add(device)
        session.flush()
        if role in (Role.WAREHOUSE, Role.FIELD):
            session.add(Assignment(actor=f"device:{device.id}", location="EX-WH-1"))


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application, outside its context: each request must have one of its own."""
    app = migrated_app(tmp_path, database_url)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def phone(client: FlaskClient, stock: Stock) -> Callable[[str], Phone]:
    """`phone("warehouse")` asks as a device of that role."""
    return lambda role: Phone(client, Role(role))


@pytest.fixture
def coordinator(phone: Callable[[str], Phone]) -> Phone:
    return phone("coordinator")
