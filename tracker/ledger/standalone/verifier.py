"""Verify an exported ledger: two files, Python 3.9 or later, no package, no network, no server.

    python verifier.py BUNDLE [--checkpoint FILE|SIZE:ROOT] [--key KEY|FILE]

BUNDLE is what `tracker ledger export` wrote, a .zip or the folder it unpacks to. A checkpoint
that you have from elsewhere - a file, or the size and root printed on an act - is what makes the
check independent of whoever holds the database; so is a key that you were given by another way
than in the bundle. Both options may be repeated.

Exit status: 0 every event fits, 1 something does not (the first event that does not is named),
2 used wrongly, or the bundle cannot be read. docs/ledger.md describes the bundle and the hashes.

This program and `curves.py` beside it import nothing else of KitTrail and repeat its few lines of
hashing on purpose: an auditor can carry them alone and read the whole of them, and a mistake in the
server's code is not shared by the check.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import json
import sys
import time
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

try:
    from tracker.ledger.standalone import curves
except ImportError:  # carried away: it lies beside this file
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    curves = importlib.import_module("curves")

DoesNotFit = curves.DoesNotFit
sha256, decoded, is_signed = curves.sha256, curves.decoded, curves.is_signed
device_key, device_signed = curves.device_key, curves.device_signed
Jacobian = tuple[int, int, int]

LONGEST_LINE = 2_000_000
LONGEST_NOTE = 100_000
FIELDS = {"log_index": int, "subject": str, "seq": int, "hash": str, "body": str}
GENESIS = bytes(32)


class Line(TypedDict):
    """A line of events.jsonl, with just these fields."""

    log_index: int
    subject: str
    seq: int
    hash: str
    body: str


class CannotRead(Exception):
    """The bundle, or an argument, is not what it should be."""


# Hashes


def event_hash(previous: bytes, body: str) -> bytes:
    """The hash of an event: over the one before it on the same subject, and its own body."""
    return sha256(b"\x01kittrail-v1" + previous + sha256(body.encode()))


def leaf_hash(subject: str, seq: int, hash_: bytes) -> bytes:
    """The leaf of an event in the Merkle tree (RFC 6962): where it stands, and its hash."""
    return sha256(b"\x00" + f"{hash_.hex()} {seq} {subject}".encode())


class Tree:
    """A Merkle tree that grows by leaves: the roots of its perfect subtrees, largest first."""

    def __init__(self) -> None:
        self.size = 0
        self.peaks: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Add a leaf; equal subtrees at the right edge become one."""
        size = self.size
        while size & 1:
            leaf = sha256(b"\x01" + self.peaks.pop() + leaf)
            size >>= 1
        self.peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The root over all leaves."""
        if not self.peaks:
            return sha256(b"")
        root = self.peaks[-1]
        for peak in self.peaks[-2::-1]:
            root = sha256(b"\x01" + peak + root)
        return root


# Keys and checkpoints: C2SP signed-note and tlog-checkpoint


class Key:
    """A log's public key, from `name+id+base64`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.name, _, rest = text.partition("+")
        self.id, _, encoded = rest.partition("+")
        material = decoded(encoded)
        expected = sha256(self.name.encode() + b"\n" + material)[:4].hex()
        if len(material) != 33 or material[0] != 1 or self.id != expected:
            raise CannotRead(f"not an Ed25519 verifier key: {text[:120]!r}")
        self.public = material[1:]


class Checkpoint(NamedTuple):
    """The claim that a log's first `size` entries have this `root`; `source` says whose claim."""

    size: int
    root: bytes
    source: str


def read_number(text: str) -> int:
    """A size as checkpoints write it; -1 where it is none."""
    plain = text.isascii() and text.isdigit() and len(text) < 20
    return int(text) if plain and (text == "0" or text[0] != "0") else -1


def open_note(note: str, keys: list[Key], source: str) -> Checkpoint:
    """The checkpoint in a signed note. One of `keys` must have signed it, under its own name."""
    text, _, lines = note.rpartition("\n\n")
    text += "\n"
    signers = set()
    for line in lines.split("\n"):
        mark, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        signature = decoded(encoded)
        for key in keys:
            if mark == "\u2014" and name == key.name and signature[:4].hex() == key.id:
                if not is_signed(key.public, signature[4:], text.encode()):
                    raise DoesNotFit(f"{source}: the signature of {name}+{key.id} does not fit")
                signers.add(name)
    if not signers:
        raise DoesNotFit(f"{source}: not signed by any of the keys")
    origin, *rest_of_text = text.split("\n")
    if len(rest_of_text) != 3 or rest_of_text[2]:
        raise DoesNotFit(f"{source}: not a checkpoint")
    size, root = read_number(rest_of_text[0]), decoded(rest_of_text[1])
    if origin not in signers or size < 0 or len(root) != 32:
        raise DoesNotFit(f"{source}: not a checkpoint of the log that signed it")
    return Checkpoint(size, root, source)


# The bundle


