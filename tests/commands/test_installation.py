"""Keys, people, devices, copies and health, as the operator of an installation meets them."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.commands.test_import_commands import ITEMS, LOCATIONS, PARTIES, PLEDGES, PRODUCTS
from tests.house.parts import POSTGRES, ROOT, need
from tracker import config
from tracker.cli import COMMANDS, main
from tracker.domain.consignments import PASSAGES

Tracker = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which nothing is installed yet."""
    for name in [name for name in os.environ if name.startswith("TRACKER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TRACKER_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def tracker(home: Path) -> Tracker:
    """Run a command; `status` is what it must end with."""

    def run(*words: str, status: int = 0, said: str = "") -> Result:
        told = CliRunner().invoke(main, list(words), input=said)
        assert told.exit_code == status, (words, told.output, told.exception)
        return told

    run("init")
    return run


@pytest.fixture
def stocked(tracker: Tracker, tmp_path: Path) -> Tracker:
    """Two keys of one pledge, in the books."""
    files = {"parties": PARTIES, "products": PRODUCTS, "pledges": PLEDGES, "items": ITEMS,
             "locations": LOCATIONS}  # fmt: skip
    for noun, content in files.items():
        (tmp_path / f"{noun}.csv").write_text(content, encoding="utf-8")
        tracker("import", noun, f"{noun}.csv")
    return tracker


@pytest.mark.parametrize("words", [["demo"], ["user", "list"], ["device", "list"]])
def test_before_init_a_command_says_what_to_do_first(home: Path, words: list[str]) -> None:
    told = CliRunner().invoke(main, words)
    assert told.exit_code == 2
    assert told.stderr == "The database here has not been prepared. First: tracker init\n"


@pytest.mark.postgres
def test_before_init_on_postgresql_too(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_DATABASE_URL", need(POSTGRES))
    command = [sys.executable, "-c", "from tracker.cli import main; main()", "user", "list"]
    told = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    assert told.returncode == 2
    assert told.stderr.endswith("First: tracker init\n")


def test_an_installation_is_made_once_and_for_its_user_only(tracker: Tracker, home: Path) -> None:
    keys = {name: (home / "keys" / name).read_text() for name in config.KEY_NAMES}
    assert len(set(keys.values())) == len(keys)
    for name in keys:
        assert stat.S_IMODE((home / "keys" / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((home / "keys").stat().st_mode) == 0o700
    tracker("user", "add", "alice@example.org", "--role", "coordinator")
    assert tracker("init").output == "The database is ready.\n"
    assert {name: (home / "keys" / name).read_text() for name in keys} == keys
    assert "alice@example.org\tcoordinator\tactive" in tracker("user", "list").output


def test_a_person_gets_a_password_once_and_loses_access_at_once(tracker: Tracker) -> None:
    told = tracker("user", "add", "alice@example.org", "--role", "coordinator").output
    assert "Password, shown only now: " in told
    refused = tracker("user", "add", "alice@example.org", "--role", "admin", status=2)
    assert "alice@example.org" in refused.stderr
    tracker(
        "user", "password", "alice@example.org", "--password-stdin", said="three quiet rivers\n"
    )
    tracker("user", "deactivate", "alice@example.org")
    assert "alice@example.org\tcoordinator\tended" in tracker("user", "list").output
    tracker("user", "deactivate", "nobody@example.org", status=2)
    tracker("user", "add", "bob@example.org", "--role", "captain", status=2)
    tracker("user", "add", "no address", "--role", "field", status=2)


def test_a_device_gets_a_token_once_and_loses_access_at_once(tracker: Tracker, home: Path) -> None:
    token = tracker("device", "add", "Scanner 1", "--role", "warehouse").output.split()[-1]
    assert len(token) >= 22
    assert token not in tracker("device", "list").output
    assert token.encode() not in (home / "tracker.sqlite").read_bytes()
    assert "1\tScanner 1\twarehouse\tenrolled" in tracker("device", "list").output
    tracker("device", "revoke", "1")
    assert "1\tScanner 1\twarehouse\trevoked" in tracker("device", "list").output
    tracker("device", "revoke", "7", status=2)


def test_a_unit_is_shown_by_any_of_its_numbers(stocked: Tracker) -> None:
    told = json.loads(stocked("item", "exser001", "--json").output)
    assert (told["pledge"], told["status"]) == ("EX-1", "announced")
    assert [event["step"] for event in told["story"]] == ["announcing"]
    assert "announcing" in stocked("item", told["code"].lower()).output
    assert "names no unit" in stocked("item", "EXSER999", status=2).stderr


def test_the_register_is_exported_for_analysts(stocked: Tracker, tmp_path: Path) -> None:
    stocked("export", "register", "register.sqlite")
    with closing(sqlite3.connect(tmp_path / "register.sqlite")) as register:
        assert register.execute("SELECT count(*) FROM items").fetchone() == (2,)


def test_a_healthy_installation_is_told_so(stocked: Tracker) -> None:
    stocked("worker", "--once")
    told = json.loads(stocked("doctor", "--json").output)
    assert told.keys() >= {"keys", "database", "migrations", "triggers of the ledger", "disk"}
    assert set(told.values()) == {""}
    assert "good  keys" in stocked("doctor").output


def spoil_key(home: Path) -> None:
    (home / "keys" / "sites").unlink()


def spoil_triggers(home: Path) -> None:
    with closing(sqlite3.connect(home / "tracker.sqlite")) as database:
        database.execute("DROP TRIGGER event_no_update")


def spoil_migrations(home: Path) -> None:
    with closing(sqlite3.connect(home / "tracker.sqlite")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '0001'")


def spoil_database(home: Path) -> None:
    for file in home.glob("tracker.sqlite*"):
        file.unlink()
    (home / "tracker.sqlite").write_bytes(b"no database at all" * 100)


@pytest.mark.parametrize(
    ("spoil", "name", "words"),
    [
        (spoil_key, "keys", "missing: sites; run `tracker init`"),
        (spoil_triggers, "triggers of the ledger", "missing: event_no_update"),
        (spoil_migrations, "migrations", "at 0001, newest is "),
        (spoil_database, "database", "the database does not answer"),
    ],
)
def test_the_doctor_names_what_is_wrong(
    tracker: Tracker, home: Path, spoil: Callable[[Path], None], name: str, words: str
) -> None:
    spoil(home)
    told = json.loads(tracker("doctor", "--json", status=1).output)
    assert words in told[name]
    assert f"bad   {name}: " in tracker("doctor", status=1).output


def test_a_copy_is_made_while_the_ledger_is_written_and_fits_when_it_is_put_back(
    stocked: Tracker, tmp_path: Path, home: Path
) -> None:
    stocked("ledger", "checkpoint")
    before = stocked("ledger", "verify").output
    stop = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(home / "tracker.sqlite", timeout=30)) as database:
            while not stop.is_set():
                with database:
                    database.execute("UPDATE alembic_version SET version_num = version_num")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        stocked("backup", "copy.sqlite")
    finally:
        stop.set()
        writer.join()
    assert "exists already" in stocked("backup", "copy.sqlite", status=2).stderr
    for file in home.glob("tracker.sqlite*"):
        file.unlink()
    stocked("init")
    stocked("item", "EXSER001", status=2)
    stocked("restore", "copy.sqlite", said="n\n", status=1)
    stocked("restore", "copy.sqlite", said="y\n")
    stocked("item", "EXSER001")
    assert before.startswith("Every event fits.")
    assert stocked("ledger", "verify").output == before


def test_what_is_no_copy_is_not_put_back(stocked: Tracker, tmp_path: Path) -> None:
    (tmp_path / "other.sqlite").write_bytes(b"no database at all" * 100)
    told = stocked("restore", "other.sqlite", "--yes", status=2)
    assert "is not a copy made by `tracker backup`" in told.stderr
    stocked("item", "EXSER001")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_is_for_and_refuses_what_it_does_not_know(
    home: Path, name: str
) -> None:
    told = CliRunner().invoke(main, [name, "--help"])
    assert told.exit_code == 0
    assert len(told.output.splitlines()[2].strip()) > 10
    assert CliRunner().invoke(main, [name, "--nonsense"]).exit_code == 2
    assert not home.exists(), "asking for help makes nothing"


def test_without_the_key_of_sites_everything_else_works(stocked: Tracker, home: Path) -> None:
    (home / "keys" / "sites").unlink()
    stocked("item", "EXSER001")
    stocked("ledger", "verify")
    assert "sites" in stocked("doctor", status=1).output


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("AID_CLOCK_STARTS", "code"),
        ("AID_CLOCK_STARTS", ""),
        ("AID_REPORT_DAYS", "0"),
        ("AID_REPORT_DAYS", "ninety"),
        ("AID_DECLARATION_DAYS", "-1"),
        ("AID_REPORT_DAYS", "99999999999"),
    ],
)
def test_a_clock_that_could_not_run_is_refused_by_its_variable(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    monkeypatch.setenv(f"TRACKER_{name}", said)
    with pytest.raises(ValueError, match=f"TRACKER_{name} must be"):
        config.load()


def test_every_start_of_the_clock_is_a_passage_of_a_consignment(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(config.CLOCK_STARTS) <= set(PASSAGES)
    for start in config.CLOCK_STARTS:
        monkeypatch.setenv("TRACKER_AID_CLOCK_STARTS", start)
        assert config.load()["AID_CLOCK_STARTS"] == start
