"""A ledger that holds a row of every official kind, and what its owner could do to them.

The first half of the rows was there before the ledger spoke of such rows, the second came after.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import b64encode
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select

from tests.proof.small_ledger import BOX, CODES, START, Ledger, fill, label
from tracker import models
from tracker.db import db, transaction
from tracker.domain.chain import canonical
from tracker.domain.permissions import Actor, Role
from tracker.domain.records import digest_of, written
from tracker.domain.scans import Mode, Scan
from tracker.ledger.evidence_files import path_of
from tracker.ledger.found import state_found
from tracker.ledger.record import record
from tracker.ledger.records import BY_KIND
from tracker.ledger.signatures import statement_of
from tracker.models import Discrepancy
from tracker.queries.records import rows_by_key
from tracker.services import devices, discrepancies

ALICE, BOB = Actor("account:1", Role.COORDINATOR), Actor("account:2", Role.COORDINATOR)
PHOTO, PAPER = b"a photo, as it was kept", b"a paper, as it was issued"
SHA, SHA_OF_PAPER = (hashlib.sha256(one).hexdigest() for one in (PHOTO, PAPER))
BLANK, STRANGE = label("EXAMP1EB1A"), label("EXAMP1EPA1")
DAY = date(2026, 6, 1)


class Phone:
    """An enrolled phone, and its key."""

    def __init__(self, by: Actor) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        code, _ = devices.invite(
            Role.FIELD, locations=["WH-1", "SITE-1"], days=90, by=by, now=START
        )
        number, _ = devices.enrol(code, "Phone", self.public, now=START)
        self.actor = Actor(f"device:{number}", Role.FIELD, frozenset({"WH-1"}), key=self.public)

    @property
    def public(self) -> str:
        kind = PublicFormat.SubjectPublicKeyInfo
        return b64encode(self.key.public_key().public_bytes(Encoding.DER, kind)).decode()

    def sign(self, text: str) -> str:
        pair = decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(SHA256())))
        return b64encode(b"".join(part.to_bytes(32, "big") for part in pair)).decode()

    def scan(self, ledger: Ledger, code: str, step: str, seq: int, **said: Any) -> str:
        now = ledger.later()
        one = Scan(str(uuid4()), code, step, now, device_seq=seq, **said)
        signed = Scan(
            one.id, code, step, now, device_seq=seq, signature=self.sign(statement_of(one)), **said
        )
        record([signed], sent_at=now, mode=Mode.QUEUED, by=self.actor, now=now)
        return one.id


def lay(ledger: Ledger) -> None:
    """The small ledger; then rows of every kind; then a phone's scans, a box's, and a decision."""
    fill(ledger)
    with transaction() as session:
        session.add_all(models.RoleRow(name=role.value) for role in Role)
    state_found(now=START)
    for content, sha in ((PHOTO, SHA), (PAPER, SHA_OF_PAPER)):
        path_of(sha).parent.mkdir(parents=True, exist_ok=True)
        path_of(sha).write_bytes(content)
    for rows in _rows():
        with transaction() as session:
            session.add_all(rows)
    _accounts()
    phone = Phone(ALICE)
    ledger.scan(BOX, "counting", location="WH-1")
    phone.scan(ledger, CODES[0], "collecting", 1, location="WH-1")
    ledger.scan(BLANK, "commissioning", second_identifier=CODES[4])
    _settle()
    ledger.sign()


def _rows() -> list[list[Any]]:
    """Rows of every kind that stands on no other's story, in the order of what they name."""
    return [_what_stands_alone(), _what_names_that(), _what_names_those(), _what_comes_last()]


def _what_stands_alone() -> list[Any]:
    """Rows that name no others."""
    by, at, m = "account:1", START, models
    place = {"kind": "warehouse", "name_en": "Two", "name_uk": "Два", "oblast": "UA46"}
    return [
        m.Party(ref="EX-USER", kind="end_user", name="A user", code="12345678", address="Seat"),
        m.Product(ref="EX-B", name_en="Box", name_uk="Скриня", kind="other"),
        m.Initiative(ref="IN-1", name_en="One", name_uk="Одна"),
        m.Location(ref="WH-2", **place),
        m.Location(ref="SITE-1", kind="site", sector="health", oblast="UA63", commitment="c0"),
        m.Label(code=label("EXAMP1EP1A"), state="bound", location="WH-1"),
        m.Label(code=BLANK, state="blank"),
        m.Evidence(sha256=SHA, kind="photo", media_type="image/jpeg", size=23, kept_by=by,
                   kept_at=at),
        m.Evidence(sha256=SHA_OF_PAPER, kind="document", media_type="application/pdf", size=25,
                   kept_by=by, kept_at=at),
    ]  # fmt: skip


def _what_names_that() -> list[Any]:
    """Rows that name those."""
    by, at, m = "account:1", START, models
    act: dict[str, Any] = {"giver": "EX", "receiver": "EX-USER", "purpose": "for a hospital"}
    people = {"giver_person": "Alice", "receiver_person": "Bob", "commission": "Charlie; engineer"}
    return [
        m.SealedSite(location="SITE-1", field="address", sealed=b"sealed"),
        m.SiteReading(location="SITE-1", read_by=by, read_at=at, reason="to call"),
        m.Pledge(ref="PL-2", donor="EX", pledged_on=DAY, purpose="for clinics", note="a note"),
        m.HandoverAct(id=1, number="A-1", state="signed", made_by=by, made_at=at, signed_at=at,
                      giver_signature=SHA, photos=SHA, said="what was signed", **act, **people),
        m.LossReport(number="L-1", kind="lost", circumstances="On the way", authority="7/26",
                     reported_by=by, reported_at=at),
        m.StockCount(number="C-1", location="WH-2", opened_by=by, opened_at=at),
        m.Consignment(ref="CO-1", consignor="EX", consignee="EX-USER", waybill="W-1",
                      made_at=at, destination="WH-2", eta_on=DAY, aid_code="AID-1"),
        m.Document(kind="handover_act", number="A-1", version=1, about="A-1",
                   sha256=SHA_OF_PAPER, issued_by=by, issued_at=at),
    ]  # fmt: skip


