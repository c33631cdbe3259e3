"""docs/labels.md: its examples run, its pictures are there and small."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from labels.__main__ import main
from tests.labels.pictures import pictures
from tests.labels.reading import decoded, rendered

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "labels.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^python -m labels (.+)$", PAGE, re.MULTILINE)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def test_the_example_in_python_runs_and_its_labels_read() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(example, {})
    assert len(decoded(rendered(Path("labels.pdf"))[0])) == 17


def test_the_commands_run_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    ran = []
    for command in COMMANDS:
        words = shlex.split(command.split(" > ")[0])
        if "--to" in words or "--lp" in words or "..." in words:
            continue  # needs a printer, or is an outline
        assert main(words) == 0, command
        if " > " in command:
            Path(command.split(" > ")[1]).write_text(capsys.readouterr().out, encoding="utf-8")
        ran.append(words[0])
    assert ran == ["codes", "print", "calibrate", "measured"]


def test_every_picture_is_there_and_small() -> None:
    shown = set(re.findall(r"\]\((labels/[\w-]+\.png)\)", PAGE))
    assert shown == {f"labels/{name}.png" for name in pictures()}
    for name in shown:
        assert (DOCS / name).stat().st_size < 100_000