class Bundle:
    """The files of a bundle, in a folder or a zip file."""

    def __init__(self, path: Path) -> None:
        self.root: Any = path if path.is_dir() else zipfile.Path(path)
        for name in ("events.jsonl", "key.txt"):
            if not (self.root / name).is_file():
                raise CannotRead(f"{path} is not a bundle: it holds no {name}")

    def keys(self) -> list[Key]:
        """The keys that came with the bundle."""
        return [Key(line) for line in short_text(self.root / "key.txt").split()]

    def checkpoints(self, keys: list[Key]) -> list[Checkpoint]:
        """The checkpoints that came with the bundle, their signatures checked."""
        folder = self.root / "checkpoints"
        notes = sorted(folder.iterdir(), key=lambda note: note.name) if folder.is_dir() else []
        return [open_note(short_text(note), keys, f"checkpoints/{note.name}") for note in notes]

    def events(self) -> Iterator[Line]:
        """The lines of events.jsonl, each an object with just the fields that it must have."""
        with (self.root / "events.jsonl").open("rb") as stream:
            for number in itertools.count(1):
                line = stream.readline(LONGEST_LINE)
                if not line:
                    return
                try:
                    event = json.loads(line)
                except (ValueError, RecursionError):
                    event = None
                if not is_event(event):
                    raise DoesNotFit(f"events.jsonl, line {number}: not an event")
                yield event


def short_text(path: Any) -> str:
    """A small file, as text."""
    with path.open("rb") as stream:
        content = stream.read(LONGEST_NOTE)
    try:
        return str(content, "utf-8")
    except UnicodeDecodeError:
        raise DoesNotFit(f"{path.name}: not a text") from None


def is_event(event: object) -> bool:
    """Whether a line has the fields of an event, of the right types."""
    return isinstance(event, dict) and {k: type(v) for k, v in event.items()} == FIELDS


# The check


def check_event(event: Line, index: int, last: tuple[int, bytes]) -> bytes:
    """The hash of `event`, which must be the entry `index` and follow `last` on its subject."""
    where = f"log index {index}, {event['subject']!r} event {event['seq']}"
    if event["log_index"] != index:
        raise DoesNotFit(
            f"{where}: says log index {event['log_index']}; entries are missing or moved"
        )
    if event["seq"] != last[0] + 1:
        raise DoesNotFit(
            f"{where}: follows event {last[0]} of its subject; events are missing or moved"
        )
    try:
        body = json.loads(event["body"])
        written = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        computed = event_hash(last[1], event["body"])
    except (ValueError, RecursionError):
        raise DoesNotFit(f"{where}: its body cannot be read") from None
    if computed.hex() != event["hash"]:
        raise DoesNotFit(f"{where}: its body, or what came before it, is not what was hashed")
    if not isinstance(body, dict) or written != event["body"]:
        raise DoesNotFit(f"{where}: its body is not written in the canonical way")
    if body.get("subject") != event["subject"]:
        raise DoesNotFit(f"{where}: its body is about {body.get('subject')!r}")
    return computed


PLAIN = (
    "act condition declares device_seq evidence findings id note occurred_at reason report sighted "
    "step"
)
STATED = ("stating", "removing")  # what the server says of a row, in the name of who changed it
RESOLVED = ("bound_for", "consignment", "handling_unit", "location", "receiver")


def check_device(body: Mapping[str, object], keys: dict[str, Jacobian], where: str) -> None:
    """Learn a phone's key from its enrolment; hold every scan of it against its signature."""
    if body.get("step") == "enrolling" and "public_key" in body:
        if body["subject"] in keys:
            raise DoesNotFit(f"{where}: {body['subject']} is enrolled a second time")
        keys[str(body["subject"])] = device_key(str(body["public_key"]))
    key = keys.get(str(body.get("by")))
    if key is None or "via" in body or body.get("step") in STATED:
        return
    text = str(body.get("statement"))
    if not device_signed(key, str(body.get("signature")), text.encode()):
        raise DoesNotFit(f"{where}: {body['by']} signs its scans, and has not signed this")
    said = json.loads(text.partition("\n")[2])
    other = [name for name in PLAIN.split() if body.get(name) != said.get(name)]
    other += [name for name in RESOLVED if name in body and name not in said]
    numbers = said.get("numbers")
    other += ["numbers"] if numbers is not None and body.get("numbers") != numbers else []
    if not (said.get("maker") or "code" in (numbers or {})):
        other += ["code"] if body.get("code") != said.get("code") else []
        read = said.get("second") or numbers
        other += ["second"] if body.get("second") and not read else []
    if other:
        raise DoesNotFit(f"{where}: {body['by']} signed another {other[0]!r}")


SAME = ("subject", "by", "step")


