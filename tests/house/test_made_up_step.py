"""Adding a step is one row, its permission and its translation: done, in a copy of the house."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from tests.house.parts import ROOT

ROW = """        Step(id="fetching_back", name="Fetch back", done="Fetched back",
             sources=_after(S.DEPLOYED), target=S.IN_STOCK, biz_step="ours:fetching_back",
             disposition="returned", meaning="Business step: a unit is fetched back from a site.",
             needs=(N.LOCATION,), presence=ARRIVES, leaving=Leaving.ENDS, unpacks=True,
             custodian=Custodian.NAMED_ONLY, destination=Destination.ENDS,
             drops=(Rung.SIGNED_FOR, Rung.DEPLOYED, Rung.WORKING, Rung.ONLINE, Rung.INSPECTED),
             card="FETCH BACK", phone=Phone.BOTH),
"""
BEFORE_ROW = '        Step(id="counting"'
PERMISSION = '    "fetching_back": Action.SCAN_STOCK,\n'
BEFORE_PERMISSION = '    "declaring_error": Action.DECLARE_ERROR,\n'
TRANSLATION = {
    "Fetch back": "Забрати назад",
    "Fetched back": "Забрано назад",
    "FETCH BACK": "ЗАБРАТИ НАЗАД",
    "Business step: a unit is fetched back from a site.": "Крок: одиницю забрано з об’єкта.",
}
KEPT = ("tracker", "labels", "migrations", "tests", "setup.cfg", "babel.cfg")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy with nothing added yet."""
    copy = tmp_path_factory.mktemp("house") / "copy"
    copy.mkdir()
    for name in KEPT:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy / name)
    return copy


def add(copy: Path, *, row: bool = True, permission: bool = True, translation: bool = True) -> None:
    """The copy with these parts of the step, and without the others."""
    domain = Path("tracker", "domain")
    _insert(copy, domain / "lifecycle.py", BEFORE_ROW, ROW if row else "")
    _insert(copy, domain / "permissions.py", BEFORE_PERMISSION, PERMISSION if permission else "")
    folder = Path("tracker", "translations", "uk", "LC_MESSAGES")
    with (ROOT / folder / "messages.po").open("rb") as ours:
        catalog: Catalog = read_po(ours, locale="uk")
    for english, ukrainian in (TRANSLATION if translation else {}).items():
        catalog.add(english, ukrainian)
    with (copy / folder / "messages.po").open("wb") as file:
        write_po(file, catalog)
    with (copy / folder / "messages.mo").open("wb") as file:
        write_mo(file, catalog)


def _insert(copy: Path, file: Path, before: str, text: str) -> None:
    ours = (ROOT / file).read_text(encoding="utf-8")
    assert ours.count(before) == 1, f"{file} has changed: say anew where the made-up step goes"
    (copy / file).write_text(ours.replace(before, text + before), encoding="utf-8")


def run(copy: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """Tests of the copy, which import the copy."""
    settings = {name: said for name, said in os.environ.items() if not name.startswith("PYTEST_")}
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not browser"]
    return subprocess.run(
        [*words, "--no-header", *tests],
        cwd=copy,
        env={**settings, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_a_row_a_permission_and_a_translation_are_a_step(house: Path) -> None:
    add(house)
    told = run(house, "tests/house/made_up_step.py")
    assert told.returncode == 0, told.stdout[-6000:]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("forgotten", "tests", "name"),
    [
        ("permission", "tests/domain/test_lifecycle.py", "test_every_step_has_a_permission"),
        ("translation", "tests/web/test_language.py", "test_no_text_lacks_its_ukrainian"),
    ],
)
def test_what_was_forgotten_fails_a_test(
    house: Path, forgotten: str, tests: str, name: str
) -> None:
    add(house, **{forgotten: False})
    told = run(house, f"{tests}::{name}")
    assert told.returncode == 1, told.stdout[-6000:]
    assert name in told.stdout
