"""The register as a SQLite file of its own, made with sqlite-utils: for analysts and Datasette.

It holds what staff lists show, with identifiers masked; of a site only reference, sector and
oblast. Nothing in it can be used to find a place or to add a terminal to an account.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlite_utils
from sqlalchemy import select

from tracker.db import db
from tracker.domain.identifiers import mask
from tracker.errors import Refusal
from tracker.models import Identifier, Item, Location, Pledge, PledgeLine, Product


def export_register(file: Path) -> dict[str, int]:
    """Write the tables `pledges`, `items` and `locations` to a new file; rows in each.

    Raises Refusal if the file exists.
    """
    if file.exists():
        raise Refusal(f"{file} exists already; choose another name.")
    book = sqlite_utils.Database(file)
    book.table("locations").insert_all(_locations(), pk="ref")
    book.table("pledges").insert_all(_pledges(), pk="id")
    items = book.table("items").insert_all(_items(), pk="code", batch_size=1000)
    if items.exists():
        items.create_index(["pledge", "status"])
        items.enable_fts(["code", "product", "identifiers"])
    tables = [book.table(name) for name in ("pledges", "items", "locations")]
    rows = {table.name: table.count for table in tables if table.exists()}
    book.close()
    return rows


def _locations() -> Iterator[dict[str, Any]]:
    columns = (Location.ref, Location.kind, Location.sector, Location.oblast)
    for row in db.session.execute(select(*columns).order_by(Location.ref)):
        yield dict(row._mapping)


def _pledges() -> Iterator[dict[str, Any]]:
    query = (
        select(
            PledgeLine.id,
            Pledge.ref,
            Pledge.donor,
            Pledge.pledged_on,
            PledgeLine.product,
            PledgeLine.quantity,
        )
        .join(Pledge, Pledge.ref == PledgeLine.pledge)
        .order_by(PledgeLine.id)
    )
    for row in db.session.execute(query):
        yield {**row._mapping, "pledged_on": row.pledged_on.isoformat()}


def _items() -> Iterator[dict[str, Any]]:
    masked: dict[int, list[str]] = {}
    readings = select(Identifier.item, Identifier.scheme, Identifier.value).where(Identifier.live)
    for number, scheme, value in db.session.execute(readings):
        masked.setdefault(number, []).append(f"{scheme} {mask(scheme, value)}")
    query = (
        select(
            Item.id,
            Item.code,
            Item.pledge,
            Product.name_en.label("product"),
            Item.status,
            Item.condition,
            Item.location,
            Item.custodian,
            Item.consignment,
        )
        .join(Product, Product.ref == Item.product)
        .order_by(Item.id)
    )
    for row in db.session.execute(query):
        told = dict(row._mapping)
        told["identifiers"] = ", ".join(masked.get(told.pop("id"), []))
        yield told
