"""Makers' and accounts' numbers: read as people and scanners write them, kept in one form.

A value is kept in its *lookup form* (`lookup_key`): upper case, no blanks, Cyrillic letters that
look Latin folded to Latin, one kind of dash. `normalise` gives that form and adds the rules of the
scheme; so whatever a scanner sends is found by `lookup_key` alone, without knowing its scheme.

Sources: IMEI and its check digit, 3GPP TS 23.003 annex B; the shapes of kit numbers and terminal
ids (`ut` and three groups of eight), what is printed on the units.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

SCHEMES = ("serial", "kit", "dish", "utid", "router", "imei", "asset_tag")
LONGEST = 64

# Capital Cyrillic letters that look like Latin ones. Lower case is raised first.
_LOOK_ALIKES = str.maketrans("АВЕЅІЈКМНОРСТУХ", "ABESIJKMHOPCTYX")
_UKRAINIAN_KEYS = str.maketrans("ЙЦУКЕНГШЩЗФІВАПРОЛДЯЧСМИТЬ", "QWERTYUIOPASDFGHJKLZXCVBNM")
_DASHES = re.compile(r"[\u00ad\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_BLANKS = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")
_EDGES = re.compile(rf"\A{_BLANKS.pattern}|{_BLANKS.pattern}\Z")
_APOSTROPHES = re.compile(r"['`\u00b4\u02bc\u2018\u2019\u201b\u2032]")
_APOSTROPHE_IN_WORD = re.compile(r"(?<=[^\W\d_])['`\u00b4\u02bc\u2018\u201b\u2032](?=[^\W\d_])")
_READY = re.compile(r"[0-9A-Z]+").fullmatch
_FLOAT = re.compile(r"([0-9]+)\.0+")
_EXPONENT = re.compile(r"[0-9]([.,][0-9]*)?E\+[0-9]+")
_UTID = re.compile(r"(?:UT)?([0-9A-Z]{8})-([0-9A-Z]{8})-([0-9A-Z]{8})")
_UTID_WITHOUT_DASHES = re.compile(r"UT([0-9A-Z]{8})([0-9A-Z]{8})([0-9A-Z]{8})")
_IMEI_GROUPS = re.compile(r"[0-9]+(?:[-/][0-9]+)+")
_KIT = re.compile(r"KIT[A-Z]{0,2}[0-9]{6,12}")
_ALLOWED = re.compile(r"[0-9A-Z][0-9A-Z./_-]*")
_ALLOWED_ON_TAGS = re.compile(r"[^\W_][\w./№#-]*")
_NOT_A_NUMBER = frozenset(
    {"N/A", "NA", "NONE", "NULL", "UNKNOWN", "TBD", "NO", "HI", "H/Д", "HEMAЄ", "Б/H", "HEBІДOMO"}
    | {"#N/A", "NAN", "TRUE", "FALSE"}
)


class IdentifierError(ValueError):
    """A text that is not an identifier of its scheme; the message says why, in one sentence."""


class Reading(NamedTuple):
    """An identifier as it is kept, and what was repaired to get there (English, in a few words)."""

    value: str
    notes: tuple[str, ...] = ()


LOOK_ALIKE = "Cyrillic letters that look Latin were read as Latin"
KEYBOARD = "typed with the Ukrainian keyboard, read as Latin"
SPREADSHEET = "a number in a spreadsheet: zeros at its start, if there were any, are lost"
BLANKS = "blanks inside were left out"


def lookup_key(text: str) -> str:
    """The form in which `text` is looked up among identifiers of every scheme. Never raises.

    `lookup_key(text) == normalise(scheme, text).value` for every text that the scheme accepts.
    """
    if _READY(text) and not text.startswith("UT"):
        return text
    return _read(text).value


def normalise(scheme: str, text: str) -> Reading:
    """Read `text` as an identifier of `scheme` (one of SCHEMES).

    Raises IdentifierError, which says why, for what cannot be one. The result is a fixed point:
    normalising it again gives the same value.
    """
    if _READY(text) and not text.startswith("UT"):
        reading = Reading(text)
    else:
        reading = _read(text)
    _check(scheme, reading.value)
    return reading


def guess(text: str) -> str | None:
    """The scheme that the shape of `text` gives away (kit, utid, imei), or None."""
    key = lookup_key(text)
    if _KIT.fullmatch(key):
        return "kit"
    if _UTID.fullmatch(key):
        return "utid"
    if re.fullmatch("[0-9]{15}", key) and _luhn(key):
        return "imei"
    return None


def mask(scheme: str, value: str) -> str:
    """What a reader without the right to the number sees: its last three characters at most.

    Any one whole number of a terminal lets a stranger add it to an account, so never more than a
    quarter is shown, and nothing of a short one.
    """
    shown = min(3, len(value) // 4)
    prefix = "KIT" if scheme == "kit" and value.startswith("KIT") else ""
    return f"{prefix}…{value[len(value) - shown :]}"


def search_key(text: str) -> str:
    """The form in which texts are searched: no case, blanks, dashes or apostrophes, in any script.

    Latin and Cyrillic letters that look alike are one letter. Both what is searched and what is
    searched for pass through here.
    """
    if text.isascii() and text.isalnum():
        return text.lower()
    raised = unicodedata.normalize("NFC", text).upper().translate(_LOOK_ALIKES)
    plain = _APOSTROPHES.sub("", _BLANKS.sub("", _DASHES.sub("-", raised))).replace("-", "")
    return unicodedata.normalize("NFC", plain.casefold())


def tidy(text: str) -> str:
    """Any text from a sheet or a form: no stray blanks around it, NFC, Ukrainian apostrophes.

    Blanks include no-break and zero-width ones; inside, runs of blanks within a line become one.
    An apostrophe between letters of a Cyrillic word becomes U+2019.
    """
    if text.isascii():
        return " ".join(text.split()) if "\n" not in text else _tidy_lines(text)
    text = _tidy_lines(_EDGES.sub("", unicodedata.normalize("NFC", text)))
    return _APOSTROPHE_IN_WORD.sub(_ukrainian_apostrophe, text)


def fold_look_alikes(text: str) -> str:
    """`text` in upper case without blanks, Cyrillic look-alikes made Latin: for references."""
    return _BLANKS.sub("", text).upper().translate(_LOOK_ALIKES)


def _tidy_lines(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(lines).strip()


def _ukrainian_apostrophe(match: re.Match[str]) -> str:
    before = match.string[match.start() - 1]
    return "\u2019" if "\u0400" <= before <= "\u04ff" else match.group()


def _read(text: str) -> Reading:
    """The lookup form and what was repaired. Every rule leaves its own results as they are."""
    notes: list[str] = []
    trimmed = _EDGES.sub("", unicodedata.normalize("NFKC", text))
    value = _BLANKS.sub("", trimmed)
    if len(value) != len(trimmed):
        notes.append(BLANKS)
    value = _DASHES.sub("-", value).upper()
    if not value.isascii():
        if value.startswith("ЛШЕ"):  # a scanner that types KIT on a Ukrainian keyboard
            value = value.translate(_UKRAINIAN_KEYS)
            notes.append(KEYBOARD)
        folded = value.translate(_LOOK_ALIKES)
        if folded != value:
            notes.append(LOOK_ALIKE)
        value = unicodedata.normalize("NFKC", folded)
    if number := _FLOAT.fullmatch(value):
        value = number.group(1)
        notes.append(SPREADSHEET)
    if groups := _UTID.fullmatch(value) or _UTID_WITHOUT_DASHES.fullmatch(value):
        value = "UT" + "-".join(groups.groups())
    elif _IMEI_GROUPS.fullmatch(value):
        digits = re.sub("[-/]", "", value)
        value = digits if len(digits) == 15 and _luhn(digits) else value
    return Reading(value, tuple(notes))


def _check(scheme: str, value: str) -> None:
    """Raise IdentifierError where `value`, in lookup form, is not of `scheme`."""
    if scheme not in SCHEMES:
        raise IdentifierError(f"there is no scheme {scheme!r}; there are {', '.join(SCHEMES)}")
    if not value:
        raise IdentifierError("empty")
    if len(value) > LONGEST:
        raise IdentifierError(f"{len(value)} characters; at most {LONGEST}")
    if value in _NOT_A_NUMBER:
        raise IdentifierError(f"“{value}” stands for no number; leave the cell empty")
    if _EXPONENT.fullmatch(value):
        raise IdentifierError(
            f"{value} lost digits in a spreadsheet; format the column as text and enter it again"
        )
    _OF_SCHEME.get(scheme, _check_plain)(value)


def _check_plain(value: str) -> None:
    if len(value) < 3:
        raise IdentifierError(f"“{value}” is too short to tell units apart; at least 3 characters")
    if not _ALLOWED.fullmatch(value):
        raise IdentifierError(_strange(value))


def _check_tag(value: str) -> None:
    if not _ALLOWED_ON_TAGS.fullmatch(value):
        raise IdentifierError(_strange(value))


def _check_kit(value: str) -> None:
    if _KIT.fullmatch(value):
        return
    if re.fullmatch(r"KIT[A-Z]{0,2}[0-9]+[OIL][0-9OIL]*", value):
        raise IdentifierError(f"{value} has a letter among its digits: 0 and O, 1 and I look alike")
    raise IdentifierError(f"{_short(value)} is no kit number: KIT and 6 to 12 digits")


def _check_utid(value: str) -> None:
    if not _UTID.fullmatch(value):
        raise IdentifierError(f"{_short(value)} is no terminal id: three groups of eight with -")


def _check_imei(value: str) -> None:
    if not re.fullmatch(r"[0-9]+", value):
        raise IdentifierError(f"{_short(value)} is no IMEI: only digits")
    if len(value) != 15:
        raise IdentifierError(f"{_short(value)} is no IMEI: {len(value)} digits instead of 15")
    if not _luhn(value):
        raise IdentifierError(f"the check digit of {value} is wrong: a digit was misread")


_OF_SCHEME = {
    "kit": _check_kit,
    "utid": _check_utid,
    "imei": _check_imei,
    "asset_tag": _check_tag,
}


def _luhn(digits: str) -> bool:
    """Whether the last of `digits` is their check digit (Luhn, as in an IMEI)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (1 + place % 2)
        total += number if number < 10 else number - 9
    return total % 10 == 0


def _strange(value: str) -> str:
    """Name the first character that no number has."""
    for place, letter in enumerate(value):
        if not (_ALLOWED.fullmatch(letter) or (place and letter in "./_-")):
            name = unicodedata.name(letter, "").lower() or f"U+{ord(letter):04X}"
            return f"{letter!r} ({name}) at place {place + 1} is not of a number"
    return f"{_short(value)} is not a number"


def _short(value: str) -> str:
    return value if len(value) <= 40 else value[:39] + "…"
