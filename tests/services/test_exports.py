"""The register for analysts: whole, searchable, and of no use to who looks for a site."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlite_utils
from flask import Flask

from tests.services.builders import item, lay_world, new_units, queue, scan
from tracker.errors import Refusal
from tracker.services.exports.register import export_register


def test_the_register_holds_every_item_with_masked_identifiers(app: Flask, tmp_path: Path) -> None:
    lay_world()
    codes = new_units(3, kits=True)
    queue([scan(codes[0], "receiving", 1, location="WH-1")])
    file = tmp_path / "register.db"
    assert export_register(file) == {"pledges": 1, "items": 3, "locations": 5}
    book = sqlite_utils.Database(file)
    items = book.table("items")
    assert items.get(codes[0])["status"] == "in_stock"
    assert [row["code"] for row in items.search(codes[1])] == [codes[1]]
    assert f"KITEX{item(codes[0]).id:07d}".encode() not in file.read_bytes()


def test_a_file_that_exists_is_not_overwritten(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "register.db"
    file.write_text("mine")
    with pytest.raises(Refusal):
        export_register(file)
    assert file.read_text() == "mine"
