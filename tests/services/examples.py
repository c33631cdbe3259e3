"""Small files to import, and short ways to import them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from tracker.commands.imports import import_file
from tracker.db import Base, db
from tracker.domain.permissions import Actor, Role
from tracker.domain.sheets import ImportReport
from tracker.errors import ImportRefused

NOW = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
ALICE = Actor("account:1", Role.COORDINATOR)
KEY = "5e" * 32

PARTIES = "party,name,kind,country\nPL,Poland,member_state,PL\nDE,Germany,member_state,DE\n"
PRODUCTS = """product,name_en,name_uk,kind,identifiers
TERM,Terminal kit,Комплект термінала,satellite_terminal,serial kit
KEY,Security key,Ключ безпеки,other,
"""
PLEDGES = """pledge,donor,pledged_on,product,quantity,unit_value,currency,purpose
EX-1,PL,2026-01-10,TERM,3,499.00,EUR,civil connectivity
EX-1,PL,2026-01-10,KEY,10,,,civil connectivity
EX-2,DE,2026-02-10,TERM,5,,,civil connectivity
"""
ITEMS = """pledge,product,serial,kit,consignment,handling_unit
EX-1,TERM,EXSER001,KITEX0000001,ZM-1,BOX-1
EX-1,TERM,EXSER002,KITEX0000002,ZM-1,BOX-1
EX-1,TERM,EXSER003,KITEX0000003,ZM-2,BOX-2
"""
LOCATIONS = """location,name_en,name_uk,kind,sector,katottg,address,contact,note
LVIV-1,Lviv warehouse,"Склад, Львів",warehouse,,UA46000000000026241,,,
SITE-1,Example lyceum,Ліцей прикладів,site,education,UA63140010000049419,"вул. Прикладна, 84",,
"""
FILES = {"parties": PARTIES, "products": PRODUCTS, "pledges": PLEDGES, "locations": LOCATIONS,
         "items": ITEMS}  # fmt: skip


def put(noun: str, text: str | None = None, **how: Any) -> ImportReport:
    content = (FILES[noun] if text is None else text).encode()
    return import_file(noun, content, f"{noun}.csv", **{"now": NOW, "by": ALICE, **how})


def faults(noun: str, text: str, **how: Any) -> list[str]:
    with pytest.raises(ImportRefused) as refused:
        put(noun, text, **how)
    return [str(fault) for fault in refused.value.extra["faults"]]


def count(model: type[Base]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def everything() -> dict[str, list[str]]:
    """Every row of every table, to compare."""
    db.session.rollback()
    return {
        name: sorted(repr(row) for row in db.session.execute(select(table)))
        for name, table in Base.metadata.tables.items()
    }
