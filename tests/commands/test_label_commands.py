"""`tracker labels` as a person at a terminal, and a label printer, meet it."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from click.testing import CliRunner, Result
from flask import Flask
from PIL import Image
from sqlalchemy import select

from labels.codes import show
from tests.services.builders import item, lay_world, new_boxes, new_units, queue, scan
from tracker.cli import main
from tracker.db import db
from tracker.models import Label


@pytest.fixture(autouse=True)
def at_home(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands work on the application of the test, from an empty folder."""
    monkeypatch.setattr("tracker.commands.labels.application", app.app_context)
    monkeypatch.chdir(tmp_path)
    app.config["HOST"] = "kits.example.org"
    lay_world()


def run(*words: str, status: int = 0) -> Result:
    done = CliRunner().invoke(main, ["labels", *words])
    assert done.exit_code == status, done.output
    return done


def printed(name: str) -> list[str]:
    """The codes on the pages of a PDF, in the order of its pages."""
    return [
        found.text.rpartition("/")[2]
        for page in pypdfium2.PdfDocument(name)
        for found in zxingcpp.read_barcodes(page.render(scale=200 / 72).to_pil())
    ]


@contextmanager
def printer(takes: int = 10**9) -> Iterator[tuple[str, list[bytes]]]:
    """A label printer in the network that breaks off after so many bytes; what it was sent."""
    got: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            connection, _ = server.accept()
            with connection:
                while takes > sum(map(len, got)) and (part := connection.recv(4096)):
                    got.append(part)

        thread = threading.Thread(target=listen)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}", got
        thread.join()


def test_a_pledge_is_printed_as_it_always_was() -> None:
    codes = new_units(25)
    told = run("--pledge", "EX-1", "-o", "out.pdf")
    assert "25 labels in out.pdf" in told.output
    assert "Drawing labels" in told.output
    assert sorted(printed("out.pdf")) == sorted(codes)
    run("print", "--pledge", "EX-1", "--start", "21", "-o", "late.pdf")
    assert len(pypdfium2.PdfDocument("late.pdf")) == 3


def test_units_a_consignment_and_boxes_are_printed() -> None:
    codes, [box] = new_units(4), new_boxes(1)
    queue([scan(codes[0], "receiving", 1, location="WH-1")])
    queue([scan(codes[0], "shipping", 2, consignment="EX-C-1")])
    run("print", "--consignment", "EX-C-1", "-o", "one.pdf")
    assert printed("one.pdf") == codes[:1]
    run("print", "--item", show(codes[1]).lower(), "--item", codes[2], "-o", "two.pdf")
    assert sorted(printed("two.pdf")) == sorted(codes[1:3])
    run("print", "--boxes", "EX-1", "-o", "none.pdf", status=2)
    assert not Path("none.pdf").exists()
    run("print", "--box", box, "-o", "stray.pdf", status=2)


def test_a_place_is_printed_and_a_site_is_not() -> None:
    run("print", "--location", "WH-1", "-o", "gate.pdf")
    [code] = printed("gate.pdf")
    found = db.session.get(Label, code)
    assert found is not None
    assert found.location == "WH-1"
    told = run("print", "--location", "EX-SITE-1", "-o", "site.pdf", status=2)
    assert "would say where the site is" in told.output


def test_a_batch_of_blanks_is_made_printed_bound_and_counted() -> None:
    told = run("blank", "--many", "3", "-o", "blank.pdf")
    assert "Batch 1" in told.output
    codes = printed("blank.pdf")
    assert len(set(codes)) == 3
    [old] = new_units(1, kits=True)
    run("bind", codes[0], f"KITEX{item(old).id:07d}")
    assert item(old).code == codes[0]
    [batch] = json.loads(run("batches", "--json").output)
    assert (batch["number"], batch["bound"], batch["revoked"], batch["unused"]) == (1, 1, 0, 2)
    assert "1 bound, 0 revoked, 2 unused" in run("batches").output
    run("print", "--batch", "1", "-o", "rest.pdf")
    assert sorted(printed("rest.pdf")) == sorted(codes[1:])
    run("bind", codes[0], "EXNOBODY", status=2)


