"""The front door: what `./run` says and does before anything of KitTrail is installed."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

from tests.house import suite

RUN = Path(__file__).resolve().parents[2] / "run"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script as a module, in a folder of its own, where nothing has been set up."""
    loader = SourceFileLoader("run", str(RUN))
    spec = importlib.util.spec_from_loader("run", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.chdir(tmp_path)
    for variable in ("CI", "TRACKER_HOME", "TRACKER_DATABASE_URL"):
        monkeypatch.delenv(variable, raising=False)
    return module


def test_help_names_every_command(run: ModuleType) -> None:
    shown = subprocess.run([RUN, "help"], check=True, capture_output=True, text=True).stdout
    assert all(f"./run {command}" in shown for command in run.COMMANDS)


def test_what_the_suite_does_is_what_the_front_door_hands_to_it(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[list[str]] = []
    monkeypatch.setattr(run, "prepare", lambda _: None)
    monkeypatch.setattr(run, "finish", lambda command: handed.append(command[1:]))
    for name in suite.COMMANDS:
        run.main([name, "--all"])
    assert handed == [["-m", "tests.house.suite", name, "--all"] for name in suite.COMMANDS]


def test_a_command_that_does_not_exist_is_used_wrongly() -> None:
    done = subprocess.run([RUN, "tset"], check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "'tset'" in done.stderr
    assert "./run test" in done.stderr


def test_a_taken_port_is_named_with_another_to_try(run: ModuleType) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit) as stopped:
            run.require_free("127.0.0.1", port)
    assert f"port {port}" in str(stopped.value)
    assert f"PORT={port + 1} ./run" in str(stopped.value)
    run.require_free("127.0.0.1", port)


@pytest.mark.parametrize("port", ["", "http", "-1", "0", "65536", "8000.0"])
def test_a_port_that_is_none_is_refused(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, port: str
) -> None:
    monkeypatch.setenv("PORT", port)
    with pytest.raises(SystemExit, match="PORT must be a number"):
        run.chosen_port()


def test_without_ensurepip_it_says_which_package_to_install(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(SystemExit, match="apt install python3-venv"):
        run.make_environment()


def test_nothing_is_installed_again_until_a_requirement_changes(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(run, "must", lambda command, *_, **__: commands.append(command))
    requirement = tmp_path / "constraints.txt"
    monkeypatch.setattr(run, "REQUIREMENTS", [requirement])
    (tmp_path / ".venv").mkdir()

    requirement.write_text("Flask==3.1.3")
    run.install("test")
    run.install("test")
    run.install("")
    assert len(commands) == 1, "what tests need includes what serving needs"

    requirement.write_text("Flask==3.1.4")
    run.install("")
    assert len(commands) == 2


def test_an_installation_that_failed_is_tried_again(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(run, "REQUIREMENTS", [])
    monkeypatch.setattr(run, "PIP_INSTALL", [sys.executable, "-c", "raise SystemExit(1)"])
    (tmp_path / ".venv").mkdir()
    for _ in range(2):
        with pytest.raises(SystemExit, match="Installing failed"):
            run.install("")


def test_a_broken_environment_is_not_used(run: ModuleType, tmp_path: Path) -> None:
    broken = tmp_path / "python"
    assert not run.works(broken)
    broken.symlink_to(tmp_path / "gone")
    assert not run.works(broken)
    assert run.works(Path(sys.executable))


def test_the_demonstration_is_loaded_once_and_after_a_start_that_broke_off(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran: list[str] = []
    breaks = True

    def pretend(command: list[str], *_: object) -> None:
        ran.append(" ".join(map(str, command[1:])))
        (tmp_path / "instance" / "tracker.sqlite").touch()
        if ran[-1] == "demo" and breaks:
            raise SystemExit("broke off")

    monkeypatch.setattr(run, "must", pretend)
    monkeypatch.setattr(run, "fingerprint", lambda _, inode: inode)
    with pytest.raises(SystemExit, match="broke off"):
        run.prepare_database()
    breaks = False
    run.prepare_database()
    run.prepare_database()
    assert ran == ["init", "demo", "demo", "demo --show"]


def test_the_database_is_prepared_again_when_a_migration_comes_or_another_file_is_put_there(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran: list[str] = []
    monkeypatch.setattr(run, "must", lambda command, *_: ran.append(command[1]))
    database, versions = tmp_path / "tracker.sqlite", tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    (tmp_path / "tracker" / "domain").mkdir(parents=True)
    (tmp_path / "tracker" / "config.py").touch()
    (tmp_path / "tracker" / "domain" / "rules.py").touch()
    database.touch()

    run.migrate(tmp_path, database)
    run.migrate(tmp_path, database)
    assert len(ran) == 1

    (versions / "0002_visits.py").touch()
    run.migrate(tmp_path, database)
    assert len(ran) == 2

    restored = tmp_path / "restored"
    restored.touch()
    restored.replace(database)
    run.migrate(tmp_path, database)
    assert ran == ["init"] * 3


def test_a_database_of_ones_own_never_gets_the_demonstration(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(run, "must", lambda command, *_: ran.append(command[1:]))
    monkeypatch.setenv("TRACKER_DATABASE_URL", "postgresql+psycopg://somewhere/else")
    run.prepare_database()
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "tracker.sqlite").touch()
    run.prepare_database()
    assert ran == [["init"], ["demo", "--show"]] * 2