def _what_names_those() -> list[Any]:
    """Rows that name both."""
    by, at, m = "account:1", START, models
    return [
        m.PledgeLine(pledge="PL-2", product="EX-B", quantity=4),
        m.Delivery(ref="PL-2.1", pledge="PL-2", number=1, made_at=at),
        m.ActLine(act=1, item=1, code=CODES[0], second_identifier="KITEX0000001", added_by=by,
                  added_at=at),
        m.LossLine(report="L-1", item=5),
        m.LossEvidence(report="L-1", sha256=SHA),
        m.Proposal(item=5, step="decommissioning", reason="burnt", proposed_by=by,
                   proposed_at=at),
        m.CountDoor(count="C-1", location="WH-2"),
        m.Leg(consignment="CO-1", origin="WH-1", destination="WH-2", vehicle="AA 1234 BB"),
        m.Seal(consignment="CO-1", number="S-1", closed_by=by, closed_at=at),
        m.Passage(consignment="CO-1", kind="border", location="WH-2", note="papers",
                  happened_at=at, told_by=by),
        m.PackingLine(consignment="CO-1", item=6),
        m.ReceivingVerdict(consignment="CO-1", item=6, code=CODES[5], verdict="good",
                           said_by=by, said_at=at),
        m.Release(pledge="PL-2", kind="photo", name="n" * 22, source=SHA, text_en="A photo",
                  proposed_by=by, proposed_at=at),
        m.Disclosure(pledge="PL-2", delay_days=9, small_cell=9, set_by=by, set_at=at),
        m.Share(pledge="PL-2", token_hash="0" * 64, made_by=by, made_at=at,
                expires_at=at + timedelta(days=30)),
        m.PublishedCard(pledge="PL-2", name="c" * 22, published_by=by, published_at=at),
        m.PlaceSnapshot(pledge="PL-2", month=DAY, body="{}", made_at=at),
    ]  # fmt: skip


def _what_comes_last() -> list[Any]:
    """Rows that name all of these."""
    by, at, m = "account:1", START, models
    return [
        m.Revision(pledge_line=2, quantity_before=4, quantity_after=5, revised_at=at,
                   revised_by=by, reason="one more"),
    ]  # fmt: skip


def _accounts() -> None:
    with transaction() as session:
        roles = {row.name: row for row in session.scalars(select(models.RoleRow))}
        for name, role in (("alice", "coordinator"), ("bob", "coordinator"), ("eve", "warehouse")):
            session.add(
                models.Account(
                    email=f"{name}@example.org", name=name, password="$argon2id$" + name,
                    fs_uniquifier=secrets.token_hex(16), roles=[roles[role]], made_at=START,
                    oblasts="UA63" if role == "coordinator" else "",
                )
            )  # fmt: skip
        session.flush()
        session.add(models.Assignment(actor="account:3", location="WH-1"))
        session.add(
            models.Passkey(
                account=1, name="key", credential_id=b"\x01", public_key=b"\x02", sign_count=0,
                backup_state=False, device_type="x", made_at=START, lastuse_datetime=START,
            )
        )  # fmt: skip


def _settle() -> None:
    unknown = select(Discrepancy.id).where(Discrepancy.kind == "unknown_code")
    number = db.session.scalars(unknown.order_by(Discrepancy.id)).first()
    assert number == 1
    discrepancies.settle(number, "A stranger's label.", by=BOB, now=START + timedelta(days=3))


def restate(ledger: Ledger, subject: str) -> None:
    """Let the ledger say what the row holds now: its first statement anew, the others empty.

    Whoever owns the database has our code too. Hashes are left to `Ledger.rehash`.
    """
    kind = subject.partition(":")[0]
    official = BY_KIND[kind]
    found = ledger.rows(
        "SELECT position, id, body FROM event WHERE subject = :subject AND step = 'stating'"
        " ORDER BY seq", subject=subject,
    )  # fmt: skip
    bodies = [json.loads(row.body) for row in found]
    key = tuple(bodies[0]["record"][name] for name in official.key)
    with db.engine.connect() as connection:
        rows = rows_by_key(connection, official.model, official.key, official.columns, [key])
    for place, (row, body) in enumerate(zip(found, bodies, strict=True)):
        said = {name: written(value) for name, value in rows[key].items()} if not place else {}
        plain = {name: value for name, value in said.items() if name not in official.hidden}
        salt = secrets.token_hex(16)
        closed = {
            name: digest_of(salt, name, said[name]) for name in official.hidden if name in said
        }
        body |= {"record": plain, "hidden": closed}
        ledger.sql(
            "UPDATE event SET body = :body WHERE position = :position",
            body=canonical(body), position=row.position,
        )  # fmt: skip
        event = row.id if not ledger.on_postgres else str(row.id)
        ledger.sql("DELETE FROM opening WHERE event = :event", event=event)
        ledger.sql(
            "INSERT INTO opening (event, salt) VALUES (:event, :salt)", event=event, salt=salt
        )
