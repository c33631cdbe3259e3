"""Two donors with a pledge each. Everything that is the other's carries a word that shows."""

from __future__ import annotations

import re
from datetime import date, timedelta

from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password
from sqlalchemy import select

from labels.codes import new_codes
from tests.donors.worlds import Reader, deploy_at_new_sites
from tests.services.builders import COORDINATOR, NOW, lay_world, queue, scan
from tracker.db import db, transaction
from tracker.domain.identifiers import search_key
from tracker.domain.permissions import SYSTEM, Role
from tracker.ledger.announcing import NewItem, announce
from tracker.models import (
    Account,
    Consignment,
    Identifier,
    Initiative,
    Label,
    Location,
    Party,
    Pledge,
    PledgeLine,
    RoleRow,
)
from tracker.services import shares, snapshots

PASSWORD = "a quiet river"
PEOPLE = {
    "admin": Role.ADMIN,
    "alice": Role.COORDINATOR,
    "bob": Role.WAREHOUSE,
    "charlie": Role.FIELD,
    "diana": Role.DONOR,
    "erin": Role.AUDITOR,
}
REFERENCES = [  # one's own, the other's, and one that never was, of each kind
    ("EX-1", "QQ-1", "NO-1"),
    ("EX", "QQ-PARTY", "NO-PARTY"),
    ("EX-INIT", "QQ-INIT", "NO-INIT"),
    ("EX-C-1", "QQ-C-1", "NO-C-1"),
    ("UA46-0", "QQ-SITE-0", "NO-SITE-0"),
]
FIGURE = 4_444_787
"""What the other donor promised: no other number on any page is this."""

FIGURE_SHOWN = r"4\D{0,8}444\D{0,8}787"
"""However it may be written."""


def lay_two_donors() -> dict[str, list[str]]:
    """The world, with a story for both; the units' codes, `own` and `other`, for `diana` of EX."""
    lay_world()
    with transaction() as session:
        session.add(Party(ref="QQ-PARTY", name="Quokka Foundation", kind="non_profit"))
        for ref, name in (("EX-INIT", "Together"), ("QQ-INIT", "Quokkas for schools")):
            session.add(Initiative(ref=ref, name_en=name, name_uk=name))
        session.flush()
        session.get_one(Pledge, "EX-1").initiative = "EX-INIT"
        for ref, initiative in (("QQ-1", "EX-INIT"), ("QQ-2", "QQ-INIT")):
            session.add(Pledge(ref=ref, donor="QQ-PARTY", pledged_on=date(2026, 2, 3),
                               initiative=initiative, note="Quokka note", purpose="quokka care",
                               source="Quokka letter"))  # fmt: skip
        session.flush()
        for line, ref in ((2, "QQ-1"), (3, "QQ-2")):
            session.add(PledgeLine(id=line, pledge=ref, product="EX-TERM", quantity=FIGURE))
        session.add(Party(ref="EX-3", name="A third", kind="observer"))  # so the whole is shown
        session.flush()
        session.add(Pledge(ref="EX-3", donor="EX-3", pledged_on=date(2026, 2, 4)))
        session.add(Consignment(ref="QQ-C-1", pledge="QQ-1", waybill="Quokka 7", made_at=NOW))
        for number in range(6):
            ref = f"QQ-SITE-{number}"
            session.add(Location(ref=ref, kind="site", sector="water", oblast="UA61"))
    deploy_at_new_sites({"UA46": 6})
    told = {"own": _own_codes(), "other": _the_others_units()}
    snapshots.take_snapshots(NOW.date().replace(day=1), now=NOW)
    _people()
    for pledge in ("QQ-1", "QQ-2"):
        shares.make_share(pledge, days=300, by=COORDINATOR, now=NOW)
    return told


def _own_codes() -> list[str]:
    codes = [str(code) for code in db.session.scalars(select(Label.code).order_by(Label.item))]
    db.session.rollback()
    return codes


def _the_others_units() -> list[str]:
    """Eight units of the other donor: six in use, one that was lost, one with a gap."""
    codes = list(new_codes(8))
    with transaction() as session:
        new = [NewItem(code, "QQ-1", 2, "EX-TERM", search_key(f"{code} KITEX787787{n}"))
               for n, code in enumerate(codes)]  # fmt: skip
        numbers = announce(session, new, by=SYSTEM, now=NOW - timedelta(days=30))
        for n, (code, item) in enumerate(zip(codes, numbers, strict=True)):
            session.add(Label(code=code, state="bound", item=item))
            session.add(Identifier(item=item, scheme="kit", value=f"KITEX787787{n}", read_at=NOW))
    scans = []
    for n, code in enumerate(codes):
        scans += [scan(code, "receiving", 1, location="WH-1", note="quokka box"),
                  scan(code, "shipping", 2, consignment="QQ-C-1")]  # fmt: skip
        if n < 6:
            scans += [scan(code, "accepting", 3, receiver="EX-USER", act="QQ-ACT"),
                      scan(code, "deploying", 4, location=f"QQ-SITE-{n}")]  # fmt: skip
    scans += [scan(codes[6], "reporting_lost", 5, report="QQ-REPORT"),
              scan(codes[7], "inspecting", 6, findings={"present": True})]  # fmt: skip
    queue(scans)
    return codes


def _people() -> None:
    hashed = hash_password(PASSWORD)
    with transaction() as session:
        rows = {role: RoleRow(name=role.value) for role in Role}
        session.add_all(rows.values())
        session.flush()
        for name, role in PEOPLE.items():
            session.add(
                Account(
                    email=f"{name}@example.org",
                    name=name.capitalize(),
                    party="EX" if role is Role.DONOR else None,
                    password=hashed,
                    fs_uniquifier=name * 4,
                    roles=[rows[role]],
                )
            )


def as_(app: Flask, name: str) -> Reader:
    """A browser in which this person has signed in; `holder` has a link, a `stranger` nothing."""
    client: FlaskClient = app.test_client()
    reader = Reader(client)
    if name == "holder":
        with app.app_context():
            token = shares.make_share("EX-1", days=300, by=COORDINATOR, now=NOW)
        assert reader.post("/d/", data={"token": token}).status_code == 303
    elif name != "stranger":
        form = {"email": f"{name}@example.org", "password": PASSWORD}
        assert reader.post("/login", data=form).status_code == 302
    return reader


def of_the_other(codes: list[str], asked: str) -> re.Pattern[bytes]:
    """What must not show where `asked` was said: all words of the other donor but those asked."""
    words = ["quokka", "qq-", "KITEX787", FIGURE_SHOWN, *codes]
    told = [word for word in words if not re.search(word, asked, re.IGNORECASE)]
    return re.compile("|".join(told).encode(), re.IGNORECASE)
