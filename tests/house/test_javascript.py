"""Our JavaScript: what checks it is there, and finds what is planted."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.house.javascript import ROOT, program
from tests.house.parts import JAVASCRIPT, need


def checked(folder: Path) -> str:
    """What biome says of the modules in `folder`, where something is wrong."""
    done = subprocess.run(
        [*program("biome"), "check"], cwd=folder, check=False, capture_output=True, text=True
    )
    assert done.returncode == 1
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("planted", "rule"),
    [
        ("const held = 1;\n", "noUnusedVariables"),
        ("export const  held = 1;\n", "format"),
        (f'export const held = ["{"a" * 40}", "{"b" * 40}", "{"c" * 40}"];\n', "format"),
        ("export let held;\nif ((held = 1)) held = 2;\n", "noAssignInExpressions"),
    ],
    ids=["unused", "spaces", "long", "assigned"],
)
def test_what_is_wrong_in_a_module_is_found(tmp_path: Path, planted: str, rule: str) -> None:
    need(JAVASCRIPT)
    module = tmp_path / "tracker" / "static" / "planted.js"
    module.parent.mkdir(parents=True)
    module.write_text(planted)
    (tmp_path / "biome.json").write_text((ROOT / "biome.json").read_text())
    assert rule in checked(tmp_path)


def test_modules_that_import_each_other_in_a_circle_are_found(tmp_path: Path) -> None:
    need(JAVASCRIPT)
    folder = tmp_path / "tracker" / "static"
    folder.mkdir(parents=True)
    (tmp_path / "biome.json").write_text((ROOT / "biome.json").read_text())
    circle = ("forms", "scan", "unit")
    for name, other in zip(circle, (*circle[1:], circle[0]), strict=True):
        text = (
            f'import {{ {other} }} from "./{other}.js";\n\nexport const {name} = () => {other}();\n'
        )
        (folder / f"{name}.js").write_text(text)
    said = checked(tmp_path)
    assert said.count("noImportCycles") == len(circle)


@pytest.mark.parametrize("planted", ['twice("two")', "twice()", "twice(2).length"])
def test_a_wrong_type_is_found(tmp_path: Path, planted: str) -> None:
    need(JAVASCRIPT)
    folder = tmp_path / "tracker" / "static"
    folder.mkdir(parents=True)
    (tmp_path / "tsconfig.json").write_text((ROOT / "tsconfig.json").read_text())
    twice = "/** @param {number} many */\nexport const twice = (many) => many * 2;\n"
    (folder / "planted.js").write_text(f"{twice}{planted};\n")
    done = subprocess.run(
        [*program("tsc"), "--project", "."],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode
    assert "tracker/static/planted.js(3," in done.stdout


def test_no_line_is_longer_than_a_hundred_characters() -> None:
    """A formatter leaves comments, texts and patterns as long as they are."""
    ours = [*ROOT.glob("tracker/static/**/*.js"), *ROOT.glob("tests/**/*.js")]
    lines = {
        f"{path.relative_to(ROOT)}:{number}"
        for path in ours
        if "vendor" not in path.parts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > 100
    }
    assert lines == set()
