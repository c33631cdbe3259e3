"""Checkpoints: committed events get a place in the log, and the log is signed.

Both are the worker's, never a request's. `sequence` gives places, in the order of what is
committed; `sign_checkpoint` recomputes every new leaf from the stored bytes, extends the tree and
signs. The log's key and the newest checkpoint are kept in files outside the database: who holds
the database alone can neither sign another past nor set the log back without being noticed.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypedDict

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from flask import current_app
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from tracker.db import is_sqlite, transaction
from tracker.domain.chain import GENESIS, event_hash, log_line
from tracker.domain.merkle import HASH_LENGTH, MerkleTree, leaf_hash
from tracker.domain.note import (
    Checkpoint,
    NotANote,
    NotSigned,
    VerifierKey,
    open_checkpoint,
)
from tracker.domain.note import (
    sign_checkpoint as signed_note,
)
from tracker.errors import LedgerBroken, Refusal
from tracker.models import Checkpoint as Kept
from tracker.models import LogEntry
from tracker.queries import log

AT_ONCE = 10_000
"""How many events get their place in one transaction."""

NO_KEY = "There is no key to sign checkpoints with; `tracker init` makes one."

_TURN = 0x6B697474
"""The number of PostgreSQL's advisory lock that only one sequencer holds."""


