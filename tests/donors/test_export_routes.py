"""Who may take what along, under which headers; and large exports, made while nobody waits."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from flask import Flask
from jsonschema import Draft202012Validator, FormatChecker
from werkzeug.test import TestResponse

from tests.conftest import migrated_app
from tests.donors.worlds import Reader
from tests.services.builders import COORDINATOR, NOW, lay_world, new_units, queue, scan
from tests.web.conftest import World, send
from tracker import clock
from tracker.cli import main
from tracker.db import db
from tracker.exports.parcel import FORMS, WITH_UNITS
from tracker.ledger import checkpoints
from tracker.services import shares
from tracker.services.exports import donor_exports

OWN, OTHER = "PL-2022-11", "EE-2023-01"
LATER = NOW + timedelta(days=10)


@pytest.fixture
def client(app: Flask) -> Reader:
    """A browser; the world has five units, two of them received."""
    lay_world()
    codes = new_units(5)
    queue([scan(code, "receiving", 1, location="WH-1") for code in codes[:2]])
    return Reader(app.test_client())


def open_link(client: Reader, **narrow: Any) -> Reader:
    token = shares.make_share("EX-1", days=30, by=COORDINATOR, now=clock.now(), **narrow)
    assert client.post("/d/", data={"token": token}).status_code == 303
    return client


def rows(answer: TestResponse) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


@pytest.mark.parametrize("form", FORMS)
def test_a_link_gives_every_form_and_nothing_is_kept_on_the_way(client: Reader, form: str) -> None:
    assert client.get(f"/d/export.{form}").status_code == 404
    open_link(client)
    answer = client.get(f"/d/export.{form}?lang=en")
    assert answer.status_code == 200
    assert answer.content_type == FORMS[form]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert 'attachment; filename="kittrail-EX-1-' in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("name", ["stranger", "bob", "charlie", "erin", "admin", "alice", "diana"])
def test_accounts_get_what_the_page_gives_them(world: World, name: str) -> None:
    client = world.client() if name == "stranger" else world.as_(name)
    for ref in (OWN, OTHER, "NO-1"):
        page = client.get(f"/d/pledges/{ref}").status_code
        for address in (f"/d/pledges/{ref}/export.csv", f"/d/pledges/{ref}/badge.svg"):
            assert client.get(address).status_code == page, address


def test_an_unknown_form_is_nothing(client: Reader) -> None:
    open_link(client)
    for form in ("exe", "CSV", "csv.gz", "..%2fx"):
        assert client.get(f"/d/export.{form}").status_code == 404


def test_a_link_for_totals_gives_no_day_no_place_and_no_unit(client: Reader) -> None:
    open_link(client, totals_only=True)
    assert client.get("/d/export.units.csv").status_code == 404
    told = json.loads(client.get("/d/export.json").data)
    assert not {"days", "places", "units"} & told.keys()
    assert told["totals_only"] is True
    assert {row[1] for row in rows(client.get("/d/export.csv"))}.isdisjoint({"day", "oblast"})


def test_several_pledges_together_list_no_units(world: World) -> None:
    client = world.as_("diana")
    assert client.get("/d/donors/PL/export.units.csv").status_code == 404
    assert "units" not in client.get("/d/donors/PL/export.json").get_json()
    assert client.get(f"/d/pledges/{OWN}/export.units.csv").status_code == 200


def test_an_export_is_as_late_as_the_page_and_names_the_ledger_of_that_day(app: Flask) -> None:
    lay_world()
    with time_machine.travel(NOW, tick=False):
        [code] = new_units(1)
        checkpoints.sequence()
        checkpoints.sign_checkpoint(checkpoints.notary(), now=NOW)
    with time_machine.travel(LATER, tick=False):
        queue([scan(code, "receiving", 1, location="WH-1")], now=LATER)
        checkpoints.sequence()
        checkpoints.sign_checkpoint(checkpoints.notary(), now=LATER)
    seen = {}
    for days in (0, 3):
        app.config["DONOR_DELAY_DAYS"] = days
        app.extensions["donor_views"].views.clear()
        with time_machine.travel(LATER, tick=False):
            client = open_link(Reader(app.test_client()))
            seen[days] = json.loads(client.get("/d/export.json").data)
    assert [seen[days]["units"][0]["stage"] for days in (0, 3)] == ["in_stock", "announced"]
    assert seen[0]["ledger"]["size"] == seen[3]["ledger"]["size"] + 1, "the scan of today"
    assert seen[3]["delay_days"] == 3
    assert seen[3]["units"][0]["proved_on"] == {}


def test_the_published_schema_describes_what_is_exported(client: Reader) -> None:
    schema = json.loads(client.get("/schemas/donor-export-1.json").data)
    assert schema["$id"].endswith("/schemas/donor-export-1.json")
    told = json.loads(open_link(client).get("/d/export.json").data)
    assert told["$schema"] == schema["$id"]
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(told)
    assert len(told["units"]) == 5


def test_figures_and_units_add_up_to_the_same(client: Reader) -> None:
    open_link(client)
    listed = [row[3] for row in rows(client.get("/d/export.units.csv"))[2:]]
    told = json.loads(client.get("/d/export.json").data)["stages"]
    assert {stage: listed.count(stage) for stage in set(listed)} == {
        stage: units for stage, units in told.items() if units
    }


# Large ones


def large(app: Flask) -> None:
    app.config["EXPORT_AT_ONCE"] = 4


@pytest.mark.parametrize("form", sorted(WITH_UNITS))
def test_a_large_export_is_asked_for_then_followed_then_fetched(
    app: Flask, client: Reader, form: str
) -> None:
    large(app)
    open_link(client)
    address = f"/d/export.{form}?lang=en"
    assert "Prepare the file" in client.get(address).text
    assert client.post(address).status_code == 303
    waiting = client.get(address)
    assert waiting.status_code == 202
    assert "Look again" in waiting.text  # without a script a person looks again, no timer does
    told = client.get(f"{address}&progress=1").get_json()
    assert told == {"state": "asked", "done": 0, "units": 5}
    assert donor_exports.prepare_next(now=clock.now())
    assert not donor_exports.prepare_next(now=clock.now())
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.content_type == FORMS[form]
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_prepared_export_is_what_would_have_been_made_at_once(app: Flask, client: Reader) -> None:
    open_link(client)
    with time_machine.travel(clock.now(), tick=False):
        at_once = client.get("/d/export.sqlite?lang=en").data
        large(app)
        client.post("/d/export.sqlite?lang=en")
        donor_exports.prepare_next(now=clock.now())
        assert client.get("/d/export.sqlite?lang=en").data == at_once


def test_asking_twice_prepares_once(app: Flask, client: Reader) -> None:
    large(app)
    open_link(client)
    for _ in range(3):
        client.post("/d/export.xlsx?lang=en")
    assert donor_exports.prepare_next(now=clock.now())
    assert not donor_exports.prepare_next(now=clock.now())


def test_a_prepared_file_is_nothing_without_the_permission(app: Flask, client: Reader) -> None:
    large(app)
    open_link(client)
    client.post("/d/export.xlsx?lang=en")
    donor_exports.prepare_next(now=clock.now())
    stranger = Reader(app.test_client())
    assert stranger.get("/d/export.xlsx?lang=en").status_code == 404
    assert stranger.post("/d/export.xlsx?lang=en").status_code == 404
    [file] = donor_exports.folder().iterdir()
    assert stranger.get(f"/exports/{file.name}").status_code == 404


def test_small_forms_are_never_prepared(app: Flask, client: Reader) -> None:
    large(app)
    open_link(client)
    for form in ("csv", "pdf"):
        assert client.get(f"/d/export.{form}").status_code == 200
        assert client.post(f"/d/export.{form}").status_code == 404


def test_a_file_is_deleted_after_a_day(app: Flask, client: Reader) -> None:
    large(app)
    open_link(client)
    client.post("/d/export.xlsx?lang=en")
    donor_exports.prepare_next(now=clock.now())
    assert donor_exports.forget_old(now=clock.now()) == 0
    assert donor_exports.forget_old(now=clock.now() + timedelta(hours=25)) == 1
    assert list(donor_exports.folder().iterdir()) == []
    assert "Prepare the file" in client.get("/d/export.xlsx?lang=en").text


def test_one_that_failed_says_so_and_can_be_asked_for_again(
    app: Flask, client: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    large(app)
    open_link(client)
    client.post("/d/export.xlsx?lang=en")
    with monkeypatch.context() as broken:
        broken.setattr(donor_exports, "write", _disk_is_full)
        with pytest.raises(OSError, match="full"):
            donor_exports.prepare_next(now=clock.now())
    assert "The last attempt failed" in client.get("/d/export.xlsx?lang=en").text
    client.post("/d/export.xlsx?lang=en")
    assert donor_exports.prepare_next(now=clock.now())
    assert client.get("/d/export.xlsx?lang=en").status_code == 200


def _disk_is_full(*_: object) -> None:
    raise OSError("full")


def test_one_whose_worker_died_is_begun_again(app: Flask, client: Reader) -> None:
    large(app)
    open_link(client)
    client.post("/d/export.xlsx?lang=en")
    now = clock.now()
    assert donor_exports._begin(now) is not None
    assert not donor_exports.prepare_next(now=now + timedelta(minutes=5))
    assert donor_exports.prepare_next(now=now + timedelta(minutes=31))


def test_an_account_prepares_with_its_form_s_token(world: World) -> None:
    world.app.config["EXPORT_AT_ONCE"] = 1
    client, address = world.as_("diana"), f"/d/pledges/{OWN}/export.xlsx"
    assert client.post(address).status_code == 400
    assert send(client, address).status_code == 303
    with world.app.app_context():
        assert donor_exports.prepare_next(now=clock.now())
    assert client.get(address).status_code == 200


# By command


def test_the_command_writes_what_the_donor_would_get(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(sqlite_template, tmp_path / "tracker.sqlite")
    monkeypatch.setenv("TRACKER_HOME", str(tmp_path))
    monkeypatch.setenv("TRACKER_DONOR_DELAY_DAYS", "0")
    app = migrated_app(tmp_path)
    with app.app_context():
        lay_world()
        new_units(3)
        db.session.remove()
        db.engine.dispose()
    out = tmp_path / "told.sqlite"
    said = ["export", "donor", "--pledge", "EX-1", "--form", "sqlite", "-o", str(out)]
    done = CliRunner().invoke(main, said)
    assert done.exit_code == 0, done.output
    with sqlite3.connect(out) as book:
        assert book.execute("SELECT count(*) FROM units").fetchone() == (3,)
    book.close()
    assert CliRunner().invoke(main, said).exit_code == 2
    none = CliRunner().invoke(main, [*said[:3], "NO-1", *said[4:-1], str(tmp_path / "other")])
    assert none.exit_code == 2
    assert not (tmp_path / "other").exists()
