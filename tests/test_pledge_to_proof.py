"""One pledge from its manifest to its donor's page, as a new user does it: the `tracker` command,
a server in a process of its own, HTTP, and a decoder that reads the printed sheets.

The files are those of the demonstration: 1,570 terminals of one published donation.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen
from uuid import uuid4

import pypdfium2
import pytest
import zxingcpp

from tests.serving import served
from tracker.domain.chain import GENESIS, event_hash, log_line
from tracker.domain.merkle import leaf_hash

FILES = Path(__file__).resolve().parents[1] / "tracker" / "reference" / "demonstration"
PLEDGE = "PL-2022-11"
UNITS = 1570
SHEET = 21  # labels on an L7160
TRACKER = [sys.executable, "-c", "from tracker.cli import main; main()"]


class Installation:
    """A folder in which `tracker` works, with a setting that shows donors each day at once."""

    def __init__(self, home: Path) -> None:
        self.home = home
        kept = {name: value for name, value in os.environ.items() if "TRACKER" not in name}
        self.settings = {**kept, "TRACKER_HOME": str(home), "TRACKER_DONOR_DELAY_DAYS": "0"}
        self.settings |= {"TRACKER_DONOR_VIEW_SECONDS": "0"}  # each step shows at once
        self.settings |= {"TRACKER_HOST": "kits.example.org"}  # what labels lead to

    def run(self, *words: str, status: int = 0) -> str:
        """What `tracker` prints; it must end with `status`."""
        told = subprocess.run(
            [*TRACKER, *words], env=self.settings, capture_output=True, text=True, check=False
        )
        assert told.returncode == status, told.stdout + told.stderr
        return told.stdout

    def units(self) -> list[list[str]]:
        """Codes, KIT numbers, consignments and boxes of all units."""
        rows = self.rows(
            "SELECT item.code, identifier.value, item.consignment, item.handling_unit FROM item"
            " JOIN identifier ON identifier.item = item.id AND identifier.scheme = 'kit'"
            " ORDER BY item.id"
        )
        return [list(column) for column in zip(*rows, strict=True)]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.home / "tracker.sqlite")) as connection:
            return connection.execute(query).fetchall()


class Phone:
    """A device that sends scans; every one of them must be recorded."""

    def __init__(self, address: str, token: str) -> None:
        self.address = address
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.minutes = 600

    def scan(self, codes: list[str], step: str, **said: list[str] | str) -> None:
        """The same step for all, an hour after the one before; lists say something for each."""
        self.minutes -= 60
        now = datetime.now(UTC)
        at = (now - timedelta(minutes=self.minutes)).isoformat()
        scans = [
            {"id": str(uuid4()), "code": code, "step": step, "occurred_at": at}
            | {name: given if isinstance(given, str) else given[n] for name, given in said.items()}
            for n, code in enumerate(codes)
        ]
        for first in range(0, len(scans), 1000):
            body = {"sent_at": now.isoformat(), "mode": "queued",
                    "scans": scans[first : first + 1000]}  # fmt: skip
            asked = Request(f"{self.address}/api/v1/scans", json.dumps(body).encode(), self.headers)
            with urlopen(asked, timeout=60) as answer:
                results = json.load(answer)["results"]
            assert {(one["outcome"], *one["gap"], *one["flags"]) for one in results} == {
                ("recorded",)
            }


class Donor:
    """A browser that holds a pledge's link."""

    def __init__(self, address: str, link: str) -> None:
        self.page = f"{address}/d/?lang=en"
        self.browser = build_opener(HTTPCookieProcessor(CookieJar()))
        token = link.rpartition("#")[2]
        self.browser.open(self.page, urlencode({"token": token}).encode()).close()

    def sees(self) -> tuple[dict[str, int], dict[str, int]]:
        """How many units are at each stage, and how many are proved at each rung or higher."""
        with self.browser.open(self.page) as answer:
            page = answer.read().decode()
        assert f"= {UNITS:,} pledged" in page
        stages = re.findall(r"([A-Z][a-z ]+)</span> <strong>([\d,]+)</strong>", page)
        rungs = re.findall(r'"row">([^<]+)</th>\s*<td class="number"[^>]*>([\d,]+)<', page)
        return _numbers(stages), _numbers(rungs)


