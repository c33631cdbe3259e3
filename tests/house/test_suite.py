"""`./run test`, `check` and `fix`: what is run, what is said, and how it ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import changes, suite
from tests.house.parts import CHECKOUT, need
from tests.house.suite import Check

SAYS = [sys.executable, "-c", "import sys; print('what is wrong'); sys.exit(int(sys.argv[1]))"]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The tests that are run, as pytest is told; nothing is brought, and every check passes."""
    commands: list[list[str]] = []

    def pretend(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        if command[1:3] == ["-m", "pytest"]:
            commands.append(command[3:])
        return subprocess.CompletedProcess(command, 0, "")

    monkeypatch.setattr(suite, "run", pretend)
    monkeypatch.setattr(suite, "find_parts", list)
    monkeypatch.setattr("tests.house.bringing.main", lambda *_: None)
    return commands


@pytest.mark.parametrize(
    ("ci", "part", "ends"),
    [
        ("", "", 0),
        ("", "Skipped: pages in a browser", 0),
        ("true", "", 0),
        ("true", "Skipped: pages in a browser", 1),
    ],
)
def test_a_missing_part_is_told_and_fails_only_in_ci(
    ran: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    ci: str,
    part: str,
    ends: int,
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(suite, "find_parts", lambda: [part] if part else [])
    assert suite.test([]) == ends
    assert part in capsys.readouterr().out


def test_all_tests_are_run_side_by_side_and_chosen_ones_in_line(ran: list[list[str]]) -> None:
    assert suite.test([]) == suite.test(["-k", "chain"]) == 0
    assert ran == [suite.SIDE_BY_SIDE, ["-k", "chain"]]


def test_every_check_that_fails_is_named_and_the_others_still_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    listed = [Check(name, [*SAYS, str(ends)], ()) for name, ends in zip("abc", (1, 0, 1))]  # noqa: B905
    assert suite.all_that_fail(listed) == ["a", "c"]
    said = capsys.readouterr().out
    assert "a fails" in said
    assert "b passes" in said
    assert said.count("what is wrong") == 2, "what passes has nothing to say"
    assert suite.verdict(["a", "c"]) == 1
    assert capsys.readouterr().out == "Failed: a, c\n"


def test_the_whole_suite_makes_every_check_that_the_quick_one_makes(
    ran: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[list[str]] = []

    def remember(listed: list[Check]) -> list[str]:
        made.append([each.name for each in listed])
        return []

    monkeypatch.setattr(suite, "all_that_fail", remember)
    suite.test([])
    suite.check([])
    whole, quick = made
    assert quick == ["pytest", *whole]
    assert {"mypy", "djlint", "ruff check", "ruff format"} <= set(whole)


def test_the_quick_check_runs_fast_rooms_on_sqlite_without_what_is_slow(
    ran: list[list[str]],
) -> None:
    suite.check([])
    [told] = ran
    assert told[-len(suite.FAST) :] == suite.FAST
    assert told[told.index("-m") + 1] == "not browser and not postgres and not slow"


def test_a_check_of_changed_files_reads_those_that_it_reads_at_all() -> None:
    style = Check("ruff", ["ruff", "."], (".py", "run"), ["ruff"])
    types = Check("mypy", ["mypy"], (".py",))
    changed = ["README.md", "run", "tests/house/suite.py", "tests/house/gone.py"]
    after = style.after(changed)
    assert after
    assert after.command == ["ruff", "run", "tests/house/suite.py"]
    assert types.after(changed) == Check("mypy", ["mypy"], (".py",))
    assert types.after(["README.md", "run"]) is None


def test_what_changed_since_the_last_commit_is_known_with_new_files_and_without_ignored_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git = need(CHECKOUT)
    for name in ("same.py", "changed.py", "staged.py", "gone.py"):
        (tmp_path / name).write_text("1\n")
    (tmp_path / ".gitignore").write_text("*.log\n")
    who = ["-c", "user.name=Alice", "-c", "user.email=alice@example.org"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "All"]):
        subprocess.run([git, *words], cwd=tmp_path, check=True)
    (tmp_path / "changed.py").write_text("2\n")
    (tmp_path / "staged.py").write_text("2\n")
    (tmp_path / "gone.py").unlink()
    (tmp_path / "new Нове.py").write_text("2\n")
    (tmp_path / "new.log").write_text("2\n")
    subprocess.run([git, "add", "staged.py"], cwd=tmp_path, check=True)
    monkeypatch.setattr(changes, "ROOT", tmp_path)
    found = changes.since_the_last_commit()
    assert found == ["changed.py", "gone.py", "new Нове.py", "staged.py"]


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """A repository with three tests of services and one of domain."""
    files = {
        "tests/services/test_acts.py": "from tracker.services import acts",
        "tests/services/test_labels.py": "from tracker.services.labels import bind",
        "tests/services/test_counts.py": "from tests.services.builders import item",
        "tests/domain/test_chain.py": "import tracker.domain.chain",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("changed", "chosen"),
    [
        ("tracker/services/acts.py", ["tests/services/test_acts.py"]),
        ("tracker/services/labels.py", ["tests/services/test_labels.py"]),
        ("tracker/services/__init__.py", ["tests/services/test_acts.py"]),
        ("tests/services/builders.py", ["tests/services/test_counts.py"]),
        ("tracker/domain/chain.py", ["tests/domain/test_chain.py"]),
        ("tests/domain/test_chain.py", ["tests/domain/test_chain.py"]),
        ("README.md", []),
    ],
)
def test_a_changed_file_concerns_itself_and_what_imports_it(
    planted: Path, changed: str, chosen: list[str]
) -> None:
    rooms = ["tests/domain", "tests/house", "tests/services"]
    assert changes.concerned([changed], rooms, planted) == ["tests/house", *chosen]
    assert changes.concerned(["tests/conftest.py"], rooms, planted) == rooms
    assert changes.concerned([], rooms, planted) == []


def test_the_hook_asks_for_what_changed() -> None:
    hook = suite.ROOT / ".githooks" / "pre-commit"
    assert hook.stat().st_mode & 0o111
    assert hook.read_text().rstrip().endswith("exec ./run check --changed")
