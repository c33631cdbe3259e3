"""Trade item numbers (EAN, UPC): the barcode that every piece of a product carries alike.

It says what a thing is, never which one it is, so it is nobody's number. Source: GS1 General
Specifications, section on the GTIN: 8, 12, 13 or 14 digits, the last a check digit.
"""

from __future__ import annotations

from tracker.domain.sscc import check_digit

LENGTHS = frozenset({8, 12, 13, 14})


def is_gtin(code: str) -> bool:
    """Whether `code`, in the form in which identifiers are looked up, is a trade item number."""
    if len(code) not in LENGTHS or not (code.isascii() and code.isdigit()):
        return False
    return check_digit(code[:-1]) == int(code[-1])
