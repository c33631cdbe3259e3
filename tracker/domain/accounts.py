"""What an operator's account says of its terminals: a status as JSON, or a list as CSV.

Only numbers are read. Nicknames, addresses and coordinates in such exports are never looked at.
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from typing import Any

LARGEST_TEXT = 2_000_000
MOST_ROWS = 20_000

_NAMES = {
    "utid": ("userterminalid", "utid", "terminalid", "id", "deviceid"),
    "kit": ("kitserialnumber", "kitnumber", "kit", "kitserial"),
    "dish": ("dishserialnumber", "dishserial", "dish", "antennaserialnumber"),
    "router": ("routerid", "router", "wifirouterid"),
    "serial": ("serialnumber", "serial"),
}
_SCHEME = {name: scheme for scheme, names in _NAMES.items() for name in names}
_UTID = re.compile(r"(?i)ut[0-9a-z]{8}-[0-9a-z]{8}-[0-9a-z]{8}")


class AccountError(ValueError):
    """A text that is neither a status nor a list; the message says why, in one sentence."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """One terminal as an account names it: its line in the list, and numbers by scheme."""

    line: int
    numbers: dict[str, str]


def read_account(text: str) -> list[Terminal]:
    """The terminals in a status (JSON) or a list (CSV). Raises AccountError."""
    if len(text) > LARGEST_TEXT:
        raise AccountError("The text is too long: at most 2 MB.")
    stripped = text.lstrip("\ufeff \t\r\n")
    if stripped.startswith(("{", "[")):
        return _statuses(stripped)
    return _rows(stripped)


def _statuses(text: str) -> list[Terminal]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        raise AccountError("This is no valid JSON.") from None
    found = []
    for number, status in enumerate(told if isinstance(told, list) else [told], start=1):
        numbers: dict[str, str] = {}
        _collect(status, numbers, 0)
        if numbers:
            found.append(Terminal(number, numbers))
    if not found:
        raise AccountError("There is no number of a terminal in this text.")
    return found


def _collect(value: Any, numbers: dict[str, str], depth: int) -> None:
    """Numbers anywhere in a status, the first of each scheme."""
    if depth > 12:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            scheme = _SCHEME.get(_plain(name))
            if isinstance(inner, str) and scheme and _fits(name, inner):
                numbers.setdefault(scheme, inner.strip())
            else:
                _collect(inner, numbers, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _collect(inner, numbers, depth + 1)


def _rows(text: str) -> list[Terminal]:
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    names = next(rows, [])
    schemes = [_SCHEME.get(_plain(name)) for name in names]
    if "utid" not in schemes or len({one for one in schemes if one}) < 2:
        raise AccountError(
            "The list needs a column of terminal ids and one of other numbers of the units."
        )
    found = []
    for row in rows:
        numbers = {
            scheme: cell.strip()
            for scheme, name, cell in zip(schemes, names, row, strict=False)
            if scheme and cell.strip() and _fits(name, cell)
        }
        if numbers:
            found.append(Terminal(rows.line_num, numbers))
        if len(found) > MOST_ROWS:
            raise AccountError("The list is too long: at most 20,000 terminals.")
    return found


def _fits(name: str, value: str) -> bool:
    """A field called just `id` holds all kinds of things: only what is a terminal's id counts."""
    return _plain(name) not in ("id", "deviceid") or bool(_UTID.fullmatch(value.strip()))


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())
