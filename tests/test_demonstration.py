"""The demonstration: a whole installation in one command, and everything it prints works."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select

from tests.house.bodies import faults
from tests.web.conftest import send, sign_in
from tracker import create_app
from tracker.cli import main
from tracker.db import db
from tracker.domain.permissions import Role
from tracker.models import Consignment, Discrepancy, Event, Item


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the demonstration lives; no setting of this machine reaches it."""
    home = tmp_path_factory.mktemp("demonstration")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("TRACKER_")]:
            patch.delenv(name)
        patch.setenv("TRACKER_HOME", str(home))
        yield home


@pytest.fixture(scope="module")
def printed(environment: Path) -> str:
    """What `tracker init` and `tracker demo` print."""
    told = [run("init"), run("demo")]
    assert [one.exit_code for one in told] == [0, 0], told[1].output
    return told[1].stdout


@pytest.fixture
def app(printed: str) -> Iterator[Flask]:
    """The application, its first donor's day today."""
    app = create_app({"RATE_LIMITS": False})
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def run(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def sign_ins(printed: str) -> dict[str, tuple[str, str]]:
    """Role -> name and password."""
    found = re.findall(r"^  (\w+)@example\.org +(\S+) +(\w+):", printed, re.MULTILINE)
    return {role: (name, password) for name, password, role in found}


def test_everything_that_happened_fits(printed: str) -> None:
    told = run("ledger", "verify", "--json")
    assert told.exit_code == 0
    assert json.loads(told.stdout)["events"] > 10_000
    assert run("ledger", "rebuild").exit_code == 0


def test_every_event_holds_what_the_type_of_its_body_says(app: Flask) -> None:
    with app.app_context():
        told = [json.loads(body) for body in db.session.scalars(select(Event.body))]
    assert {fault for body in told for fault in faults(body)} == set()
    said = {member for body in told for member in body}
    assert said >= {"via", "findings", "numbers", "commitment", "declares"}


def test_journeys_stand_at_every_stage_with_what_is_due(app: Flask, printed: str) -> None:
    with app.app_context():
        counted = select(Consignment.state, func.count()).group_by(Consignment.state)
        states = dict(db.session.execute(counted).all())
    assert states == {"draft": 2, "dispatched": 2, "received": 6, "closed": 30}
    client = app.test_client()
    sign_in(client, *sign_ins(printed)["coordinator"])
    board = client.get("/board").text
    numbers = re.findall(r"<strong>(\d+)</strong>", board)
    assert numbers[:3] == ["1", "1", "0"], "expected today, late, aid codes that run out"
    assert board.count("«Випущено митницею»") == 6, "clocks: released, and not reported yet"


def test_a_real_pledge_stands_at_every_stage(app: Flask) -> None:
    with app.app_context():
        units = dict(
            db.session.execute(select(Item.status, func.count()).group_by(Item.status)).all()
        )
        kinds = set(db.session.scalars(select(Discrepancy.kind)))
        steps = set(db.session.scalars(select(Event.step).distinct()))
    assert sum(units.values()) == 1570
    assert units.keys() >= {"in_stock", "in_transit", "handed_over", "deployed", "lost"}
    assert kinds >= {"gap", "misfit", "unknown_code", "label_only", "wrong_serial"}
    assert kinds >= {"left_box", "elsewhere", "second_person"}
    assert steps >= {"announcing", "receiving", "shipping", "entering_exiting", "accepting",
                     "deploying", "inspecting", "reporting_lost"}  # fmt: skip


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_each_role_can_sign_in_as_it_is_printed(app: Flask, printed: str, role: str) -> None:
    name, password = sign_ins(printed)[role]
    client = app.test_client()
    assert sign_in(client, name, password).status_code == 302
    page = client.get("/", follow_redirects=True)
    assert page.status_code == 200
    assert name.capitalize() in page.text


def test_the_donor_s_link_opens_the_pledge(app: Flask, printed: str) -> None:
    token = re.search(r"/d/#(\S+)", printed)
    assert token
    client = app.test_client()
    assert client.post("/d/", data={"token": token[1]}).status_code == 303
    page = client.get("/d/?lang=en").text
    assert "PL-2022-11" in page
    assert "It adds up" in page


def test_the_label_and_the_device_s_token_work(app: Flask, printed: str) -> None:
    label, token = re.search(r"/s/(\S+)", printed), re.search(r"token (\S+)", printed)
    assert label
    assert token
    client = app.test_client()
    bearer = {"Authorization": f"Bearer {token[1]}"}
    told = client.get(f"/api/v1/items/{label[1]}", headers=bearer).get_json()
    assert told["pledge"] == "PL-2022-11"
    name, password = sign_ins(printed)["coordinator"]
    sign_in(client, name, password)
    send(client, "/language", {"locale": "en"})
    assert "Inspect" in client.get(f"/s/{label[1]}").text


def test_it_is_told_again_and_never_loaded_over_somebody_s_pledges(printed: str) -> None:
    again = run("demo", "--show")
    assert sign_ins(again.stdout) == sign_ins(printed)
    over = run("demo")
    assert over.exit_code == 2
    assert "a demonstration needs a new database" in over.stderr
