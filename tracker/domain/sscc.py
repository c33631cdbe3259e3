"""Serial Shipping Container Codes: what other people's systems call a box or pallet.

Source: GS1 General Specifications, section on the SSCC (application identifier 00): an extension
digit, the company prefix, a serial reference and a check digit, 18 digits in all.
"""

from __future__ import annotations

import re

DIGITS = 18
_SCANNED = re.compile(r"(?:\]C1|\]e0|\]d2)?(?:\(00\)|00)?([0-9]{18})")


def sscc(prefix: str, serial: int, extension: int = 0) -> str:
    """The 18 digits of unit number `serial` under a GS1 company `prefix` of 4 to 12 digits.

    Raises ValueError for a prefix that is none, and for more units than it has room for.
    """
    if not re.fullmatch("[0-9]{4,12}", prefix):
        raise ValueError("A GS1 company prefix has 4 to 12 digits.")
    room = DIGITS - 2 - len(prefix)
    if not 0 <= serial < 10**room:
        raise ValueError(f"The prefix {prefix} has room for {10**room:,} units.")
    body = f"{extension}{prefix}{serial:0{room}d}"
    return body + str(check_digit(body))


def check_digit(body: str) -> int:
    """The GS1 check digit of a row of digits: weights 3 and 1 from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(body[::-1]))
    return -total % 10


def read_sscc(text: str) -> str | None:
    """The SSCC in what a scanner sends (with or without `00`), or None if there is none."""
    found = _SCANNED.fullmatch("".join(text.split()))
    if found is None:
        return None
    digits = found.group(1)
    return digits if check_digit(digits[:-1]) == int(digits[-1]) else None
