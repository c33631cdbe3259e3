"""What a person typed: kept whole or refused, never cut."""

from __future__ import annotations

from unicodedata import normalize

from tracker.errors import TooLong

START = 30
"""So much of a text that is too long is said again, to tell which it was."""


def few_enough(many: int, most: int, field: str) -> None:
    """Raise TooLong, which says both numbers, for more than `most` things under one name."""
    if many > most:
        raise TooLong(
            "%(many)s were chosen; at most %(most)s can be taken at once.",
            field=field,
            many=many,
            most=most,
        )


def fitting(text: str | None, most: int, field: str) -> str:
    """`text` without blanks around it; empty for None. Each letter is in its one spelling (NFC):
    the ledger keeps no other, and some keyboards send a letter and its mark apart. A new line is
    one character, as browsers count, and not the two that they send.

    Raises TooLong, which says both lengths, for more than `most` characters.
    """
    said = normalize("NFC", (text or "").strip().replace("\r\n", "\n"))
    if len(said) > most:
        raise TooLong(
            "“%(start)s…” has %(many)s characters; at most %(most)s can be kept.",
            field=field,
            start=" ".join(said[:START].split()),
            many=len(said),
            most=most,
        )
    return said
