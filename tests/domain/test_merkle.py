"""The Merkle tree against the RFC's own definition and published vectors."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.domain.merkle import EMPTY_ROOT, MerkleTree, leaf_hash, node_hash

# The eight entries and roots that Certificate Transparency's own tests publish.
ENTRIES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
ENTRIES += ["606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(bytes.fromhex(entry)) for entry in ENTRIES]


def some_leaves(count: int) -> list[bytes]:
    return [leaf_hash(b"entry %d" % number) for number in range(count)]


def root_as_the_rfc_says(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word: split at the largest power of two below n."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    left, right = root_as_the_rfc_says(leaves[:k]), root_as_the_rfc_says(leaves[k:])
    return hashlib.sha256(b"\x01" + left + right).digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_published_roots(size: int) -> None:
    tree = MerkleTree()
    tree.extend(LEAVES[:size])
    assert tree.root().hex() == ROOTS[size - 1]


def test_an_empty_tree_has_the_hash_of_nothing() -> None:
    assert MerkleTree().root() == EMPTY_ROOT == hashlib.sha256(b"").digest()


def test_a_leaf_is_never_a_node() -> None:
    left, right = some_leaves(2)
    assert leaf_hash(left + right) != node_hash(left, right)


def test_growing_leaf_by_leaf_gives_the_root_of_the_rfc() -> None:
    leaves, tree = some_leaves(300), MerkleTree()
    for count, leaf in enumerate(leaves, 1):
        tree.append(leaf)
        assert tree.size == count
        assert tree.root() == root_as_the_rfc_says(leaves[:count])
        assert len(tree.peaks) == count.bit_count()


@settings(deadline=None)
@given(st.integers(0, 5000), st.integers(0, 40))
def test_a_tree_goes_on_growing_after_it_was_written_down(before: int, after: int) -> None:
    leaves = some_leaves(before + after)
    tree = MerkleTree()
    tree.extend(leaves[:before])
    woken = MerkleTree.from_text(tree.to_text())
    woken.extend(leaves[before:])
    tree.extend(leaves[before:])
    assert woken.root() == tree.root()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "1",
        "-1",
        "0 ",
        "1 zz",
        "1 " + "00" * 31,
        "1 " + "AA" * 32,
        "01 " + "00" * 32,
        "\u0661 " + "00" * 32,
        "2 " + "00" * 32 + " " + "00" * 32,
    ],
)
def test_what_no_tree_wrote_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - several ways to be wrong, all of them ValueError
        MerkleTree.from_text(text)


@pytest.mark.parametrize("leaf", [b"", bytes(31), bytes(33)])
def test_a_leaf_of_another_length_is_refused(leaf: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        MerkleTree().append(leaf)