def test_a_damaged_label_is_replaced_and_the_new_one_printed() -> None:
    [old] = new_units(1)
    told = run("replace", show(old), "-o", "new.pdf", "--stock", "Zebra 50x30")
    [new] = printed("new.pdf")
    assert show(new) in told.output
    assert item(old).code == new
    run("replace", "00000000000", status=2)


def test_a_file_s_ending_says_what_is_made() -> None:
    codes = new_units(2)
    roll = ("--pledge", "EX-1", "--stock", "Zebra 50x30")
    run(*roll, "-o", "job.zpl", "--copies", "3")
    assert Path("job.zpl").read_bytes().count(b"^PQ3") == 2
    run(*roll, "-o", "all.zip")
    with zipfile.ZipFile("all.zip") as archive:
        assert sorted(archive.namelist()) == sorted(f"{code}.png" for code in codes)
        with Image.open(io.BytesIO(archive.read(f"{codes[0]}.png"))) as picture:
            [found] = zxingcpp.read_barcodes(picture.convert("L"))
    assert found.text.endswith(codes[0])


def test_a_network_printer_gets_each_label_once() -> None:
    new_units(3)
    with printer() as (address, got):
        told = run("print", "--pledge", "EX-1", "--stock", "Zebra 50x30", "--printer", address)
    assert "3 labels sent" in told.output
    assert b"".join(got).count(b"^XA") == 3
    marked = db.session.scalars(select(Label.code).where(Label.printed_at.is_not(None))).all()
    assert len(marked) == 3


