"""Checkpoints: a size and a Merkle root, signed so that anybody can keep and check them.

The text is a C2SP tlog-checkpoint, the signature a C2SP signed note with Ed25519 (key type 1),
so the tools of other transparency logs read ours. Nothing here holds a key: who signs passes
`sign`, who checks passes `verify`.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256

Sign = Callable[[bytes], bytes]
"""Message in, Ed25519 signature (64 bytes) out."""

Verify = Callable[[bytes, bytes, bytes], bool]
"""Public key, signature, message in; whether it fits out."""

ED25519 = b"\x01"
MOST_SIGNATURES = 100
LONGEST = 100_000

_MARK = "\u2014 "
_NAME = re.compile(r"[^\s+\x00-\x1f]+")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class NotANote(ValueError):
    """A text that is no signed note, checkpoint or key, or is written in another way."""


class NotSigned(ValueError):
    """A note without a fitting signature of the key that was asked for."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half of a log's key: whose it is, and its 32 bytes."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise NotANote(f"a key's name has no blanks and no plus: {self.name[:80]!r}")
        if len(self.public) != 32:
            raise NotANote(f"an Ed25519 key is 32 bytes, not {len(self.public)}")

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys of one name apart: SHA-256(name | LF | 1 | key)[:4]."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        """`name+id+base64`, the form in which keys are published; `parse` reads it."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(ED25519 + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read what `str()` writes. Raises NotANote for anything else, a wrong id included."""
        name, _, rest = text.partition("+")
        key_id, _, encoded = rest.partition("+")
        material = _decode(encoded)
        if material[:1] != ED25519:
            raise NotANote("not an Ed25519 key")
        key = cls(name, material[1:])
        if key.key_id.hex() != key_id:
            raise NotANote("the key does not fit its own id")
        return key


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who says to have signed, by which key, and the signature's bytes."""

    name: str
    key_id: bytes
    value: bytes

    def __str__(self) -> str:
        return f"{_MARK}{self.name} {b64encode(self.key_id + self.value).decode()}"


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A text (its last line feed included) and its signatures, not yet checked."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        """The note as it is stored, printed and sent."""
        return self.text + "\n" + "".join(f"{signature}\n" for signature in self.signatures)

    @classmethod
    def parse(cls, encoded: str) -> SignedNote:
        """Read a note; what is written in another way is refused with NotANote."""
        if len(encoded) > LONGEST or _CONTROL.search(encoded):
            raise NotANote("too long, or with control characters")
        text, gap, lines = encoded.rpartition("\n\n")
        if not gap or not text or not lines.endswith("\n"):
            raise NotANote("a text, an empty line and signature lines are needed")
        written = lines[:-1].split("\n")
        if len(written) > MOST_SIGNATURES:
            raise NotANote(f"more than {MOST_SIGNATURES} signatures")
        note = cls(text + "\n", tuple(_signature(line) for line in written))
        if str(note) != encoded:
            raise NotANote("signature lines are written in another way")
        return note

    def opened_by(self, key: VerifierKey, verify: Verify) -> str:
        """The text, if `key` signed it. Signatures of other keys are passed over.

        Raises NotSigned when there is none of this key, or one that does not fit.
        """
        own = [s for s in self.signatures if (s.name, s.key_id) == (key.name, key.key_id)]
        if not own:
            raise NotSigned(f"not signed by {key.name}+{key.key_id.hex()}")
        message = self.text.encode()
        if not all(verify(key.public, signature.value, message) for signature in own):
            raise NotSigned(f"the signature of {key.name}+{key.key_id.hex()} does not fit")
        return self.text


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: the first `size` entries have this Merkle root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not self.origin or "\n" in self.origin or _CONTROL.search(self.origin):
            raise NotANote("an origin is one line of text")
        if not _SIZE.fullmatch(str(self.size)) or len(self.root) != 32:
            raise NotANote("a size is a whole number from 0, a root is 32 bytes")

    def __str__(self) -> str:
        """The text that is signed; `parse` reads it."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read what `str()` writes. Lines after the third are refused: we never write any."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not _SIZE.fullmatch(lines[1]):
            raise NotANote("a checkpoint is three lines: origin, size, root")
        return cls(lines[0], int(lines[1]), _decode(lines[2]))


def sign_checkpoint(checkpoint: Checkpoint, key: VerifierKey, sign: Sign) -> SignedNote:
    """The note of `checkpoint`, signed with the private half of `key`."""
    text = str(checkpoint)
    return SignedNote(text, (Signature(key.name, key.key_id, sign(text.encode())),))


def open_checkpoint(encoded: str, keys: Iterable[VerifierKey], verify: Verify) -> Checkpoint:
    """The checkpoint of a note, if one of `keys` signed it and none of them signed it wrongly.

    Raises NotANote for what cannot be read, NotSigned for a note without a fitting signature,
    or where the log's own name is another than the signer's.
    """
    note = SignedNote.parse(encoded)
    known = {(key.name, key.key_id): key for key in keys}
    signers = {
        known[signature.name, signature.key_id]
        for signature in note.signatures
        if (signature.name, signature.key_id) in known
    }
    if not signers:
        raise NotSigned("not signed by any known key")
    for key in signers:
        note.opened_by(key, verify)
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin not in {key.name for key in signers}:
        raise NotSigned(f"a checkpoint of {checkpoint.origin[:80]!r}, signed by another log")
    return checkpoint


def _signature(line: str) -> Signature:
    name, gap, encoded = line.removeprefix(_MARK).partition(" ")
    if not line.startswith(_MARK) or not gap or not _NAME.fullmatch(name):
        raise NotANote("not a signature line")
    value = _decode(encoded)
    if len(value) < 5:
        raise NotANote("a signature line holds a key's id and a signature")
    return Signature(name, value[:4], value[4:])


def _decode(encoded: str) -> bytes:
    """Strict base64: one text for one value."""
    try:
        value = b64decode(encoded.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as problem:
        raise NotANote("not base64") from problem
    if b64encode(value).decode() != encoded:
        raise NotANote("not base64 as everybody writes it")
    return value
