"""Checkpoints: what is signed was recomputed, and no smaller or different past ever is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import pytest

from tests.proof.small_ledger import CODES, SEED, UNKNOWN, Ledger
from tracker.domain.chain import log_line
from tracker.domain.merkle import MerkleTree, leaf_hash
from tracker.errors import LedgerBroken, Refusal
from tracker.ledger.checkpoints import notary, sequence, sign_checkpoint

Change = Callable[[Ledger], object]  # what somebody who owns the files does to them


def sizes(ledger: Ledger) -> list[int]:
    return [row.size for row in ledger.rows("SELECT size FROM checkpoint ORDER BY size")]


def outside(ledger: Ledger) -> Path:
    return ledger.home / "checkpoints"


def forget_the_tree(ledger: Ledger) -> None:
    (outside(ledger) / "tree.txt").unlink()


def forget_everything_outside(ledger: Ledger) -> None:
    (outside(ledger) / "tree.txt").unlink()
    (outside(ledger) / "latest.txt").unlink()


def keep_everything(_ledger: Ledger) -> None:
    """Nothing is lost."""


WHAT_IS_LEFT = [keep_everything, forget_the_tree, forget_everything_outside]


def test_the_root_is_that_of_the_events_as_they_are_stored(ledger: Ledger) -> None:
    signed = ledger.sign()
    rows = ledger.rows("SELECT subject, seq, hash FROM event ORDER BY position")
    leaves = [leaf_hash(log_line(row.subject, row.seq, bytes(row.hash))) for row in rows]
    assert signed
    tree = MerkleTree()
    tree.extend(leaves)
    assert (signed.size, signed.root) == (22, tree.root())
    assert signed.origin == "kittrail.example/ledger"


def test_a_signature_is_kept_inside_and_outside_of_the_database(ledger: Ledger) -> None:
    signed = ledger.sign()
    row = ledger.rows("SELECT * FROM checkpoint ORDER BY size")[-1]
    assert sizes(ledger) == [6, 14, 20, 22]
    assert ledger.notary.open(row.note) == signed == ledger.notary.latest()
    assert (outside(ledger) / "latest.txt").read_text(encoding="utf-8") == row.note


def test_where_nothing_is_new_nothing_is_signed(ledger: Ledger) -> None:
    ledger.sign()
    assert ledger.sign() is None
    assert sizes(ledger) == [6, 14, 20, 22]


@pytest.mark.parametrize("lose", WHAT_IS_LEFT)
def test_the_tree_grows_the_same_whatever_is_left_of_it(ledger: Ledger, lose: Change) -> None:
    lose(ledger)
    signed = ledger.sign()
    assert signed is not None
    assert ledger.verify().witnessed == 22


@pytest.mark.parametrize("tree", ["", "nonsense", "20", "0", "6 " + "00" * 32 + " " + "00" * 32])
def test_a_kept_tree_that_does_not_fit_is_not_believed(ledger: Ledger, tree: str) -> None:
    (outside(ledger) / "tree.txt").write_text(tree, encoding="ascii")
    ledger.sign()
    assert ledger.verify().witnessed == 22


def test_the_key_and_the_kept_checkpoint_are_for_the_server_s_eyes_alone(ledger: Ledger) -> None:
    assert outside(ledger).stat().st_mode & 0o077 == 0


def test_without_a_key_nothing_is_signed_but_all_can_be_checked(ledger: Ledger) -> None:
    ledger.app.config["KEYS"] = {}
    with pytest.raises(Refusal, match="tracker init"):
        ledger.sign()
    assert sizes(ledger) == [6, 14, 20]
    assert ledger.verify().witnessed == 20


def test_where_there_never_was_a_key_there_is_nothing_to_check_by(ledger: Ledger) -> None:
    ledger.app.config["KEYS"] = {}
    (outside(ledger) / "keys.txt").unlink()
    with pytest.raises(Refusal, match="tracker init"):
        notary()


def test_a_new_key_goes_on_where_the_old_one_stopped(ledger: Ledger) -> None:
    name = ledger.notary.key.name
    ledger.app.config["KEYS"] = {"checkpoint": "22" * 32}
    ledger.app.config["HOST"] = "moved.example"
    assert ledger.sign() is not None
    assert [key.name for key in ledger.notary.keys] == [name, name]
    assert ledger.verify().witnessed == 22
    assert ledger.verify().fits


NEW_AND_DAMAGED = [
    ("UPDATE event SET body = replace(body, 'EX-2', 'EX-3') WHERE position = 21", "does not fit"),
    ("UPDATE event SET hash = scan_digest WHERE position = 22", "does not fit"),
    ("DELETE FROM event WHERE position = 21", "is gone"),
    ("DELETE FROM log_entry WHERE log_index = 20", "is gone"),
    (
        "UPDATE log_entry SET leaf = (SELECT hash FROM event LIMIT 1) WHERE log_index = 21",
        "is not the one at log index 21",
    ),
    ("UPDATE event SET subject = 'item:77' WHERE position = 22", "does not fit"),
]


@pytest.mark.parametrize(("damage", "reason"), NEW_AND_DAMAGED)
@pytest.mark.parametrize("lose", [keep_everything, forget_everything_outside])
def test_what_is_new_is_recomputed_before_it_is_signed(
    ledger: Ledger, damage: str, reason: str, lose: Change
) -> None:
    sequence()
    lose(ledger)
    ledger.sql(damage)
    with pytest.raises(LedgerBroken, match=reason):
        sign_checkpoint(ledger.notary, now=ledger.later())
    assert sizes(ledger) == [6, 14, 20]


def rewrite(ledger: Ledger) -> None:
    """One letter of a signed event, and every hash after it."""
    ledger.sql("UPDATE event SET body = replace(body, 'WH-1', 'WH-2') WHERE position = 8")
    ledger.rehash()


@pytest.mark.parametrize("lose", [forget_the_tree, forget_everything_outside])
def test_another_past_is_never_signed(ledger: Ledger, lose: Change) -> None:
    lose(ledger)
    rewrite(ledger)
    with pytest.raises(LedgerBroken, match="first 20 events are not those that were signed"):
        ledger.sign()
    assert sizes(ledger) == [6, 14, 20]


def test_another_past_is_not_signed_where_only_the_outside_remembers(ledger: Ledger) -> None:
    rewrite(ledger)
    ledger.sql("DELETE FROM checkpoint")
    forget_the_tree(ledger)
    with pytest.raises(LedgerBroken, match="first 20 events are not those that were signed"):
        ledger.sign()


def test_what_is_signed_after_a_rewriting_still_goes_on_from_the_true_past(ledger: Ledger) -> None:
    """With its own tree the signer does not read the old part: the next root is of the true one."""
    rewrite(ledger)
    ledger.sign()
    report = ledger.verify()
    assert not report.fits
    assert report.first
    assert report.first.log_index == 6


@pytest.mark.parametrize("lose", WHAT_IS_LEFT)
def test_a_smaller_log_is_never_signed(ledger: Ledger, lose: Change) -> None:
    lose(ledger)
    ledger.sql("DELETE FROM log_entry WHERE log_index >= 18")
    ledger.sql("DELETE FROM event WHERE position > 18")
    with pytest.raises(LedgerBroken, match="log has 18 events; one of 20 was signed before"):
        ledger.sign()


def set_back(ledger: Ledger) -> None:
    ledger.sql("DELETE FROM log_entry WHERE log_index >= 14")
    ledger.sql("DELETE FROM event WHERE position > 14")
    ledger.sql("DELETE FROM checkpoint WHERE size > 14")


def test_a_database_that_was_set_back_is_not_signed(ledger: Ledger) -> None:
    """An older copy of the database is whole in itself; only the outside knows better."""
    set_back(ledger)
    with pytest.raises(LedgerBroken, match="one of 20 was signed before"):
        ledger.sign()


def test_a_database_that_was_set_back_and_filled_again_is_not_signed(ledger: Ledger) -> None:
    """It has as many events as before, and more; they are others."""
    set_back(ledger)
    for number in range(9):
        ledger.scan(UNKNOWN, "receiving", location="WH-1", note=str(number))
    with pytest.raises(LedgerBroken, match="first 20 events are not those that were signed"):
        ledger.sign()


def test_a_checkpoint_that_was_lost_before_it_came_into_the_database_is_kept_there(
    ledger: Ledger,
) -> None:
    """Cut off between the file and the database: the file is what was signed."""
    ledger.sql("DELETE FROM checkpoint WHERE size = 20")
    sequence()
    ledger.sql("DELETE FROM log_entry WHERE log_index >= 20")
    assert sign_checkpoint(ledger.notary, now=ledger.later()) is None
    assert sizes(ledger) == [6, 14, 20]


def test_another_worker_may_have_signed_more_than_our_outside_knows(
    ledger: Ledger, tmp_path: Path
) -> None:
    before = shutil.copytree(outside(ledger), tmp_path / "before")
    ledger.sign()
    shutil.rmtree(outside(ledger))
    shutil.copytree(before, outside(ledger))
    ledger.scan(CODES[5], "reporting_lost", report="EX-9")
    signed = ledger.sign()
    assert signed
    assert signed.size == 23
    assert sizes(ledger) == [6, 14, 20, 22, 23]
    assert ledger.verify().fits


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ("UPDATE checkpoint SET note = replace(note, '20', '19') WHERE size = 20", "not ours"),
        ("UPDATE checkpoint SET note = 'x' WHERE size = 20", "not ours"),
        ("UPDATE checkpoint SET size = 21 WHERE size = 20", "something else than its note"),
    ],
)
def test_a_checkpoint_that_we_did_not_sign_stops_the_signer(
    ledger: Ledger, damage: str, reason: str
) -> None:
    ledger.sql(damage)
    with pytest.raises(LedgerBroken, match=reason):
        ledger.sign()


def test_a_file_outside_that_we_did_not_sign_stops_the_signer(ledger: Ledger) -> None:
    (outside(ledger) / "latest.txt").write_text("x", encoding="utf-8")
    with pytest.raises(LedgerBroken, match="is not ours"):
        ledger.sign()


def test_a_stranger_s_key_cannot_take_the_log_over(ledger: Ledger) -> None:
    (outside(ledger) / "keys.txt").unlink()
    ledger.app.config["KEYS"] = {"checkpoint": "33" * 32}
    with pytest.raises(LedgerBroken, match="is not ours"):
        ledger.sign()
    ledger.app.config["KEYS"] = {"checkpoint": SEED}


def test_when_it_was_signed_is_kept(ledger: Ledger) -> None:
    now = ledger.later()
    ledger.sign()
    signed_at = ledger.rows("SELECT signed_at FROM checkpoint ORDER BY size")[-1].signed_at
    assert now.astimezone(UTC).strftime("%Y-%m-%d %H:%M") in str(signed_at)
