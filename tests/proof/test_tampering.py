"""What the owner of the database can do to it, one by one, before the honest worker signs again.

Each is done twice: alone; and by somebody who also lets the ledger's own statements say the same,
computes every hash, leaf and chain's end anew and takes the checkpoints out of the database. Alone
it is named by its story. Made to fit, it is named by the checkpoint outside; and where that is gone
too, by one in other hands (`--since`).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.proof.official_world import SHA, SHA_OF_PAPER, STRANGE, lay, restate
from tests.proof.small_ledger import BOX, CODES, Ledger, label, opened
from tracker.domain.bodies import derived_id
from tracker.domain.chain import canonical, event_hash
from tracker.errors import LedgerBroken
from tracker.ledger.evidence_files import path_of
from tracker.ledger.reports import Claim

Hand = Callable[[Ledger], None]


@dataclass(frozen=True)
class Tampering:
    """One kind: its name, the hand, the story that must be named, and whether statements of the
    story can be written anew to fit it."""

    name: str
    hand: Hand
    story: str
    restated: bool = False


def sql(*sentences: str) -> Hand:
    def hand(ledger: Ledger) -> None:
        for sentence in sentences:
            ledger.sql(sentence)

    return hand


def row(name: str, story: str, *sentences: str) -> Tampering:
    """A change of an official row."""
    return Tampering(name, sql(*sentences), story, restated=True)


def gone(name: str, story: str, *sentences: str) -> Tampering:
    """A row that is deleted or added: no statement of it can be written anew."""
    return Tampering(name, sql(*sentences), story)


# Hands that need more than a sentence


def write_file(sha: str, content: bytes | None) -> Hand:
    def hand(_ledger: Ledger) -> None:
        path_of(sha).unlink() if content is None else path_of(sha).write_bytes(content)

    return hand


def append(ledger: Ledger, subject: str, said: dict[str, Any]) -> None:
    """An event at the end of a story, its hash computed as we do."""
    last = ledger.rows(
        "SELECT seq, hash, body FROM event WHERE subject = :s ORDER BY seq DESC LIMIT 1", s=subject
    )[0]
    body = said if "v" in said else {**json.loads(last.body), "id": str(uuid4()), **said}
    text = canonical({name: value for name, value in body.items() if value is not None})
    via = body.get("via")
    ledger.sql(
        "INSERT INTO event (id, subject, seq, step, effective_at, recorded_at, by, via, body, hash,"
        " scan_digest, handling_unit, device_seq) SELECT :id, subject, seq + 1, :step,"
        " effective_at, recorded_at, :by, :via, :body, :hash, :scan, :box, :number"
        " FROM event WHERE subject = :subject AND seq = :seq",
        id=str(body["id"]).replace("-", ""), subject=subject, seq=last.seq, step=body["step"],
        by=body["by"], body=text, hash=event_hash(bytes(last.hash), text),
        scan=bytes.fromhex(str(body["scan"])), box=body.get("handling_unit"),
        number=body.get("device_seq"),
        via=str(via["event"]).replace("-", "") if via else None,
    )  # fmt: skip
    number = subject.partition(":")[2]
    end = event_hash(bytes(last.hash), text)
    if subject.startswith("item:"):
        ledger.sql("UPDATE item SET seq = seq + 1, head = :h WHERE id = :i", h=end, i=int(number))


def forge_by_via(ledger: Ledger) -> None:
    """A scan in the name of a phone that signs, with a cause that never was."""
    cause = {"event": str(uuid4()), "unit": BOX}
    unsigned = {"statement": None, "signature": None, "signed": None}
    append(ledger, "item:1", {"step": "counting", "by": "device:1", "via": cause, **unsigned})


def share(unit: int, **said: object) -> Hand:
    """A share of a box's real scan, for a unit that it was not about, or that says otherwise."""

    def hand(ledger: Ledger) -> None:
        query = "SELECT body FROM event WHERE subject = :s AND step = 'counting'"
        body = json.loads(ledger.one(query, s=f"unit:{BOX}"))
        mine = {"subject": f"item:{unit}", "via": {"event": body["id"], "unit": BOX}}
        mine |= {"code": CODES[unit - 1], "id": derived_id(body["id"], unit)}
        append(ledger, f"item:{unit}", body | mine | said)

    return hand


