"""Verify an exported ledger: one file, Python 3.9 or later, no package, no network, no server.

    python verifier.py BUNDLE [--checkpoint FILE|SIZE:ROOT] [--key KEY|FILE]

BUNDLE is what `tracker ledger export` wrote, a .zip or the folder it unpacks to. A checkpoint
that you have from elsewhere - a file, or the size and root printed on an act - is what makes the
check independent of whoever holds the database; so is a key that you were given by another way
than in the bundle. Both options may be repeated.

Exit status: 0 every event fits, 1 something does not (the first event that does not is named),
2 used wrongly, or the bundle cannot be read. docs/ledger.md describes the bundle and the hashes.

This program imports nothing of KitTrail and repeats its few lines of hashing on purpose: an
auditor can carry it alone and read the whole of it, and a mistake in the server's code is not
shared by the check. The Ed25519 part is written for clearness; it only ever sees public things.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import itertools
import json
import sys
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

LONGEST_LINE = 2_000_000
LONGEST_NOTE = 100_000
FIELDS = {"log_index": int, "subject": str, "seq": int, "hash": str, "body": str}
GENESIS = bytes(32)


class DoesNotFit(Exception):
    """The bundle is readable, and is not what was signed."""


class CannotRead(Exception):
    """The bundle, or an argument, is not what it should be."""


# Hashes


def sha256(content: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(content).digest()


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


# Ed25519, RFC 8032. A point is (X, Y, Z, T): x = X/Z, y = Y/Z, xy = T/Z

Point = tuple[int, int, int, int]
PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE = -121665 * pow(121666, -1, PRIME) % PRIME
BASE = (4 * pow(5, -1, PRIME) % PRIME).to_bytes(32, "little")
NEUTRAL: Point = (0, 1, 1, 0)


def add(one: Point, other: Point) -> Point:
    """The sum of two points (which may be the same)."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % PRIME
    b = (one[1] + one[0]) * (other[1] + other[0]) % PRIME
    c = 2 * one[3] * other[3] * CURVE % PRIME
    d = 2 * one[2] * other[2] % PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME


def decode_point(encoded: bytes) -> Point | None:
    """The point of 32 bytes: y, and in the highest bit the parity of x. None if there is none."""
    number = int.from_bytes(encoded, "little")
    y, odd = number & (1 << 255) - 1, number >> 255
    if len(encoded) != 32 or y >= PRIME:
        return None
    square = (y * y - 1) * pow(CURVE * y * y + 1, -1, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if x * x % PRIME != square:
        x = x * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    if x * x % PRIME != square or (x == 0 and odd):
        return None
    if x & 1 != odd:
        x = PRIME - x
    return x, y, 1, x * y % PRIME


def encode_point(point: Point) -> bytes:
    """The 32 bytes of a point."""
    inverse = pow(point[2], -1, PRIME)
    x, y = point[0] * inverse % PRIME, point[1] * inverse % PRIME
    return (y | (x & 1) << 255).to_bytes(32, "little")


def is_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the Ed25519 `signature` of `message` is of the key `public`."""
    key, base = decode_point(public), decode_point(BASE)
    if key is None or base is None or len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    if s >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    k = int.from_bytes(digest, "little") % ORDER
    minus_key = (PRIME - key[0], key[1], key[2], PRIME - key[3])
    both, total = add(base, minus_key), NEUTRAL
    for bit in range(252, -1, -1):  # s times base and k times minus_key, in one walk
        total = add(total, total)
        wanted = (s >> bit & 1, k >> bit & 1)
        if wanted != (0, 0):
            total = add(total, {(1, 0): base, (0, 1): minus_key, (1, 1): both}[wanted])
    return encode_point(total) == signature[:32]


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


def decoded(text: str) -> bytes:
    """Strict base64; empty where it is none."""
    try:
        content = base64.b64decode(text.encode(), validate=True)
    except ValueError:
        return b""
    return content if base64.b64encode(content).decode() == text else b""


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

    def events(self) -> Iterator[dict[str, Any]]:
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


def check_event(event: dict[str, Any], index: int, last: tuple[int, bytes]) -> bytes:
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


def check_bundle(bundle: Bundle, checkpoints: list[Checkpoint]) -> str:
    """Walk the whole log once; raises DoesNotFit at the first thing that does not."""
    if not checkpoints:
        raise DoesNotFit("there is no checkpoint: nothing is proved")
    waiting = sorted(checkpoints, key=lambda checkpoint: checkpoint.size, reverse=True)
    newest, proved = waiting[0].size, 0
    tree, shown = Tree(), time.monotonic()
    ends: dict[str, tuple[int, bytes]] = {}
    proved = check_roots(tree, waiting, proved)
    for event in bundle.events():
        subject = event["subject"]
        if tree.size == newest:
            raise DoesNotFit(f"log index {newest}, {subject!r}: under no checkpoint")
        hash_ = check_event(event, tree.size, ends.get(subject, (0, GENESIS)))
        ends[subject] = (event["seq"], hash_)
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