def check_share(body: Mapping[str, object], causes: dict[str, tuple[str, ...]], where: str) -> None:
    """Learn each scan of a box; hold what it says of one unit in it against it: it came before, is
    of that box, and by the same hands. In the box the unit must have been by its own story, which
    takes the whole fold: that is left to `tracker ledger verify`."""
    if str(body["subject"]).startswith("unit:"):
        causes[str(body.get("id"))] = tuple(str(body.get(name)) for name in SAME)
    via = body.get("via")
    if via is None:
        return
    if not isinstance(via, dict):
        raise DoesNotFit(f"{where}: its cause cannot be read")
    box = f"unit:{via.get('above') or via.get('unit')}"
    if causes.get(str(via.get("event"))) != (box, str(body.get("by")), str(body.get("step"))):
        raise DoesNotFit(f"{where}: its cause is no scan of {box} by {body.get('by')}")


def check_bundle(bundle: Bundle, checkpoints: list[Checkpoint]) -> str:
    """Walk the whole log once; raises DoesNotFit at the first thing that does not."""
    if not checkpoints:
        raise DoesNotFit("there is no checkpoint: nothing is proved")
    waiting = sorted(checkpoints, key=lambda checkpoint: checkpoint.size, reverse=True)
    newest, proved = waiting[0].size, 0
    tree, shown = Tree(), time.monotonic()
    ends: dict[str, tuple[int, bytes]] = {}
    keys: dict[str, Jacobian] = {}
    causes: dict[str, tuple[str, ...]] = {}
    proved = check_roots(tree, waiting, proved)
    for event in bundle.events():
        subject = event["subject"]
        if tree.size == newest:
            raise DoesNotFit(f"log index {newest}, {subject!r}: under no checkpoint")
        hash_ = check_event(event, tree.size, ends.get(subject, (0, GENESIS)))
        ends[subject] = (event["seq"], hash_)
        where = f"log index {tree.size}, {subject!r} event {event['seq']}"
        body = json.loads(event["body"])
        check_device(body, keys, where)
        check_share(body, causes, where)
        tree.append(leaf_hash(subject, event["seq"], hash_))
        proved = check_roots(tree, waiting, proved)
        if sys.stderr.isatty() and time.monotonic() - shown > 1:
            shown = time.monotonic()
            sys.stderr.write(f"\r{tree.size:,} of {newest:,} events ")
    if waiting:
        raise DoesNotFit(
            f"log index {tree.size}: missing. The log ends here, "
            f"but {waiting[-1].source} was signed over {waiting[-1].size:,} events"
        )
    return f"{tree.size:,} events of {len(ends):,} subjects fit {len(checkpoints):,} checkpoints."


def check_roots(tree: Tree, waiting: list[Checkpoint], proved: int) -> int:
    """Compare the tree with every checkpoint of its size; returns the size proved so far."""
    while waiting and waiting[-1].size == tree.size:
        checkpoint = waiting.pop()
        if checkpoint.root != tree.root():
            raise DoesNotFit(
                f"log index {proved}: the first event that does not fit is this one or a later one "
                f"below {tree.size}. Up to {proved} the log fits what was signed; with {tree.size} "
                f"events it has another root than in {checkpoint.source}"
            )
        proved = tree.size
    return proved


# The command


def read_key(argument: str) -> list[Key]:
    """The keys of `--key`: the key itself, or a file of keys."""
    path = Path(argument)
    return [Key(line) for line in (short_text(path).split() if path.is_file() else [argument])]


def read_checkpoint(argument: str, keys: list[Key]) -> Checkpoint:
    """The checkpoint of `--checkpoint`: a signed note in a file, or size and root from paper."""
    path = Path(argument)
    if path.is_file():
        return open_note(short_text(path), keys, argument)
    size, _, root = argument.partition(":")
    if read_number(size) < 0 or len(decoded(root)) != 32:
        raise CannotRead(f"{argument!r} is neither a file nor SIZE:ROOT (in base64)")
    return Checkpoint(int(size), decoded(root), argument)


def arguments() -> argparse.ArgumentParser:
    """What the command understands."""
    parser = argparse.ArgumentParser(description="Verify an exported KitTrail ledger.")
    parser.add_argument("bundle", type=Path, help="a .zip or the folder it unpacks to")
    parser.add_argument("--checkpoint", action="append", default=[], metavar="FILE|SIZE:ROOT")
    parser.add_argument("--key", action="append", default=[], metavar="KEY|FILE")
    return parser


def main(words: list[str] | None = None) -> int:
    """Verify and say what came out; returns the exit status."""
    chosen = arguments().parse_args(words)
    try:
        bundle = Bundle(chosen.bundle)
        keys = [key for argument in chosen.key for key in read_key(argument)] or bundle.keys()
        checkpoints = bundle.checkpoints(keys)
        checkpoints += [read_checkpoint(argument, keys) for argument in chosen.checkpoint]
        said = check_bundle(bundle, checkpoints)
    except DoesNotFit as problem:
        sys.stdout.write(f"DOES NOT FIT. {problem}\n")
        return 1
    except (CannotRead, OSError, RuntimeError, zipfile.BadZipFile, zlib.error) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    sys.stdout.write(said + "\n")
    if not chosen.key:
        sys.stdout.write("The keys came with the bundle; compare them with those you were given:\n")
        sys.stdout.writelines(f"  {key.text}\n" for key in keys)
    return 0


if __name__ == "__main__":
    sys.exit(main())