def wrong_share(ledger: Ledger) -> None:
    """The share that is there says another place; its hash is computed anew."""
    ledger.sql(
        "UPDATE event SET body = replace(body, 'WH-1', 'WH-2')"
        " WHERE subject = 'item:4' AND step = 'counting'"
    )
    ledger.rehash()


def enrol_twice(ledger: Ledger) -> None:
    append(ledger, "device:1", {"step": "enrolling", "public_key": "another"})


def move_a_scan(ledger: Ledger) -> None:
    """A scan of one unit's label is hung on another unit."""
    query = "SELECT body FROM event WHERE subject = 'item:1' AND by = 'device:1'"
    body = json.loads(ledger.one(query))
    append(ledger, "item:2", body | {"subject": "item:2", "id": str(uuid4())})


UPDATE_ACT = "UPDATE handover_act SET {} WHERE id = 1"
TABLE = [
    # What was promised
    row("a pledge's donor", "pledge:PL-EX",
        "UPDATE pledge SET donor = 'EX-USER' WHERE ref = 'PL-EX'"),
    row("a pledge's purpose", "pledge:PL-2", "UPDATE pledge SET purpose = 'x' WHERE ref = 'PL-2'"),
    row("how many were pledged", "pledge_line:2",
        "UPDATE pledge_line SET quantity = 3 WHERE id = 2"),
    row("what a unit is worth", "pledge_line:2",
        "UPDATE pledge_line SET unit_value = 1 WHERE id = 2"),
    row("a revision's reason", "pledge_revision:1", "UPDATE pledge_revision SET reason = 'x'"),
    row("who revised", "pledge_revision:1", "UPDATE pledge_revision SET revised_by = 'account:9'"),
    gone("a revision is gone", "pledge_revision:1", "DELETE FROM pledge_revision"),
    row("a party's name", "party:EX", "UPDATE party SET name = 'Other' WHERE ref = 'EX'"),
    row("a party's number", "party:EX-USER", "UPDATE party SET code = '1' WHERE ref = 'EX-USER'"),
    row("a product's name", "product:EXTERM",
        "UPDATE product SET name_uk = 'Х' WHERE ref = 'EXTERM'"),
    # Papers
    row("a paper's number", "document:1", "UPDATE document SET number = 'A-9'"),
    row("a paper's version", "document:1", "UPDATE document SET version = 2"),
    row("another file for a paper", "document:1", f"UPDATE document SET sha256 = '{SHA}'"),
    gone("a paper is gone", "document:1", "DELETE FROM document"),
    Tampering("a photo's pixels", write_file(SHA, b"another"), f"evidence:{SHA}"),
    Tampering("a photo's file is gone", write_file(SHA, None), f"evidence:{SHA}"),
    Tampering("a paper's file", write_file(SHA_OF_PAPER, b"another"), f"evidence:{SHA_OF_PAPER}"),
    row("who kept a photo", f"evidence:{SHA}",
        f"UPDATE evidence SET kept_by = 'account:9' WHERE sha256 = '{SHA}'"),
    gone("a photo's row is gone", f"evidence:{SHA}",
        f"DELETE FROM evidence WHERE sha256 = '{SHA}'"),
    row("who received", "act:1", UPDATE_ACT.format("receiver = 'EX'")),
    row("who signed for the receiver", "act:1", UPDATE_ACT.format("receiver_person = 'Charlie'")),
    row("a signature", "act:1", UPDATE_ACT.format(f"receiver_signature = '{SHA}'")),
    row("a signed act is a draft", "act:1", UPDATE_ACT.format("state = 'draft'")),
    row("the number on an act's line", "act_line:1.1",
        "UPDATE act_line SET second_identifier = 'X'"),
    gone("a line of an act is gone", "act_line:1.1", "DELETE FROM act_line"),
    gone("a line is added to an act", "act_line:1.2",
         "INSERT INTO act_line (act, item, code, confirmed, added_by, added_at)"
         " SELECT act, 2, code, confirmed, added_by, added_at FROM act_line"),
    # Labels
    gone("two labels exchanged", "item:1",
         f"UPDATE label SET item = 3 - item WHERE code IN ('{CODES[0]}', '{CODES[1]}')"),
    gone("a label goes to another unit", "item:2",
         f"UPDATE label SET item = 2 WHERE code = '{CODES[0]}'"),
    gone("a revoked label is bound again", "item:5",
         f"UPDATE label SET state = 'bound', replaced_by = NULL WHERE code = '{CODES[4]}'"),
    gone("a label is gone", "item:1", f"DELETE FROM label WHERE code = '{CODES[0]}'"),
    gone("a label is added to a unit", "item:1",
         f"INSERT INTO label (code, state, item) VALUES ('{STRANGE}', 'bound', 1)"),
    row("a place's label", f"label:{label('EXAMP1EP1A')}",
        f"UPDATE label SET location = 'WH-2' WHERE code = '{label('EXAMP1EP1A')}'"),
    # Units
    gone("a unit of another pledge", "item:1", "UPDATE item SET pledge = 'PL-2' WHERE id = 1"),
    gone("another product", "item:1", "UPDATE item SET product = 'EX-B' WHERE id = 1"),
    gone("where a unit stands", CODES[0], "UPDATE item SET location = 'WH-2' WHERE id = 1"),
    gone("a unit is gone", "item:3", "DELETE FROM item WHERE id = 3"),
    gone("a box is gone", f"unit:{BOX}", f"DELETE FROM handling_unit WHERE code = '{BOX}'"),
    gone("donors' counts", "PL-EX top:received", "UPDATE tally SET change = change + 5"
         " WHERE measure = 'top:received'"),
    gone("the fold is switched off", "by which rules its states were folded is told no longer",
         "DELETE FROM fold_rules", "UPDATE item SET location = 'WH-2' WHERE id = 1"),
    # Decisions
    row("a decision's words", "case:1", "UPDATE discrepancy SET decision = 'x' WHERE id = 1"),
    row("who decided", "case:1", "UPDATE discrepancy SET settled_by = 'account:9' WHERE id = 1"),
    gone("a decided case is gone", "case:1", "DELETE FROM discrepancy WHERE id = 1"),
    row("who proposed a write-off", "proposal:1", "UPDATE proposal SET proposed_by = 'account:2'"),
    row("a loss's circumstances", "loss_report:L-1", "UPDATE loss_report SET circumstances = 'x'"),
    # What donors are shown
    row("a photo is released", "release:1",
        "UPDATE release SET approved = true, decided_by = 'account:2', decided_at = proposed_at"),
    row("what donors may see sooner", "disclosure:1", "UPDATE disclosure SET delay_days = 0"),
    row("a link lives longer", "share:1",
        "UPDATE share SET expires_at = '2030-01-01 00:00:00.000000'"),
    gone("a link is added", "share:77",
         "INSERT INTO share (id, pledge, token_hash, made_by, made_at, expires_at, uses) SELECT 77,"
         " pledge, 'f', made_by, made_at, expires_at, 0 FROM share"),
    # Who may do what
    gone("a role is added", "account:3", "INSERT INTO account_role (account, role) SELECT 3, id"
         " FROM role WHERE name = 'coordinator'"),
    row("an oblast is added", "account:3", "UPDATE account SET oblasts = 'UA46' WHERE id = 3"),
    row("another password", "account:1", "UPDATE account SET password = 'x' WHERE id = 1"),
    gone("an account is added", "account:77",
         "INSERT INTO account (id, email, name, active, fs_uniquifier, oblasts)"
         " VALUES (77, 'x@example.org', 'x', true, 'x', '')"),
    gone("a place is assigned", "assignment:account:3.WH-2",
         "INSERT INTO assignment (actor, location) VALUES ('account:3', 'WH-2')"),
    gone("a task is taken away", "assignment:device:1.SITE-1",
         "DELETE FROM assignment WHERE actor = 'device:1' AND location = 'SITE-1'"),
    row("another key for a phone", "device:1", "UPDATE device SET public_key = 'x' WHERE id = 1"),
    row("a phone lives longer", "device:1",
        "UPDATE device SET expires_at = '2030-01-01 00:00:00.000000' WHERE id = 1"),
    gone("who looked at a site", "site_reading:1", "DELETE FROM site_reading"),
    row("another commitment of a site", "location:SITE-1",
        "UPDATE location SET commitment = 'c1' WHERE ref = 'SITE-1'"),
    gone("what opens a digest is gone", "pledge:PL-2",
         "DELETE FROM opening WHERE event IN (SELECT id FROM event WHERE subject = 'pledge:PL-2')"),
    # The ledger itself
    Tampering("a scan by a cause that never was", forge_by_via, "item:1"),
    Tampering("a share of a unit that lay in no box", share(6), "item:6"),
    Tampering("a share in another's name", share(6, by="account:9"), "item:6"),
    Tampering("a share that says another place", wrong_share, "item:4"),
    Tampering("a second key of a phone", enrol_twice, "device:1"),
    Tampering("a scan hung on another unit", move_a_scan, "item:2"),
]  # fmt: skip


