"""The Merkle tree of RFC 6962 (section 2.1).

One root of 32 bytes stands for every entry of the log and their order. `MerkleTree` grows by
leaves and keeps only the roots of its perfect subtrees, at most 64 of them. Whoever holds a root
checks it by growing the tree again from the entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

HASH_LENGTH = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 | entry): the hash of one entry of the log."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 | left | right): the hash of what joins two subtrees."""
    return sha256(b"\x01" + left + right).digest()


class MerkleTree:
    """A tree that grows at its right edge, in memory of its size's logarithm.

    `peaks` are the roots of its perfect subtrees, the largest first: one for each 1 in the
    binary form of `size`.
    """

    __slots__ = ("_peaks", "_size")

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if size < 0 or len(peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves cannot have {len(peaks)} peaks")
        if any(len(peak) != HASH_LENGTH for peak in peaks):
            raise ValueError("a peak is 32 bytes")
        self._size = size
        self._peaks = list(peaks)

    @property
    def size(self) -> int:
        """How many leaves it has."""
        return self._size

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """The roots of its perfect subtrees, the largest first."""
        return tuple(self._peaks)

    def append(self, leaf: bytes) -> None:
        """Add one leaf (the hash of its entry, 32 bytes)."""
        if len(leaf) != HASH_LENGTH:
            raise ValueError("a leaf is 32 bytes")
        joined, size = leaf, self._size
        while size & 1:  # two subtrees of one height become one of the next, as in a carry
            joined = sha256(b"\x01" + self._peaks.pop() + joined).digest()
            size >>= 1
        self._peaks.append(joined)
        self._size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaves, in order."""
        for leaf in leaves:
            self.append(leaf)

    def root(self) -> bytes:
        """The root over all leaves so far."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def to_text(self) -> str:
        """The tree as one line: its size and its peaks in hexadecimal, for `from_text`."""
        return " ".join([str(self._size), *(peak.hex() for peak in self._peaks)])

    @classmethod
    def from_text(cls, text: str) -> MerkleTree:
        """The tree that `to_text` wrote. Raises ValueError for anything else."""
        size, *peaks = text.split(" ")
        if not (size.isascii() and size.isdecimal()):
            raise ValueError(f"not the size of a tree: {size[:40]!r}")
        tree = cls(int(size), [bytes.fromhex(peak) for peak in peaks])
        if tree.to_text() != text:
            raise ValueError("not written the way a tree writes itself")
        return tree
