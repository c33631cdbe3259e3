"""What an installation keeps and writes is for its own user: 0600 in 0700, no password in sight."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import make_url

from tests.commands.test_import_commands import ITEMS, LOCATIONS, PARTIES, PLEDGES, PRODUCTS
from tests.house.parts import ROOT
from tracker.cli import main
from tracker.errors import Refusal
from tracker.services import health


@pytest.fixture
def careless() -> Iterator[None]:
    """A shell whose files anybody may read and write."""
    was = os.umask(0)
    yield
    os.umask(was)


@pytest.fixture
def home(careless: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("TRACKER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TRACKER_HOME", str(tmp_path / "state" / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "state" / "home"


def tracker(*words: str) -> str:
    """Run a command as from a shell of its own, however careless that is."""
    os.umask(0)
    told = CliRunner().invoke(main, list(words))
    assert told.exit_code == 0, (words, told.output, told.exception)
    return told.output


def modes(folder: Path) -> dict[str, int]:
    return {
        str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode)
        for path in sorted(folder.rglob("*"))
    }


def open_to_others(folder: Path) -> dict[str, int]:
    return {name: mode for name, mode in modes(folder).items() if mode & 0o077}


def test_whatever_commands_write_is_for_their_own_user(home: Path, tmp_path: Path) -> None:
    files = {"parties": PARTIES, "products": PRODUCTS, "pledges": PLEDGES, "items": ITEMS,
             "locations": LOCATIONS}  # fmt: skip
    given = tmp_path / "given"
    given.mkdir()
    tracker("init")
    for noun, content in files.items():
        (given / f"{noun}.csv").write_text(content, encoding="utf-8")
        tracker("import", noun, f"given/{noun}.csv")
    tracker("worker", "--once")
    tracker("ledger", "export", "bundle.zip")
    tracker("export", "register", "register.sqlite")
    tracker("backup", "copy.sqlite")
    found = modes(tmp_path)
    assert {"bundle.zip", "register.sqlite", "copy.sqlite"} <= found.keys()
    assert found["state/home/tracker.sqlite"] == 0o600
    assert found["state/home"] == 0o700
    assert {n: m for n, m in open_to_others(tmp_path).items() if not n.startswith("given")} == {}


def test_what_an_earlier_version_left_open_is_named_and_closed(home: Path, tmp_path: Path) -> None:
    tracker("init")
    os.umask(0)
    evidence = home / "evidence" / "ab"
    evidence.mkdir(parents=True, mode=0o755)
    (evidence / "abcd").write_bytes(b"a photo")
    (home / "tracker.sqlite").chmod(0o644)
    assert len(open_to_others(home)) == 4
    told = json.loads(CliRunner().invoke(main, ["doctor", "--json"]).output)
    # While it looks, the database has its log and that log's index, as open as itself.
    assert told["files"].startswith("6 can be opened by other users of this machine, ")
    assert "Closed 6 files and folders to other users of this machine." in tracker("init")
    assert open_to_others(home) == {}
    assert json.loads(CliRunner().invoke(main, ["doctor", "--json"]).output)["files"] == ""


@pytest.mark.parametrize("file", ["run", "wsgi.py", "tracker/cli.py"])
def test_every_way_in_says_so_before_it_writes(file: str) -> None:
    assert "os.umask(" in (ROOT / file).read_text(encoding="utf-8")


SPY = """#!{python}
import json, os, sys
json.dump([sys.argv[1:], os.environ.get("PGPASSWORD")], open({told!r}, "w"))
"""


@pytest.mark.parametrize("program", ["pg_dump", "pg_restore"])
@pytest.mark.parametrize("form", ["bob:s%40crət@", "bob@", ""])
def test_no_password_stands_among_the_arguments_of_a_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, form: str
) -> None:
    spy, told = tmp_path / program, tmp_path / "told.json"
    spy.write_text(SPY.format(python=sys.executable, told=str(told)), encoding="utf-8")
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    app = Flask("spied")
    uri = f"postgresql+psycopg://{form}db.example/kit?sslmode=require"
    uri += "" if ":" in form else "&password=s%40crət"
    app.config["SQLALCHEMY_DATABASE_URI"] = uri
    with app.app_context():
        health._run(program, "--format=custom")
    arguments, password = json.loads(told.read_text(encoding="utf-8"))
    assert password == "s@crət"
    assert "cr" not in " ".join(arguments)
    [address] = [one.removeprefix("--dbname=") for one in arguments if one.startswith("--dbname=")]
    url = make_url(address)
    assert (url.host, url.database, dict(url.query)) == (
        "db.example", "kit", {"sslmode": "require"},
    )  # fmt: skip


def test_without_the_client_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refusal, match="postgresql-client"):
        health._run("pg_dump")


def test_a_copy_is_for_its_own_user_on_both_databases(careless: None, app: Flask) -> None:
    copy = Path(app.config["HOME"]) / "copy"
    health.back_up(copy)
    assert copy.stat().st_size > 10_000
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
