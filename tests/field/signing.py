"""A phone's key and signatures, made without a browser."""

from __future__ import annotations

import secrets
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tracker.domain.chain import canonical


@dataclass
class SigningPhone:
    """An enrolled phone: `send` posts scans that it has signed by its own words."""

    client: FlaskClient
    number: int = 0
    token: str = ""
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    seq: int = 0

    @property
    def public_key(self) -> str:
        kind = PublicFormat.SubjectPublicKeyInfo
        return b64encode(self.key.public_key().public_bytes(Encoding.DER, kind)).decode()

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def enrol(self, code: str, name: str = "Phone 1") -> TestResponse:
        said = {"code": code, "name": name, "public_key": self.public_key}
        answer = self.client.post("/api/v1/enrolments", json=said)
        if answer.status_code == 200 and answer.json:
            self.number, self.token = answer.json["device"], answer.json["token"]
        return answer

    def sign(self, text: str) -> str:
        pair = decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(SHA256())))
        return b64encode(b"".join(part.to_bytes(32, "big") for part in pair)).decode()

    def scan(self, code: str, step: str, **said: Any) -> dict[str, Any]:
        """A signed scan. The statement is written out here as docs/ledger.md has it."""
        self.seq += 1
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        scan = {"id": str(uuid4()), "code": code, "step": step, "occurred_at": at,
                "device_seq": self.seq, **said}  # fmt: skip
        stated = {name: value for name, value in scan.items() if name != "second_identifier"}
        numbers = {}
        if len(code) != 11:  # a maker's
            numbers["code"] = stated.pop("code")
        if "second_identifier" in scan:
            numbers["second"] = scan["second_identifier"]
        if numbers:
            salt = scan["salt"] = secrets.token_hex(16)
            stated["numbers"] = {
                name: sha256(f"{salt}:{number}".encode()).hexdigest()
                for name, number in numbers.items()
            }
        return {**scan, "signature": self.sign(f"kittrail-scan-v1\n{canonical(stated)}")}

    def send(self, *scans: dict[str, Any], path: str = "/api/v1/scans") -> TestResponse:
        said = {"sent_at": datetime.now(UTC).isoformat(), "mode": "queued", "scans": list(scans)}
        return self.client.post(path, json=said, headers=self.headers)

    def sign_act(self, text: str) -> dict[str, str]:
        digest = sha256(text.encode()).hexdigest()
        return {"text": text, "signature": self.sign(f"kittrail-act-v1\n{digest}")}