@dataclass(frozen=True, slots=True)
class Notary:
    """The log's public keys, the secret one, and the folder of what is kept outside the database.

    Without the secret key it can check but not sign. `keys.txt` holds every public key that ever
    signed, `latest.txt` the newest checkpoint, and `tree.txt` the tree under it, so that signing
    need not read the whole log again.
    """

    folder: Path
    keys: tuple[VerifierKey, ...]
    secret: Ed25519PrivateKey | None

    @property
    def key(self) -> VerifierKey:
        """The public half of the key that signs; without that, the newest known."""
        if self.secret is None:
            return self.keys[-1]
        public = self.secret.public_key().public_bytes_raw()
        return next(key for key in self.keys if key.public == public)

    def sign(self, checkpoint: Checkpoint) -> str:
        """The note of a checkpoint. Raises a refusal without the secret key."""
        if self.secret is None:
            raise Refusal(NO_KEY)
        return str(signed_note(checkpoint, self.key, self.secret.sign))

    def open(self, note: str) -> Checkpoint:
        """The checkpoint of a note that this log signed. Raises NotANote, NotSigned."""
        return open_checkpoint(note, self.keys, is_signed)

    def latest(self) -> Checkpoint | None:
        """The newest checkpoint that is kept outside; None if there is none yet."""
        file = self.folder / "latest.txt"
        if not file.exists():
            return None
        try:
            return self.open(file.read_text(encoding="utf-8"))
        except (NotANote, NotSigned, UnicodeDecodeError) as problem:
            raise LedgerBroken(f"the checkpoint kept in {file} is not ours: {problem}") from None

    def tree(self, latest: Checkpoint | None) -> MerkleTree:
        """The tree under `latest` as it was kept; an empty one if it does not fit or is not there.

        An empty one is always right: it takes longer, because everything is read again.
        """
        try:
            tree = MerkleTree.from_text((self.folder / "tree.txt").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return MerkleTree()
        fits = latest is not None and (tree.size, tree.root()) == (latest.size, latest.root)
        return tree if fits else MerkleTree()

    def keep(self, note: str, tree: MerkleTree) -> None:
        """Keep a checkpoint and its tree outside; on the disk before this returns."""
        _replace(self.folder / "latest.txt", note)
        _replace(self.folder / "tree.txt", tree.to_text())

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One signer at a time: two could each sign something that the other does not know."""
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def notary() -> Notary:
    """This installation's notary. The first time, the log gets its name: `HOST/ledger`.

    Raises a refusal where there is no secret key and never was one.
    """
    seed = current_app.config["KEYS"].get("checkpoint")
    folder: Path = current_app.config["HOME"] / "checkpoints"
    file = folder / "keys.txt"
    keys = [VerifierKey.parse(line) for line in _lines(file)]
    if not seed:
        if not keys:
            raise Refusal(NO_KEY)
        return Notary(folder, tuple(keys), None)
    secret = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
    public = secret.public_key().public_bytes_raw()
    if all(key.public != public for key in keys):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = keys[-1].name if keys else f"{current_app.config['HOST']}/ledger"
        keys.append(VerifierKey(name, public))
        _replace(file, "".join(f"{key}\n" for key in keys))
    return Notary(folder, tuple(keys), secret)


class _Place(TypedDict):
    """A row of the log: which event stands at a place, and its leaf."""

    log_index: int
    position: int
    leaf: bytes


def sequence(*, at_once: int = AT_ONCE, thorough: bool = True) -> int:
    """Give committed events their place in the log, one transaction; returns how many.

    Call it until it returns 0. An event waits while the one before it has no place. Not
    `thorough`, it may pass over an event whose transaction took very long to commit: a worker
    may be quick each minute, but must be thorough now and then. Raises LedgerBroken at the first
    event that does not fit its own hash: it must not be witnessed.
    """
    with transaction() as session:
        _wait_for_turn(session)
        start, rows = log.unlogged(session, at_once, thorough=thorough)
        places: list[_Place] = []
        placed: set[int] = set()
        for row in rows:
            follows_unplaced = row.before is not None and row.before_index is None
            if follows_unplaced and row.before_position not in placed:
                continue
            placed.add(row.position)
            index = start + len(places)
            places.append({"log_index": index, "position": row.position, "leaf": leaf_of(row)})
        if places:
            session.execute(insert(LogEntry), places)
    return len(places)


def sign_checkpoint(notary: Notary, *, now: datetime) -> Checkpoint | None:
    """Sign the log as it stands; None where nothing is new since the last checkpoint.

    Everything new is recomputed from the stored bytes first. Raises LedgerBroken, and signs
    nothing, if an event does not fit, or if the log is smaller than, or other than, what the
    newest checkpoints in the database and outside of it say. Where the database knows less than
    the outside - it may have been set back - the whole log is read again.
    """
    with notary.alone():
        outside, inside = notary.latest(), _newest_inside(notary)
        known = [checkpoint for checkpoint in (outside, inside) if checkpoint is not None]
        behind = outside and (inside is None or inside.size < outside.size)
        tree = _grown(MerkleTree() if behind else notary.tree(outside), known)
        if tree.size == max((checkpoint.size for checkpoint in known), default=0):
            if outside is not None and outside != inside:
                _keep_inside(notary, outside, now)
            return None
        checkpoint = Checkpoint(notary.key.name, tree.size, tree.root())
        notary.keep(notary.sign(checkpoint), tree)
        _keep_inside(notary, checkpoint, now)
    return checkpoint


def is_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the Ed25519 `signature` of `message` is of the key `public`."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def is_hash(value: object) -> bool:
    """Whether a column that should hold a hash does."""
    return isinstance(value, bytes) and len(value) == HASH_LENGTH


def leaf_of(row: Any) -> bytes:
    """The leaf of an event, computed from its stored body and the hash `before` it.

    Raises LedgerBroken, naming the event, where that is not the hash it was stored with.
    """
    previous = GENESIS if row.seq == 1 else row.before
    if not is_hash(previous) or event_hash(previous, row.body) != row.hash:
        gone = previous is None
        reason = "the one before it is gone" if gone else "its body is not what was hashed"
        name = f"event {row.id} ({row.subject}, number {row.seq})"
        raise LedgerBroken(f"{name} does not fit: {reason}", event=row.id)
    return leaf_hash(log_line(row.subject, row.seq, row.hash))


def _grown(tree: MerkleTree, known: list[Checkpoint]) -> MerkleTree:
    """The tree, grown by everything in the log after it; must pass through what is `known`."""
    roots = [(checkpoint.size, checkpoint.root) for checkpoint in known]
    _compare(tree, roots)
    stop = log.log_size()
    for size, _ in roots:
        if size > stop:
            raise LedgerBroken(f"the log has {stop} events; one of {size} was signed before")
    for row in log.entries(tree.size, stop):
        if row.log_index != tree.size or row.id is None:
            raise LedgerBroken(f"log index {tree.size} is gone")
        leaf = leaf_of(row)
        if leaf != row.leaf:
            name = f"event {row.id} ({row.subject}, number {row.seq})"
            raise LedgerBroken(f"{name} is not the one at log index {row.log_index}", event=row.id)
        tree.append(leaf)
        _compare(tree, roots)
    return tree


def _compare(tree: MerkleTree, roots: list[tuple[int, bytes]]) -> None:
    for size, root in roots:
        if size == tree.size and root != tree.root():
            raise LedgerBroken(f"the log's first {size} events are not those that were signed")


def _newest_inside(notary: Notary) -> Checkpoint | None:
    """The newest checkpoint in the database. Raises LedgerBroken if we did not sign it."""
    row = log.newest_checkpoint()
    if row is None:
        return None
    try:
        checkpoint = notary.open(row.note)
    except (NotANote, NotSigned) as problem:
        raise LedgerBroken(f"the checkpoint of {row.size} events is not ours: {problem}") from None
    if (checkpoint.size, checkpoint.root) != (row.size, row.root):
        raise LedgerBroken(f"the checkpoint of {row.size} events says something else than its note")
    return checkpoint


def _keep_inside(notary: Notary, checkpoint: Checkpoint, now: datetime) -> None:
    """Keep a checkpoint in the database, unless another worker just did."""
    with transaction() as session:
        if session.get(Kept, checkpoint.size) is None:
            note = notary.sign(checkpoint)
            session.add(Kept(size=checkpoint.size, root=checkpoint.root, note=note, signed_at=now))


def _wait_for_turn(session: Session) -> None:
    """PostgreSQL: places are given by one at a time. SQLite's writer is alone anyway."""
    if not is_sqlite(session):
        session.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").split() if file.exists() else []


def _replace(file: Path, content: str) -> None:
    """Put new content in the place of the old, all of it or nothing, and on the disk."""
    beside = file.with_suffix(".new")
    with beside.open("w", encoding="utf-8") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
