"""The Merkle tree of RFC 6962 (section 2.1; the checks are those of RFC 9162, section 2.1).

One root of 32 bytes stands for every entry of the log and their order. `MerkleTree` grows by
leaves and keeps only the roots of its perfect subtrees, at most 64 of them; the proofs are for
those who hold one root and want to know that an event is under it, or that a later root grew out
of it. Proofs read the tree through a `Subtree`, so a caller may keep what it has computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

HASH_LENGTH = 32
EMPTY_ROOT = sha256(b"").digest()

Subtree = Callable[[int, int], bytes]
"""The root over the leaves from the first number up to, not including, the second."""


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

    def copy(self) -> MerkleTree:
        """Another tree of the same leaves, which grows on its own."""
        return MerkleTree(self._size, self._peaks)

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


def merkle_root(leaves: Iterable[bytes]) -> bytes:
    """The root over `leaves` (hashes of entries), in order."""
    tree = MerkleTree()
    tree.extend(leaves)
    return tree.root()


def subtrees(leaves: Sequence[bytes]) -> Subtree:
    """A Subtree over leaves held in memory, computing what it is asked for."""

    def root_over(start: int, stop: int) -> bytes:
        return merkle_root(leaves[start:stop])

    return root_over


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """What proves that the leaf at `index` is under the root over the first `size` leaves.

    The hashes to join it with, from the leaf upwards; at most 64. Raises ValueError for an index
    outside the tree.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    path: list[bytes] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            path.append(subtree(middle, stop))
            stop = middle
        else:
            path.append(subtree(start, middle))
            start = middle
    return path[::-1]


def included(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` proves that `leaf` is at `index` under `root` over `size` leaves."""
    if not 0 <= index < size:
        return False
    place, last, computed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            computed = node_hash(sibling, computed)
            while not place & 1 and place:  # a right edge without a sibling rises as it is
                place, last = place >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and computed == root


def consistency_proof(old_size: int, size: int, subtree: Subtree) -> list[bytes]:
    """What proves that the first `old_size` of `size` leaves are those of the older root.

    At most 65 hashes; none for equal sizes. An empty tree is consistent with everything, so
    `old_size` must be 1 at least; raises ValueError outside of 1 to `size`.
    """
    if not 1 <= old_size <= size:
        raise ValueError(f"a tree of {size} leaves did not grow out of one of {old_size}")
    path: list[bytes] = []
    start, stop, whole = 0, size, True
    while old_size != stop:
        middle = start + _split(stop - start)
        if old_size <= middle:
            path.append(subtree(middle, stop))
            stop = middle
        else:
            path.append(subtree(start, middle))
            start, whole = middle, False
    if not whole:
        path.append(subtree(start, stop))
    return path[::-1]


def consistent(
    old_size: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether `proof` proves that the tree of `size` and `root` grew out of the older one."""
    if old_size == size:
        return not proof and old_root == root
    if not 1 <= old_size < size:
        return False
    hashes = list(proof)
    if old_size.bit_count() == 1:  # a perfect tree is a node of every later one: itself starts
        hashes.insert(0, old_root)
    if not hashes:
        return False
    place, last = old_size - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old_computed = computed = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old_computed = node_hash(sibling, old_computed)
            computed = node_hash(sibling, computed)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and old_computed == old_root and computed == root


def _split(size: int) -> int:
    """The largest power of two below `size`: how many leaves the left subtree has."""
    return 1 << (size - 1).bit_length() - 1