def _numbers(told: list[tuple[str, str]]) -> dict[str, int]:
    """Those of the numbers that are not nought."""
    return {name: units for name, text in told if (units := int(text.replace(",", "")))}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation into which the five files were imported."""
    made = Installation(tmp_path_factory.mktemp("installation"))
    made.run("init")
    for noun in ("parties", "products", "locations", "pledges", "items"):
        name = f"items-{PLEDGE}.csv" if noun == "items" else f"{noun}.csv"
        told = made.run("import", noun, str(FILES / name))
        assert "0 changed, 0 as they were" in told
        assert ": 0 added, 0 changed" in made.run("import", noun, str(FILES / name))
    return made


@pytest.fixture(scope="module")
def address(here: Installation) -> Iterator[str]:
    with served([*TRACKER, "serve", "--port"], here.settings) as found:
        yield found


def test_every_label_of_three_printed_pages_is_read_by_another_decoder(
    here: Installation, tmp_path: Path
) -> None:
    sheets = tmp_path / "labels.pdf"
    assert f"{UNITS:,} labels" in here.run("labels", "--pledge", PLEDGE, "-o", str(sheets))
    document = pypdfium2.PdfDocument(sheets)
    assert len(document) == -(-UNITS // SHEET)
    issued = {code for (code,) in here.rows("SELECT code FROM item")}
    read: list[str] = []
    for number in (0, len(document) // 2, len(document) - 1):
        picture = document[number].render(scale=200 / 72).to_pil()
        read += [one.text.rpartition("/")[2] for one in zxingcpp.read_barcodes(picture)]
    document.close()
    assert len(set(read)) == len(read) == 2 * SHEET + UNITS % SHEET
    assert set(read) <= issued


def test_the_donor_s_page_moves_with_every_step_and_every_event_fits(
    here: Installation, address: str
) -> None:
    codes, kits, journeys, boxes = here.units()
    phone = Phone(address, here.run("device", "add", "EX-1", "--role", "coordinator").split()[-1])
    donor = Donor(address, json.loads(here.run("share", "new", PLEDGE, "--json"))["link"])
    kit = {"second_identifier": kits}
    signed: dict[str, list[str] | str] = {
        "receiver": "UA",
        "act": "ACT-1",
        "location": "SITE-001",
        **kit,
    }

    assert donor.sees() == ({"Announced": UNITS}, {})
    phone.scan(codes, "receiving", location="WAW-1")
    stock, proved = donor.sees()
    assert stock == {"In stock": UNITS}
    assert proved == {"Shipped": UNITS, "Received": UNITS}
    phone.scan(codes, "packing", handling_unit=boxes)
    assert donor.sees() == ({"Packed": UNITS}, proved)
    phone.scan(codes, "shipping", consignment=journeys)
    assert donor.sees() == ({"On the way": UNITS}, proved)
    phone.scan(codes, "receiving", location="LVIV-1")
    assert donor.sees() == ({"In stock": UNITS}, proved)
    phone.scan(codes[:1200], "accepting", **signed)
    assert donor.sees() == (
        {"In stock": 370, "Handed over": 1200},
        proved | {"Signed for": 1200},
    )
    phone.scan(codes[:800], "deploying", location="SITE-001", **kit)
    assert donor.sees() == (
        {"In stock": 370, "Handed over": 400, "In use": 800},
        proved | {"Signed for": 1200, "Deployed": 800},
    )

    here.run("ledger", "checkpoint")
    told = here.run("ledger", "verify")
    stated = here.rows("SELECT count(*) FROM event WHERE step = 'stating'")[0][0]
    events = 5 * UNITS + 2000 + 1 + stated  # one more: the phone's own enrolment
    assert told.startswith(f"Every event fits. {events:,} events of ")
    assert here.rows("SELECT count(*) FROM event") == [(events,)]
    assert "nothing would change" in here.run("ledger", "rebuild")


def test_one_changed_byte_is_named_and_a_rewritten_past_is_caught_by_an_old_checkpoint(
    here: Installation, address: str
) -> None:
    """The last of the file: its ledger is spoilt for good by the owner of the database."""
    paper = json.loads(here.run("ledger", "checkpoint", "--json"))
    since = f"{paper['size']}:{paper['root']}"
    assert "Every event fits" in here.run("ledger", "verify", "--since", since)
    (event, subject) = here.rows(
        "SELECT id, subject FROM event WHERE step = 'announcing' ORDER BY position LIMIT 1"
    )[0]
    with closing(sqlite3.connect(here.home / "tracker.sqlite")) as database, database:
        for (name,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name != 'item'"
        ).fetchall():
            database.execute(f"DROP TRIGGER {name}")
        changed = (
            "UPDATE event SET body = replace(body, 'STARLINK-STD', 'STARLINK-STE') WHERE id = ?"
        )
        assert database.execute(changed, (event,)).rowcount == 1
    told = here.run("ledger", "verify", status=1)
    assert told.startswith("DOES NOT FIT.")
    assert event.replace("-", "") in told.splitlines()[0].replace("-", "")

    rewrite_past(here.home / "tracker.sqlite", subject)
    for file in (here.home / "checkpoints").iterdir():
        file.unlink()
    here.run(
        "ledger", "rebuild", "--repair", status=1
    )  # what follows from the story is written anew too
    here.run("ledger", "checkpoint")
    assert "Every event fits" in here.run("ledger", "verify")
    told = here.run("ledger", "verify", "--since", since, status=1)
    assert f"another root than in {since}" in told


def rewrite_past(file: Path, subject: str) -> None:
    """Make every hash of a changed story fit again, and forget what was signed."""
    with closing(sqlite3.connect(file)) as database, database:
        head = GENESIS
        for position, seq, body in database.execute(
            "SELECT position, seq, body FROM event WHERE subject = ? ORDER BY seq", (subject,)
        ).fetchall():
            head = event_hash(head, body)
            database.execute("UPDATE event SET hash = ? WHERE position = ?", (head, position))
            leaf = leaf_hash(log_line(subject, seq, head))
            database.execute("UPDATE log_entry SET leaf = ? WHERE position = ?", (leaf, position))
        number = int(subject.partition(":")[2])
        row = "UPDATE item SET head = ?, product = 'STARLINK-STE' WHERE id = ?"
        database.execute(row, (head, number))
        database.execute("DELETE FROM checkpoint")
