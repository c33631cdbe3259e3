"""The Merkle tree against the RFC's own definition, published vectors, and tampering."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.domain.merkle import (
    EMPTY_ROOT,
    MerkleTree,
    consistency_proof,
    consistent,
    included,
    inclusion_proof,
    leaf_hash,
    merkle_root,
    node_hash,
    subtrees,
)

# The eight entries, roots and proofs that Certificate Transparency's own tests publish.
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


def flipped(value: bytes, bit: int) -> bytes:
    """`value` with one bit changed."""
    changed = bytearray(value)
    changed[bit // 8 % len(changed)] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize("size", range(1, 9))
def test_published_roots(size):
    assert merkle_root(LEAVES[:size]).hex() == ROOTS[size - 1]


@pytest.mark.parametrize(
    ("index", "size", "proof"),
    [
        (0, 1, []),
        (
            0,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    ],
)
def test_published_inclusion_proofs(index, size, proof):
    made = inclusion_proof(index, size, subtrees(LEAVES))
    assert [step.hex() for step in made] == proof
    assert included(index, size, LEAVES[index], made, bytes.fromhex(ROOTS[size - 1]))


@pytest.mark.parametrize(
    ("old_size", "size", "proof"),
    [
        (1, 1, []),
        (
            1,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            6,
            8,
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            2,
            5,
            [
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ],
)
def test_published_consistency_proofs(old_size, size, proof):
    made = consistency_proof(old_size, size, subtrees(LEAVES))
    assert [step.hex() for step in made] == proof
    old_root, root = bytes.fromhex(ROOTS[old_size - 1]), bytes.fromhex(ROOTS[size - 1])
    assert consistent(old_size, size, old_root, root, made)


def test_an_empty_tree_has_the_hash_of_nothing():
    assert MerkleTree().root() == EMPTY_ROOT == hashlib.sha256(b"").digest()


def test_a_leaf_is_never_a_node():
    left, right = some_leaves(2)
    assert leaf_hash(left + right) != node_hash(left, right)


def test_growing_leaf_by_leaf_gives_the_root_of_the_rfc():
    leaves, tree = some_leaves(300), MerkleTree()
    for count, leaf in enumerate(leaves, 1):
        tree.append(leaf)
        assert tree.size == count
        assert tree.root() == root_as_the_rfc_says(leaves[:count])
        assert len(tree.peaks) == count.bit_count()


@settings(deadline=None)
@given(st.integers(0, 5000), st.integers(0, 40))
def test_a_tree_goes_on_growing_after_it_was_written_down(before, after):
    leaves = some_leaves(before + after)
    tree = MerkleTree()
    tree.extend(leaves[:before])
    woken = MerkleTree.from_text(tree.to_text())
    woken.extend(leaves[before:])
    assert woken.root() == merkle_root(leaves)


def test_a_copy_grows_on_its_own():
    tree = MerkleTree()
    tree.extend(some_leaves(3))
    root = tree.root()
    tree.copy().append(leaf_hash(b"more"))
    assert (tree.size, tree.root()) == (3, root)


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
def test_what_no_tree_wrote_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - several ways to be wrong, all of them ValueError
        MerkleTree.from_text(text)


@pytest.mark.parametrize("leaf", [b"", bytes(31), bytes(33)])
def test_a_leaf_of_another_length_is_refused(leaf):
    with pytest.raises(ValueError, match="32 bytes"):
        MerkleTree().append(leaf)


@settings(deadline=None)
@given(st.integers(1, 200), st.data())
def test_every_leaf_can_be_proved_and_no_changed_one(size, draw):
    index, bit = draw.draw(st.integers(0, size - 1)), draw.draw(st.integers(0, 255))
    leaves = some_leaves(size)
    root, leaf = merkle_root(leaves), leaves[index]
    proof = inclusion_proof(index, size, subtrees(leaves))
    assert included(index, size, leaf, proof, root)
    assert not included(index, size, flipped(leaf, bit), proof, root)
    assert not included(index, size, leaf, proof, flipped(root, bit))
    for place in range(len(proof)):
        changed = [*proof[:place], flipped(proof[place], bit), *proof[place + 1 :]]
        assert not included(index, size, leaf, changed, root)
    assert not included(index, size, leaf, [*proof, leaf], root)
    if proof:
        assert not included(index, size, leaf, proof[:-1], root)
    for other in range(size):
        assert included(other, size, leaf, proof, root) is (other == index)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_leaf_outside_of_the_tree_has_no_proof(index, size):
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_proof(index, size, subtrees(some_leaves(3)))
    assert not included(index, size, LEAVES[0], [], LEAVES[0])


@settings(deadline=None)
@given(st.integers(1, 200), st.data())
def test_a_tree_that_grew_is_consistent_and_a_rewritten_one_is_not(size, draw):
    old_size, bit = draw.draw(st.integers(1, size)), draw.draw(st.integers(0, 255))
    place = draw.draw(st.integers(0, old_size - 1))
    leaves = some_leaves(size)
    old_root, root = merkle_root(leaves[:old_size]), merkle_root(leaves)
    proof = consistency_proof(old_size, size, subtrees(leaves))
    assert consistent(old_size, size, old_root, root, proof)
    rewritten = [*leaves[:place], flipped(leaves[place], bit), *leaves[place + 1 :]]
    other_proof = consistency_proof(old_size, size, subtrees(rewritten))
    assert not consistent(old_size, size, old_root, merkle_root(rewritten), proof)
    assert not consistent(old_size, size, old_root, merkle_root(rewritten), other_proof)
    assert not consistent(old_size, size, flipped(old_root, bit), root, proof)
    assert not consistent(old_size, size, old_root, flipped(root, bit), proof)
    assert not consistent(old_size, size, old_root, root, [*proof, root])
    for step in range(len(proof)):
        changed = [*proof[:step], flipped(proof[step], bit), *proof[step + 1 :]]
        assert not consistent(old_size, size, old_root, root, changed)
        assert not consistent(old_size, size, old_root, root, proof[:step] + proof[step + 1 :])


@pytest.mark.parametrize(("old_size", "size"), [(0, 3), (4, 3), (-1, 3)])
def test_a_tree_cannot_have_shrunk(old_size, size):
    with pytest.raises(ValueError, match="did not grow"):
        consistency_proof(old_size, size, subtrees(some_leaves(4)))
    assert not consistent(old_size, size, EMPTY_ROOT, LEAVES[0], [LEAVES[0]])