def test_a_printer_that_is_not_there_is_told_with_where_to_go_on() -> None:
    new_units(1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    told = run(
        "print", "--pledge", "EX-1", "--stock", "Zebra 50x30", "--printer", address, status=1
    )
    assert "No printer answers" in told.output
    assert "--skip 0" in told.output
    assert db.session.scalars(select(Label.code).where(Label.printed_at.is_not(None))).all() == []


def test_skipping_goes_on_after_what_was_printed() -> None:
    new_units(5)
    roll = ("print", "--pledge", "EX-1", "--stock", "Zebra 50x30")
    with printer() as (address, got):
        run(*roll, "--printer", address, "--skip", "3")
    assert b"".join(got).count(b"^XA") == 2


def test_a_printer_is_measured_once_and_named_from_then_on() -> None:
    [code] = new_units(1)
    run("calibrate", "-o", "page.pdf")
    assert len(pypdfium2.PdfDocument("page.pdf")) == 1
    run("measured", "office", "--right", "2", "--down", "1")
    places = []
    for profile in ("", "office"):
        run("print", "--item", code, "--profile", profile, "-o", "one.pdf")
        picture = pypdfium2.PdfDocument("one.pdf")[0].render(scale=200 / 72).to_pil()
        corner = zxingcpp.read_barcodes(picture)[0].position.top_left
        places.append((corner.x * 25.4 / 200, corner.y * 25.4 / 200))
    assert places[0][0] - places[1][0] == pytest.approx(2, abs=0.2)
    assert places[0][1] - places[1][1] == pytest.approx(1, abs=0.2)
    run("measured", "crooked", "--right", "50", status=2)
    run("print", "--item", code, "--profile", "nobody's", "-o", "no.pdf", status=2)


@pytest.mark.parametrize(
    "words",
    [
        ["print", "-o", "x.pdf"],
        ["print", "--pledge", "EX-1"],
        ["print", "--pledge", "EX-1", "--batch", "1", "-o", "x.pdf"],
        ["print", "--pledge", "EX-1", "--item", "7F3K9", "-o", "x.pdf"],
        ["print", "--pledge", "EX-1", "-o", "x.pdf", "--printer", "10.0.0.7"],
        ["print", "--pledge", "NO-1", "-o", "x.pdf"],
        ["--pledge", "EX-1", "--start", "22", "-o", "x.pdf"],
        ["--pledge", "EX-1", "--stock", "papyrus", "-o", "x.pdf"],
        ["blank", "--many", "0", "-o", "x.pdf"],
        ["blank", "--many", "5", "--stock", "papyrus", "-o", "x.pdf"],
        ["print", "--pledge", "EX-1", "--printer", "no such:thing"],
    ],
)
def test_what_was_meant_wrongly_ends_with_two_and_writes_nothing(words: list[str]) -> None:
    new_units(1)
    told = run(*words, status=2)
    assert re.search(r"\w", told.output)
    assert not Path("x.pdf").exists()
    assert json.loads(run("batches", "--json").output) == []


def near_by(app: Flask, host: str) -> None:
    app.config["HOST"] = host


@pytest.mark.parametrize("host", ["localhost:8000", "192.168.1.20:8000", "warehouse.local"])
def test_a_host_that_only_this_building_knows_is_not_printed_unasked(app: Flask, host: str) -> None:
    near_by(app, host)
    codes, [box] = new_units(2), new_boxes(1)
    for words in (
        ["--pledge", "EX-1", "-o", "x.pdf"],
        ["print", "--item", codes[0], "-o", "x.zpl"],
        ["print", "--item", codes[0], "-o", "x.zip"],
        ["print", "--box", box, "-o", "x.pdf"],
        ["print", "--location", "WH-1", "-o", "x.pdf"],
        ["print", "--pledge", "EX-1", "--printer", "127.0.0.1:9"],
        ["blank", "--many", "2", "-o", "x.pdf"],
        ["replace", codes[0], "-o", "x.pdf"],
    ):
        told = run(*words, status=2)
        assert f"lead to {host}, which a phone in the field cannot reach" in told.output
        assert "set TRACKER_HOST" in told.output
        assert "--yes" in told.output
    assert list(Path().glob("x.*")) == []
    assert json.loads(run("batches", "--json").output) == []
    assert item(codes[0]).code == codes[0]
    touched = select(Label.code).where(
        (Label.printed_at.is_not(None)) | (Label.location.is_not(None))
    )
    assert db.session.scalars(touched).all() == []


def test_whoever_says_yes_prints_the_near_host_all_the_same(app: Flask) -> None:
    near_by(app, "localhost:8000")
    codes = new_units(2)
    run("--pledge", "EX-1", "--yes", "-o", "one.pdf")
    assert sorted(printed("one.pdf")) == sorted(codes)
    run("blank", "--many", "3", "--yes", "-o", "blank.pdf")
    assert len(printed("blank.pdf")) == 3
    run("replace", codes[0], "--yes", "-o", "new.pdf")
    assert printed("new.pdf") == [item(codes[0]).code]
    run("print", "--location", "WH-1", "--yes", "-o", "gate.pdf")
    assert len(printed("gate.pdf")) == 1


def test_what_prints_nothing_asks_nothing(app: Flask) -> None:
    near_by(app, "localhost:8000")
    [old] = new_units(1)
    run("replace", old)
    run("calibrate", "-o", "page.pdf")
    run("batches")


@pytest.mark.parametrize(("answer", "status"), [("n", 2), ("", 2), ("y", 0)])
def test_a_person_at_a_terminal_is_asked(
    answer: str, status: int, sqlite_template: Path, tmp_path: Path
) -> None:
    """In a process and at a terminal of its own: nobody plays the person's part."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(sqlite_template, home / "tracker.sqlite")
    kept = {name: value for name, value in os.environ.items() if "TRACKER" not in name}
    keyboard, terminal = os.openpty()
    os.write(keyboard, f"{answer}\n".encode())
    told = subprocess.run(
        [sys.executable, "-c", "from tracker.cli import main; main()",
         "labels", "blank", "--many", "2", "-o", "blank.pdf"],
        stdin=terminal, capture_output=True, text=True, check=False,
        env={**kept, "TRACKER_HOME": str(home), "TRACKER_HOST": "localhost:8000"},
    )  # fmt: skip
    os.close(keyboard)
    os.close(terminal)
    assert told.returncode == status, told.stdout + told.stderr
    assert "cannot reach: set TRACKER_HOST" in told.stderr
    assert told.stderr.count("Print anyway? [y/N]") == 1
    assert Path("blank.pdf").exists() is (status == 0)
    with closing(sqlite3.connect(home / "tracker.sqlite")) as connection:
        [made] = connection.execute("SELECT count(*) FROM label_batch").fetchone()
    assert made == (status == 0)
