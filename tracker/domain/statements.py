"""What an enrolled device signs of a scan: its exact text, made the same on phone and server.

The text is `VERSION`, a line feed, and the canonical JSON (`chain.canonical`) of what the scan
says, without what is not said. The text is kept in the ledger, and any one maker's number lets a
stranger add a terminal to an account; so of a maker's number, scanned as the code or beside it, the
text holds only what hides it (`hidden`) under `numbers`. Phones that were not renewed yet say
`"maker": true` and `"second": true` there, which bind them to no number.
`static/field/statements.js` is the phone's half of this file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import TypedDict
from unicodedata import normalize

from tracker.domain.chain import canonical
from tracker.domain.scans import Scan

VERSION = "kittrail-scan-v1"
ACT_VERSION = "kittrail-act-v1"

SAID = (
    *("act", "bound_for", "condition", "consignment", "declares", "device_seq", "handling_unit"),
    *("id", "location", "note", "reason", "receiver", "report", "step"),
)
"""Members of a statement that a scan says as they are; all but these are made from it."""


RESOLVED = ("bound_for", "location", "consignment", "handling_unit", "receiver")
"""References that the ledger may say in its own words, or leave out where they name nothing."""


class Numbers(TypedDict, total=False):
    """Maker's numbers that were scanned, each hidden."""

    code: str  # scanned as the code
    second: str  # scanned beside it


def hidden(salt: str, number: str) -> str:
    """SHA-256 (hex) of `SALT:NUMBER`: proves the number to who is shown the salt, to nobody else.

    A number alone could be found by trying all that there can be.
    """
    return sha256(f"{salt}:{number}".encode()).hexdigest()


def numbers(scan: Scan, salt: str, *, is_label: bool) -> Numbers:
    """What an event holds of the maker's numbers of a scan: `code`, `second`, each hidden."""
    told: Numbers = {} if is_label else {"code": hidden(salt, scan.code)}
    if scan.second_identifier is not None:
        told["second"] = hidden(salt, scan.second_identifier)
    return told


def disagreement(body: Mapping[str, object], text: str) -> str | None:
    """The first member in which a body says other than the statement that stands in it."""
    said = json.loads(text.partition("\n")[2])
    for name in (*SAID, "occurred_at", "evidence", "findings", "sighted"):
        if name not in RESOLVED and body.get(name) != said.get(name):
            return name
    for name in RESOLVED:
        if name in body and name not in said:
            return name
    signed = said.get("numbers")
    if signed is not None and body.get("numbers") != signed:
        return "numbers"
    makers = said.get("maker") or "code" in (signed or {})
    if body.get("code") != said.get("code") and not makers:
        return "code"
    return "second" if body.get("second") and not (said.get("second") or makers or signed) else None


def statement(scan: Scan, *, is_label: bool, occurred_at: str) -> str:
    """The text that a device signs for `scan`.

    `is_label` says whether the code is one of ours and not a maker's; `occurred_at` is the moment
    as bodies hold it (`2026-05-01T09:30:00.000Z`).
    """
    said: dict[str, object] = {name: getattr(scan, name) for name in SAID}
    said = {
        name: normalize("NFC", value) if isinstance(value, str) else value
        for name, value in said.items()
        if value is not None
    }
    said["occurred_at"] = occurred_at
    if is_label:
        said["code"] = scan.code
    if scan.salt is not None:
        said["numbers"] = numbers(scan, scan.salt, is_label=is_label)
    else:
        said |= {} if is_label else {"maker": True}
        said |= {} if scan.second_identifier is None else {"second": True}
    if scan.evidence:
        said["evidence"] = list(scan.evidence)
    if scan.findings:
        said["findings"] = dict(scan.findings)
    if scan.sighted is False:
        said["sighted"] = False
    if scan.answers:
        said["answers"] = list(scan.answers)
    return f"{VERSION}\n{canonical(said)}"
