"""A checkpoint in other hands proves what nobody who looks at the server alone can see."""

from __future__ import annotations

import shutil
from base64 import b64encode
from pathlib import Path

import pytest

from tests.proof.small_ledger import Ledger
from tracker.errors import InvalidValue
from tracker.ledger.reports import Claim
from tracker.ledger.verification import read_claim


def rewrite_and_sign_anew(ledger: Ledger) -> None:
    """By somebody who holds the database, the server and the key."""
    ledger.sql("UPDATE event SET body = replace(body, 'WH-1', 'WH-2') WHERE position = 8")
    ledger.rehash()
    ledger.sql("UPDATE item SET location = 'WH-2', area = 'WH-2' WHERE id = 2")
    ledger.sql("DELETE FROM checkpoint")
    shutil.rmtree(ledger.home / "checkpoints")
    ledger.sign()


def test_with_the_key_too_a_past_can_be_rewritten_but_not_against_a_kept_checkpoint(
    ledger: Ledger, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text(ledger.rows("SELECT note FROM checkpoint ORDER BY size")[-1].note, "utf-8")
    rewrite_and_sign_anew(ledger)
    assert ledger.verify().fits, "nobody who looks at this server alone can see it"
    report = ledger.verify(read_claim(ledger.notary, str(kept)))
    assert report.first
    assert report.first.log_index == 0
    assert "below 20" in report.first.what


def test_the_size_and_root_on_one_paper_are_enough(ledger: Ledger) -> None:
    row = ledger.rows("SELECT * FROM checkpoint ORDER BY size")[1]
    printed = f"14:{b64encode(bytes(row.root)).decode()}"
    rewrite_and_sign_anew(ledger)
    report = ledger.verify(read_claim(ledger.notary, printed))
    assert not report.fits
    assert report.first
    assert printed in report.first.what


def test_a_checkpoint_from_before_the_change_only_says_that_nothing_was_changed_by_then(
    ledger: Ledger,
) -> None:
    row = ledger.rows("SELECT * FROM checkpoint ORDER BY size")[0]
    claim = Claim(row.size, bytes(row.root), "a paper")
    rewrite_and_sign_anew(ledger)
    assert ledger.verify(claim).fits


def test_a_checkpoint_given_in_hexadecimal_is_read_too(ledger: Ledger) -> None:
    row = ledger.rows("SELECT * FROM checkpoint ORDER BY size")[1]
    claim = read_claim(ledger.notary, f"14:{bytes(row.root).hex()}")
    assert (claim.size, claim.root) == (14, bytes(row.root))
    assert ledger.verify(claim).fits


@pytest.mark.parametrize("given", ["", "14", "14:", "14:AAAA", ":" + "00" * 32, "x:" + "00" * 32])
def test_what_is_no_checkpoint_is_refused(ledger: Ledger, given: str) -> None:
    with pytest.raises(InvalidValue, match="neither a file nor"):
        read_claim(ledger.notary, given)


def test_a_stranger_s_checkpoint_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    file = tmp_path / "kept.txt"
    note = ledger.rows("SELECT note FROM checkpoint")[0].note
    file.write_text(note.replace("kittrail.example", "stranger.example"), encoding="utf-8")
    with pytest.raises(InvalidValue, match="no checkpoint of this ledger"):
        read_claim(ledger.notary, str(file))
