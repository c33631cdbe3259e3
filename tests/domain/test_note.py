"""Signed notes and checkpoints, against the published examples and what a forger would try."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.domain.merkle import EMPTY_ROOT
from tracker.domain.note import (
    Checkpoint,
    NotANote,
    NotSigned,
    Signature,
    SignedNote,
    VerifierKey,
    open_checkpoint,
    sign_checkpoint,
)

# The key and the note that the specification's reference implementation publishes.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
PETERS = (
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngo"
    "tpRZb6KE6RyyBwJnAM=\n"
)
ENOCHS = (
    "\u2014 EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWL"
    "ox33WWd1RvMc+QQ=\n"
)
NOTE = f"{TEXT}\n{PETERS}"

SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = VerifierKey("kittrail.example/log", SECRET.public_key().public_bytes_raw())
CHECKPOINT = Checkpoint("kittrail.example/log", 3, bytes(range(32)))


def verify(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def signed(checkpoint: Checkpoint = CHECKPOINT, key: VerifierKey = KEY) -> str:
    return str(sign_checkpoint(checkpoint, key, SECRET.sign))


def test_the_published_note_is_opened_by_its_key() -> None:
    note = SignedNote.parse(NOTE)
    assert note.opened_by(VerifierKey.parse(PETER), verify) == TEXT
    assert str(note) == NOTE


def test_signatures_of_unknown_keys_are_passed_over() -> None:
    note = SignedNote.parse(f"{TEXT}\n{PETERS}{ENOCHS}")
    assert note.opened_by(VerifierKey.parse(PETER), verify) == TEXT
    assert note.opened_by(VerifierKey.parse(ENOCH), verify) == TEXT
    with pytest.raises(NotSigned, match="not signed by kittrail"):
        note.opened_by(KEY, verify)


def test_one_wrong_signature_of_a_known_key_refuses_the_note() -> None:
    wrong = str(Signature("PeterNeumann", bytes.fromhex("c74f20a3"), bytes(64)))
    note = SignedNote.parse(f"{TEXT}\n{PETERS}{wrong}\n")
    with pytest.raises(NotSigned, match="does not fit"):
        note.opened_by(VerifierKey.parse(PETER), verify)


@pytest.mark.parametrize("published", [PETER, ENOCH])
def test_published_keys_are_read_and_written(published: str) -> None:
    assert str(VerifierKey.parse(published)) == published


def test_a_key_that_was_cut_or_changed_anywhere_is_refused() -> None:
    wrong = {PETER[start:stop] for start in range(len(PETER)) for stop in range(len(PETER) + 1)}
    wrong |= {PETER[:at] + chr(ord(PETER[at]) + 1) + PETER[at + 1 :] for at in range(len(PETER))}
    for text in wrong - {PETER}:
        with pytest.raises(NotANote):
            VerifierKey.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
    ids=["wrong length, right id", "unknown algorithm, right id"],
)
def test_a_key_of_another_kind_is_refused(text: str) -> None:
    with pytest.raises(NotANote):
        VerifierKey.parse(text)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a\u00a0b", "a\nb", "a\x00b"])
def test_a_name_that_would_be_read_otherwise_is_refused(name: str) -> None:
    with pytest.raises(NotANote, match="name"):
        VerifierKey(name, bytes(32))


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        TEXT,
        TEXT + "\n",
        TEXT + PETERS,
        f"\n{PETERS}",
        f"{TEXT}\n{PETERS}"[:-1],
        "\x01" + NOTE,
        NOTE.replace("\n", "\r\n"),
        f"{NOTE}Unexpected line.\n",
        NOTE.replace("\u2014", "--"),
        NOTE.replace("\u2014 ", "\u2014"),
        NOTE.replace("PeterNeumann", "Bad Name"),
        NOTE.replace("PeterNeumann", "Bad+Name"),
        NOTE.replace("AM=\n", "AN=\n"),
        NOTE.replace("AM=\n", "AM\n"),
        f"{TEXT}\n\u2014 PeterNeumann x08gow==\n",
        f"{TEXT}\n{PETERS * 101}",
        "x" * 100_000 + NOTE,
    ],
)
def test_what_is_not_written_as_a_note_is_refused(encoded: str) -> None:
    with pytest.raises(NotANote):
        SignedNote.parse(encoded)


def test_a_hundred_signatures_are_read() -> None:
    assert len(SignedNote.parse(f"{TEXT}\n{PETERS * 100}").signatures) == 100


def test_the_text_may_hold_empty_lines() -> None:
    text = "one\n\ntwo\n"
    assert SignedNote.parse(f"{text}\n{PETERS}").text == text


def test_the_specification_s_checkpoint_is_read() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    checkpoint = Checkpoint.parse(text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert str(checkpoint) == text


def test_a_checkpoint_comes_back_from_its_note() -> None:
    assert open_checkpoint(signed(), [KEY], verify) == CHECKPOINT


def test_an_empty_log_can_be_signed_too() -> None:
    empty = Checkpoint(KEY.name, 0, EMPTY_ROOT)
    assert open_checkpoint(signed(empty), [KEY], verify) == empty


@settings(deadline=None)
@given(st.integers(0, 63), st.integers(1, 255))
def test_no_byte_of_a_signature_can_be_changed(place: int, difference: int) -> None:
    note = sign_checkpoint(CHECKPOINT, KEY, SECRET.sign)
    value = bytearray(note.signatures[0].value)
    value[place] ^= difference
    forged = replace(note, signatures=(replace(note.signatures[0], value=bytes(value)),))
    with pytest.raises(NotSigned, match="does not fit"):
        open_checkpoint(str(forged), [KEY], verify)


@pytest.mark.parametrize(
    "changed",
    [
        replace(CHECKPOINT, size=2),
        replace(CHECKPOINT, size=4),
        replace(CHECKPOINT, root=bytes(32)),
        replace(CHECKPOINT, origin="kittrail.example/log2"),
    ],
)
def test_nothing_that_a_checkpoint_says_can_be_changed(changed: Checkpoint) -> None:
    forged = signed().replace(str(CHECKPOINT), str(changed))
    with pytest.raises(NotSigned, match="does not fit"):
        open_checkpoint(forged, [KEY], verify)


def test_another_key_of_the_same_name_is_not_ours() -> None:
    stranger = VerifierKey(KEY.name, bytes(32))
    with pytest.raises(NotSigned, match="any known key"):
        open_checkpoint(signed(key=stranger), [KEY], verify)


def test_one_log_cannot_sign_for_another() -> None:
    of_another = Checkpoint("another.example/log", 3, bytes(32))
    with pytest.raises(NotSigned, match="another log"):
        open_checkpoint(signed(of_another), [KEY], verify)


def test_a_key_that_was_replaced_still_opens_what_it_signed() -> None:
    newer = VerifierKey(KEY.name, bytes(32))
    assert open_checkpoint(signed(), [newer, KEY], verify) == CHECKPOINT


ROOT = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


@pytest.mark.parametrize(
    "text",
    [
        f"kittrail.example/log\n03\n{ROOT}\n",
        f"kittrail.example/log\n-3\n{ROOT}\n",
        f"kittrail.example/log\n+3\n{ROOT}\n",
        f"kittrail.example/log\n\u0663\n{ROOT}\n",
        f"kittrail.example/log\n{10**19}\n{ROOT}\n",
        f"kittrail.example/log\n3\n{ROOT[:-4]}\n",
        f"kittrail.example/log\n3\n{ROOT[:-1]}\n",
        f"kittrail.example/log\n3\n{ROOT[:-2]}9=\n",
        f"\n3\n{ROOT}\n",
        f"kittrail.example/log\n3\n{ROOT}",
        f"kittrail.example/log\n3\n{ROOT}\nan extension\n",
        f"kittrail.example/log\n3\n{ROOT}\n\n",
        "kittrail.example/log\n3\n",
    ],
)
def test_what_is_not_written_as_a_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NotANote):
        Checkpoint.parse(text)
    assert Checkpoint.parse(f"kittrail.example/log\n3\n{ROOT}\n") == CHECKPOINT
