"""What every commit keeps: small files that say what they are for, and nothing of one machine."""

from __future__ import annotations

import ast
import configparser
import re
from collections.abc import Iterator
from itertools import pairwise

import pytest

from tests.house.sources import ROOT, functions, parsed, python_files, short, tracked, written_by_us

LARGEST_FILE = 1_000_000  # bytes
LONGEST_FILE, LONGEST_FUNCTION = 400, 50  # lines; the house rule is 300 and 40, rarely over
BANNED_WORDS = {"data", "info", "manager", "handler", "helper", "helpers", "utils", "process"}
GIVEN_BY_LIBRARIES = {
    *("process_bind_param", "process_result_value"),  # SQLAlchemy's TypeDecorator
    *("process_formdata", "handle_data"),  # WTForms' Field, the standard library's HTMLParser
    "handle_DATA",  # aiosmtpd's, for the command of that name
}

# Where packages come from differs from one installation to the next; so do people's folders.
OF_ONE_MACHINE = re.compile(
    r"registry\.npmjs\.org|pypi\.org|pythonhosted\.org|deb\.debian\.org"
    r"|(?<![\w.])/(?:root|(?:home|Users)/\w+)/|(?<![\w.])/work/(?:main|shared)\b"
)


def test_the_repository_lists_its_files() -> None:
    assert {"run", "setup.cfg", "tests/house/test_repository.py"} <= {short(p) for p in tracked()}


def test_no_file_is_large() -> None:
    assert [short(path) for path in tracked() if path.stat().st_size > LARGEST_FILE] == []


def test_no_file_names_a_registry_or_somebodys_folder() -> None:
    found = [
        f"{short(path)}: {match.group()}"
        for path in tracked()
        if (match := OF_ONE_MACHINE.search(path.read_text(encoding="utf-8", errors="replace")))
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "resolved: https://registry" + ".npmjs.org/@picocss/pico/-/pico-2.1.1.tgz",
        "sys.path.insert(0, '/home/" + "alice/kittrail')",
        "open('/work/" + "shared/items.csv')",
        "cp /root" + "/.config .",
    ],
)
def test_a_registry_or_somebodys_folder_would_be_noticed(line: str) -> None:
    assert OF_ONE_MACHINE.search(line)


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        short(path)
        for path, text in python_files()
        if text.strip() and not ast.get_docstring(parsed(path))
    ]
    assert silent == []


def test_files_are_short_enough_to_read() -> None:
    lengths = {short(path): text.count("\n") for path, text in written_by_us()}
    assert {name: n for name, n in lengths.items() if n > LONGEST_FILE} == {}


def test_functions_are_short_enough_to_read() -> None:
    too_long = [
        f"{short(path)}:{function.lineno} {function.name}"
        for path, text in written_by_us()
        for function in functions(parsed(path))
        if (function.end_lineno or 0) - function.lineno > LONGEST_FUNCTION
    ]
    assert too_long == []


def test_names_say_what_a_thing_is() -> None:
    vague = [
        f"{short(path)}: {name}"
        for path, text in written_by_us()
        for name in [path.stem, *names_in(parsed(path))]
        if BANNED_WORDS & set(words(name)) and name not in GIVEN_BY_LIBRARIES
    ]
    assert vague == []


def names_in(tree: ast.Module) -> Iterator[str]:
    """The names of classes and functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)]


def test_words_of_a_name_are_told_apart() -> None:
    assert words("ItemManager") == ["item", "manager"]
    assert words("load_data_2") == ["load", "data"]
    assert words("database") == ["database"]


def test_a_command_has_the_application_from_one_place() -> None:
    """One that makes its own leaves the database's connections open."""
    making = [
        path.name
        for path in sorted((ROOT / "tracker" / "commands").glob("*.py"))
        if "create_app" in path.read_text(encoding="utf-8")
    ]
    assert making == ["application.py"]


def dependencies() -> list[str]:
    """The lines of setup.cfg that ask for a package, for running and for testing."""
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    running, testing = settings["options"]["install_requires"], settings["options.extras_require"]
    return [*running.split("\n")[1:], *testing["test"].split("\n")[1:]]


def test_setup_names_a_reason_for_every_dependency() -> None:
    lines = [line.strip() for line in (ROOT / "setup.cfg").read_text(encoding="utf-8").splitlines()]
    unexplained = [
        line
        for before, line in pairwise(lines)
        if line in dependencies() and not before.startswith("#")
    ]
    assert set(dependencies()) <= set(lines)
    assert unexplained == []


def test_every_dependency_is_pinned() -> None:
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower().replace("_", "-")
    names = [re.split(r"[\[<>=]", line)[0] for line in dependencies()]
    assert [name for name in names if f"\n{name.lower()}==" not in pins] == []