@pytest.fixture(scope="module")
def original(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a ledger that no test changes."""
    home = tmp_path_factory.mktemp("tampering")
    shutil.copy(sqlite_template, home / "tracker.sqlite")
    with opened(home, "") as ledger:
        lay(ledger)
    return home


@pytest.fixture
def ledger(original: Path, tmp_path: Path) -> Iterator[Ledger]:
    shutil.copytree(original, tmp_path / "home")
    with opened(tmp_path / "home", "") as ledger:
        yield ledger


def newest(ledger: Ledger) -> Claim:
    """The newest checkpoint, as somebody elsewhere has kept it."""
    row = ledger.rows("SELECT size, root FROM checkpoint ORDER BY size DESC LIMIT 1")[0]
    return Claim(row.size, bytes(row.root), "a paper")


def named(ledger: Ledger, *since: Claim) -> list[str]:
    return [problem.subject or str(problem) for problem in ledger.verify(*since).problems]


def test_there_are_as_many_kinds_as_were_asked_for() -> None:
    assert len({one.name for one in TABLE}) == len(TABLE) >= 45


def test_nothing_is_named_where_nobody_did_anything(ledger: Ledger) -> None:
    assert named(ledger, newest(ledger)) == []


@pytest.mark.parametrize("one", TABLE, ids=lambda one: one.name)
def test_it_is_named_after_the_honest_worker_has_signed(ledger: Ledger, one: Tampering) -> None:
    one.hand(ledger)
    with suppress(LedgerBroken):
        ledger.sign()
    assert one.story in named(ledger)


@pytest.mark.slow
@pytest.mark.parametrize("one", [one for one in TABLE if one.restated], ids=lambda one: one.name)
def test_made_to_fit_it_is_named_by_a_checkpoint(ledger: Ledger, one: Tampering) -> None:
    paper = newest(ledger)
    one.hand(ledger)
    restate(ledger, one.story)
    ledger.rehash()
    ledger.sql("DELETE FROM checkpoint")
    with pytest.raises(LedgerBroken):
        ledger.sign()
    assert any("another root" in str(problem) for problem in ledger.verify().problems)
    shutil.rmtree(ledger.home / "checkpoints")
    ledger.sign()
    assert ledger.verify().problems == [], "the owner has made everything fit"
    assert any("another root" in str(problem) for problem in ledger.verify(paper).problems)
