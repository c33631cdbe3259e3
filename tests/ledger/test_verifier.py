"""The stand-alone verifier: honest bundles pass, and each kind of tampering is named."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tracker.domain.chain import GENESIS, canonical, event_hash, log_line
from tracker.domain.merkle import MerkleTree, leaf_hash
from tracker.domain.note import Checkpoint, VerifierKey, sign_checkpoint
from tracker.ledger.standalone.verifier import main

ORIGIN = "kittrail.example/log"
SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))


def public_key(secret: Ed25519PrivateKey = SECRET) -> VerifierKey:
    return VerifierKey(ORIGIN, secret.public_key().public_bytes_raw())


@dataclass
class Log:
    """Events as a bundle has them, and the sizes at which they were signed."""

    events: list[dict[str, object]] = field(default_factory=list)
    notes: dict[int, str] = field(default_factory=dict)

    def record(self, subject: str, note: str) -> None:
        earlier = [event for event in self.events if event["subject"] == subject]
        body = canonical({"id": f"EX-{len(self.events)}", "subject": subject, "note": note})
        event = {"log_index": len(self.events), "subject": subject, "seq": len(earlier) + 1}
        self.events.append(event | {"body": body, "hash": ""})
        self.rehash()

    def rehash(self) -> None:
        """Compute every hash anew, as somebody who owns the database can."""
        ends: dict[object, bytes] = {}
        for event in self.events:
            hash_ = event_hash(ends.get(event["subject"], GENESIS), str(event["body"]))
            ends[event["subject"]], event["hash"] = hash_, hash_.hex()

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        size = len(self.events) if size is None else size
        tree = MerkleTree()
        for event in self.events[:size]:
            hash_ = bytes.fromhex(str(event["hash"]))
            tree.append(leaf_hash(log_line(str(event["subject"]), int(str(event["seq"])), hash_)))
        return Checkpoint(ORIGIN, tree.size, tree.root())

    def sign(self, secret: Ed25519PrivateKey = SECRET, size: int | None = None) -> None:
        checkpoint = self.checkpoint(size)
        note = sign_checkpoint(checkpoint, public_key(secret), secret.sign)
        self.notes[checkpoint.size] = str(note)

    def write(self, folder: Path, key: str | None = None) -> Path:
        (folder / "checkpoints").mkdir(parents=True)
        lines = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in self.events)
        (folder / "events.jsonl").write_text(lines, encoding="utf-8")
        (folder / "key.txt").write_text(f"{key or public_key()}\n", encoding="utf-8")
        for size, note in self.notes.items():
            (folder / f"checkpoints/{size:012}.txt").write_text(note, encoding="utf-8")
        return folder


Verdict = Callable[..., tuple[int, str]]
Said = pytest.CaptureFixture[str]


@pytest.fixture
def log() -> Log:
    """Twelve events of three items, one of a box; signed after 0, 4, 8 and 12."""
    log = Log()
    log.sign()
    for number in range(12):
        log.record(("item:1", "item:2", "unit:EXBOX", "item:3")[number % 4], f"крок {number}")
        if number % 4 == 3:
            log.sign()
    return log


@pytest.fixture
def verdict(tmp_path: Path, capsys: Said) -> Verdict:
    """Write a log as a bundle, verify it; exit status and what was said."""

    def verify(log: Log, *options: str) -> tuple[int, str]:
        status = main([str(log.write(tmp_path / "bundle")), *options])
        said = capsys.readouterr()
        return status, said.out + said.err

    return verify


def test_an_honest_bundle_fits(log: Log, verdict: Verdict) -> None:
    status, said = verdict(log)
    assert status == 0
    assert said.startswith("12 events of 4 subjects fit 4 checkpoints.")
    assert str(public_key()) in said, "a key that came with the bundle is told, to be compared"


def test_with_a_key_from_elsewhere_nothing_is_left_to_compare(log: Log, verdict: Verdict) -> None:
    status, said = verdict(log, "--key", str(public_key()))
    assert (status, said) == (0, "12 events of 4 subjects fit 4 checkpoints.\n")


def test_an_empty_log_fits(verdict: Verdict) -> None:
    log = Log()
    log.sign()
    assert verdict(log)[0] == 0


def change_a_letter(log: Log) -> None:
    log.events[5]["body"] = str(log.events[5]["body"]).replace("крок", "крак")


def change_a_letter_and_its_hash(log: Log) -> None:
    change_a_letter(log)
    end = bytes.fromhex(str(log.events[1]["hash"]))
    log.events[5]["hash"] = event_hash(end, str(log.events[5]["body"])).hex()


def change_a_letter_and_every_later_hash(log: Log) -> None:
    change_a_letter(log)
    log.rehash()


def drop_one_in_the_middle(log: Log) -> None:
    del log.events[5]


def drop_one_in_the_middle_and_count_anew(log: Log) -> None:
    del log.events[5]
    for index, event in enumerate(log.events):
        event["log_index"] = index
    log.events[8]["seq"] = 2
    log.rehash()


def drop_the_tail(log: Log) -> None:
    del log.events[10:]


def drop_the_tail_and_its_checkpoint(log: Log) -> None:
    del log.events[10:], log.notes[12]


def swap_two_bodies(log: Log) -> None:
    one, other = log.events[5], log.events[9]
    one["body"], other["body"] = other["body"], one["body"]


def swap_two_entries(log: Log) -> None:
    log.events[5], log.events[6] = log.events[6], log.events[5]


def swap_two_entries_and_count_anew(log: Log) -> None:
    swap_two_entries(log)
    log.events[5]["log_index"], log.events[6]["log_index"] = 5, 6


def repeat_an_entry(log: Log) -> None:
    log.events.insert(6, dict(log.events[5]))


def slip_one_in(log: Log) -> None:
    log.record("item:9", "ніколи не було")
    log.events.insert(5, log.events.pop())
    for index, event in enumerate(log.events):
        event["log_index"] = index


def add_one_at_the_end(log: Log) -> None:
    log.record("item:9", "ніколи не було")


def move_a_story_to_another_item(log: Log) -> None:
    for event in log.events:
        if event["subject"] == "item:2":
            event["subject"] = "item:5"


def move_a_story_with_its_bodies(log: Log) -> None:
    for event in log.events:
        if event["subject"] == "item:2":
            event["subject"] = "item:5"
            event["body"] = str(event["body"]).replace("item:2", "item:5")
    log.rehash()


def write_a_body_with_blanks(log: Log) -> None:
    log.events[5]["body"] = str(log.events[5]["body"]).replace(",", ", ")
    log.rehash()


def leave_a_body_that_is_not_json(log: Log) -> None:
    log.events[5]["body"] = "{"
    log.rehash()


def lose_a_field(log: Log) -> None:
    del log.events[5]["seq"]


def lie_about_the_type(log: Log) -> None:
    log.events[5]["seq"] = True


def rewrite_all_and_sign_with_another_key(log: Log) -> None:
    change_a_letter_and_every_later_hash(log)
    for size in (8, 12):
        log.sign(STRANGER, size)


def change_the_size_of_a_checkpoint(log: Log) -> None:
    log.notes[8] = log.notes[8].replace("\n8\n", "\n7\n")


def lose_every_checkpoint(log: Log) -> None:
    log.notes.clear()


TAMPERING = [
    (change_a_letter, "log index 5, 'item:2' event 2: its body, or what came before it"),
    (change_a_letter_and_its_hash, "log index 4: the first .* below 8"),
    (change_a_letter_and_every_later_hash, "log index 4: the first .* below 8"),
    (drop_one_in_the_middle, "log index 5, 'unit:EXBOX' event 2: says log index 6"),
    (drop_one_in_the_middle_and_count_anew, "log index 4: the first .* below 8"),
    (drop_the_tail, "log index 10: missing.*000012.txt was signed over 12"),
    (drop_the_tail_and_its_checkpoint, "log index 8, 'item:1': under no checkpoint"),
    (swap_two_bodies, "log index 5, 'item:2' event 2: its body, or what came before it"),
    (swap_two_entries, "log index 5, 'unit:EXBOX' event 2: says log index 6"),
    (swap_two_entries_and_count_anew, "log index 4: the first .* below 8"),
    (repeat_an_entry, "log index 6, 'item:2' event 2: says log index 5"),
    (slip_one_in, "log index 4: the first .* below 8"),
    (add_one_at_the_end, "log index 12, 'item:9': under no checkpoint"),
    (move_a_story_to_another_item, "log index 1, 'item:5' event 1: its body is about 'item:2'"),
    (move_a_story_with_its_bodies, "log index 0: the first .* below 4"),
    (write_a_body_with_blanks, "log index 5, 'item:2' event 2: .*canonical"),
    (leave_a_body_that_is_not_json, "log index 5, 'item:2' event 2: its body cannot be read"),
    (lose_a_field, "line 6: not an event"),
    (lie_about_the_type, "line 6: not an event"),
    (rewrite_all_and_sign_with_another_key, "000008.txt: not signed by any of the keys"),
    (change_the_size_of_a_checkpoint, "000008.txt: the signature of .* does not fit"),
    (lose_every_checkpoint, "no checkpoint: nothing is proved"),
]


@pytest.mark.parametrize(
    ("tamper", "reason"), TAMPERING, ids=lambda case: getattr(case, "__name__", "")
)
def test_tampering_is_named(
    log: Log, verdict: Verdict, tamper: Callable[[Log], object], reason: str
) -> None:
    tamper(log)
    status, said = verdict(log)
    assert status == 1
    assert said.startswith("DOES NOT FIT.")
    assert re.search(reason, said), said


def rewritten(log: Log) -> Log:
    """The same log as its owner would rewrite it, holding the signing key too."""
    change_a_letter_and_every_later_hash(log)
    log.notes.clear()
    log.sign(size=8)
    log.sign(size=12)
    return log


def test_a_rewritten_past_is_caught_by_a_checkpoint_kept_elsewhere(
    log: Log, verdict: Verdict, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text(log.notes[8], encoding="utf-8")
    status, said = verdict(rewritten(log), "--checkpoint", str(kept))
    assert status == 1
    assert "log index 0: the first event that does not fit" in said


def test_a_rewritten_past_is_caught_by_the_root_on_a_paper(log: Log, verdict: Verdict) -> None:
    witness = log.checkpoint(6)
    printed = f"{witness.size}:{b64encode(witness.root).decode()}"
    status, said = verdict(rewritten(log), "--checkpoint", printed)
    assert status == 1
    assert "below 6" in said


def test_a_log_that_was_set_back_is_caught_by_a_checkpoint_kept_elsewhere(
    log: Log, verdict: Verdict, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text(log.notes[12], encoding="utf-8")
    del log.events[8:], log.notes[12]
    status, said = verdict(log, "--checkpoint", str(kept))
    assert status == 1
    assert "log index 8: missing" in said


def test_an_honest_log_fits_the_checkpoints_kept_elsewhere(
    log: Log, verdict: Verdict, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text(log.notes[8], encoding="utf-8")
    printed = f"6:{b64encode(log.checkpoint(6).root).decode()}"
    status, said = verdict(log, "--checkpoint", str(kept), "--checkpoint", printed)
    assert (status, said[:51]) == (0, "12 events of 4 subjects fit 6 checkpoints.\nThe keys")


def test_a_bundle_that_brings_a_forger_s_key_is_caught_by_the_true_one(
    log: Log, tmp_path: Path, capsys: Said
) -> None:
    change_a_letter_and_every_later_hash(log)
    log.notes.clear()
    log.sign(STRANGER)
    bundle = str(log.write(tmp_path / "bundle", key=str(public_key(STRANGER))))
    assert main([bundle]) == 0
    assert main([bundle, "--key", str(public_key())]) == 1
    assert "not signed by any of the keys" in capsys.readouterr().out


def test_a_key_that_was_replaced_still_opens_what_it_signed(log: Log, tmp_path: Path) -> None:
    log.sign(STRANGER)
    keys = tmp_path / "keys.txt"
    keys.write_text(f"{public_key(STRANGER)}\n{public_key()}\n", encoding="utf-8")
    assert main([str(log.write(tmp_path / "bundle")), "--key", str(keys)]) == 0


def zipped(folder: Path) -> Path:
    with zipfile.ZipFile(folder.with_suffix(".zip"), "w", zipfile.ZIP_DEFLATED) as bundle:
        for path in folder.rglob("*"):
            if path.is_file():
                bundle.write(path, path.relative_to(folder).as_posix())
    return folder.with_suffix(".zip")


def test_it_runs_alone_with_nothing_but_python(log: Log, tmp_path: Path) -> None:
    """Copied away, isolated, without site-packages: the way an auditor carries it."""
    bundle = zipped(log.write(tmp_path / "bundle"))
    program, curves = (
        shutil.copy(Path(sys.modules[f"tracker.ledger.standalone.{name}"].__file__ or ""), tmp_path)
        for name in ("verifier", "curves")
    )
    assert {Path(program).parent, Path(curves).parent} == {tmp_path}
    command = [sys.executable, "-I", "-S", str(program), str(bundle)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("12 events of 4 subjects fit 4 checkpoints.")


def test_a_damaged_zip_cannot_be_read(log: Log, tmp_path: Path) -> None:
    bundle = zipped(log.write(tmp_path / "bundle"))
    content = bytearray(bundle.read_bytes())
    content[60:90] = bytes(30)
    bundle.write_bytes(content)
    assert main([str(bundle)]) == 2


@pytest.mark.parametrize("missing", ["events.jsonl", "key.txt"])
def test_a_folder_that_is_no_bundle_is_refused(
    log: Log, tmp_path: Path, capsys: Said, missing: str
) -> None:
    folder = log.write(tmp_path / "bundle")
    (folder / missing).unlink()
    assert main([str(folder)]) == 2
    assert missing in capsys.readouterr().err


@pytest.mark.parametrize(
    "options",
    [
        ["--key", "no key"],
        ["--key", str(public_key()).replace("AQ", "BQ")],
        ["--checkpoint", "no/such/file"],
        ["--checkpoint", "12"],
        ["--checkpoint", "12:AAAA"],
        ["--checkpoint", "012:" + b64encode(bytes(32)).decode()],
    ],
)
def test_what_cannot_be_understood_is_used_wrongly(
    log: Log, verdict: Verdict, options: list[str]
) -> None:
    assert verdict(log, *options)[0] == 2


def test_what_is_not_there_cannot_be_read(tmp_path: Path, capsys: Said) -> None:
    assert main([str(tmp_path / "nothing.zip")]) == 2
    (tmp_path / "text.zip").write_text("not a zip file")
    assert main([str(tmp_path / "text.zip")]) == 2
