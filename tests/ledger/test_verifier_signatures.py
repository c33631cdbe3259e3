"""Ed25519 in the stand-alone verifier: published vectors, another implementation, forgeries."""

from __future__ import annotations

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.ledger.standalone.curves import ORDER, DoesNotFit, device_key, is_signed
from tracker.ledger.standalone.verifier import check_device

RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9"
            "b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f1"
            "1d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984d"
            "c6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032)
def test_signatures_that_rfc_8032_publishes_fit(public: str, message: str, signature: str) -> None:
    key, signed, said = (bytes.fromhex(text) for text in (public, signature, message))
    assert is_signed(key, signed, said)
    assert not is_signed(key, signed, said + b"\x00")
    larger = int.from_bytes(signed[32:], "little") + ORDER
    assert not is_signed(key, signed[:32] + larger.to_bytes(32, "little"), said), (
        "a second spelling"
    )


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=100), st.integers(0, 64 * 8 - 1))
def test_signatures_of_another_implementation_fit_and_no_changed_one(
    seed: bytes, message: bytes, bit: int
) -> None:
    secret = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = secret.public_key().public_bytes_raw(), secret.sign(message)
    assert is_signed(public, signature, message)
    changed = bytearray(signature)
    changed[bit // 8] ^= 1 << bit % 8
    assert not is_signed(public, bytes(changed), message)


@pytest.mark.parametrize(
    "public",
    [b"\x02" + bytes(31), (2**255 - 19).to_bytes(32, "little"), b"\x01" + bytes(30) + b"\x80", b""],
    ids=["not on the curve", "y not reduced", "minus zero", "nothing"],
)
def test_what_is_no_key_has_signed_nothing(public: bytes) -> None:
    assert not is_signed(public, bytes(64), b"")


def test_what_the_server_states_in_a_phone_s_name_needs_no_signature_and_a_scan_does() -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    told = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    keys = {"device:2": device_key(b64encode(told).decode())}
    for step in ("stating", "removing"):
        check_device({"by": "device:2", "step": step, "subject": "act:1"}, keys, "here")
    with pytest.raises(DoesNotFit, match="has not signed this"):
        check_device({"by": "device:2", "step": "counting", "subject": "item:1"}, keys, "here")
