"""The code on a label: ten random letters and a check letter, shown as `7F3K9-M2P4C-X`.

Letters are those of Crockford's base 32 (no I, L, O, U). The check letter makes a weighted sum over
GF(32) come out as a constant. The eleven weights are different powers of one generator, so that
every single wrong letter is caught, and every swap of two different letters, whatever stands
between them. The constant is not zero, so that eleven zeros are no code.

A code is derived from nothing and is no secret: it names a label.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 11
POSSIBLE = 32 ** (LENGTH - 1)

_GENERATOR = 0b100101  # x^5 + x^2 + 1, primitive over GF(2): the powers of x are all 31 weights
_SUM = 1

# What people type and scanners send for a letter: Crockford's rules, then Cyrillic look-alikes.
_LOOK_ALIKES = str.maketrans("OILАВЕЅІЈКМНОРСТУХЗ", "011ABES1JKMH0PCTYX3")
# A scanner sends keys, not letters: what they become where the Ukrainian layout is on.
_UKRAINIAN_KEYS = str.maketrans("ЙЦУКЕНГШЩЗФІВАПРОЛДЯЧСМИТЬЖЮ.", "QWERTYUIOPASDFGHJKLZXCVBNM:./")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_NOISE = re.compile(r"[\s\u00ad\u200b-\u200f\u2060\ufeff\u2010-\u2015\u2212\ufe58\ufe63\uff0d-]+")
_LINK = re.compile(
    r"(?:HTTPS?://(?P<host>[^/?#\s]+))?(?:/[^/?#\s]+)*?"
    r"/(?:S/(?P<code>[^/?#\s]+)|8004/[0-9]{4,12}(?P<giai>[0-9A-Z]{11}))/?(?:[?#]\S*)?",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[A-Z][A-Z0-9+.-]*:|WWW\.", re.IGNORECASE)
_COMPANY = re.compile(r"[0-9]{4,12}")
_AS_SHOWN = re.compile(r"\w{5}[\s-]\w{5}[\s-]\w")
_KIT = "KIT"  # begins the maker's kit numbers, some of which have eleven letters


class CodeError(ValueError):
    """A text that is not a code. The message says why; `reason` is the same in one word.

    `reason` is one of `empty`, `address` (a link, but not of a label), `length`, `letter`, `check`.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def _multiply(a: int, b: int) -> int:
    """The product of two elements of GF(32), each an int of five bits."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & 0b100000:
            a ^= _GENERATOR
        b >>= 1
    return product


def _weights() -> list[int]:
    """x^10 down to x^0: eleven different weights, that of the check letter is one."""
    powers = [1]
    while len(powers) < LENGTH:
        powers.append(_multiply(powers[-1], 2))
    return powers[::-1]


# For each place: letter -> its weighted value. A sum is then eleven look-ups and XORs.
_TERMS: list[dict[str, int]] = [
    {letter: _multiply(weight, value) for value, letter in enumerate(LETTERS)}
    for weight in _weights()
]


def check_letter(letters: str) -> str:
    """The check letter of the ten `letters` (canonical)."""
    total = _SUM
    for terms, letter in zip(_TERMS[:-1], letters, strict=True):
        total ^= terms[letter]
    return LETTERS[total]


def new_code() -> str:
    """A new random code in canonical form: eleven letters, 50 random bits.

    None begins with K1T, which a person would read as the start of a maker's kit number.
    """
    while True:
        number = secrets.randbelow(POSSIBLE)
        letters = "".join([LETTERS[number >> shift & 31] for shift in range(45, -1, -5)])
        if not letters.startswith("K1T"):
            return letters + check_letter(letters)


def new_codes(count: int) -> Iterator[str]:
    """`count` new codes, all different from each other."""
    seen: set[str] = set()
    while len(seen) < count:
        code = new_code()
        if code not in seen:
            seen.add(code)
            yield code


def parse(text: str) -> str:
    """The canonical form of the code in `text`; CodeError says what is wrong.

    Accepts a code in any case with blanks and dashes anywhere, O for 0, I and L for 1, Cyrillic
    letters that look alike, what a scanner types where the Ukrainian keyboard is on, the address in
    a label's symbol (`https://host/s/CODE`), and a GS1 Digital Link
    (`https://host/8004/PREFIXCODE`). Whose host it is, is for the caller to judge: see `host_of`.
    """
    total = 0
    if len(text) == LENGTH:
        try:
            for terms, letter in zip(_TERMS, text, strict=True):
                total ^= terms[letter]
        except KeyError:
            pass  # not canonical, which is no fault
        else:
            if total == _SUM:
                return text
    return _read(text)


def is_canonical(text: str) -> bool:
    """Whether `text` is a code in canonical form."""
    try:
        return parse(text) == text
    except CodeError:
        return False


def _read(text: str) -> str:
    """`parse` for what is not canonical already."""
    try:
        return _checked(_letters_of(text))
    except CodeError:
        if _CYRILLIC.search(text):
            try:
                return _checked(_letters_of(text.upper().translate(_UKRAINIAN_KEYS)))
            except CodeError:
                pass  # the first complaint is about what the person sees
        raise


def _letters_of(text: str) -> str:
    """The part of `text` that should be a code: upper case, without noise, folded."""
    text = text.strip()
    link = _LINK.fullmatch(text)
    if link:
        text = link["code"] or link["giai"]
    elif "/" in text or _ADDRESS.match(text):
        raise CodeError("address", "This address is not of a label of ours. Do not open it.")
    letters = _NOISE.sub("", text).upper()
    if not letters:
        raise CodeError("empty", "There is no code.")
    if letters.startswith(_KIT) and not link:
        raise CodeError("letter", "A kit number of the maker, not the code of a label.")
    return letters.translate(_LOOK_ALIKES)


def _checked(letters: str) -> str:
    if len(letters) != LENGTH:
        raise CodeError("length", f"A code has {LENGTH} letters; this has {len(letters)}.")
    total = 0
    for place, (terms, letter) in enumerate(zip(_TERMS, letters, strict=True), 1):
        if letter not in terms:
            raise CodeError("letter", f"“{letter}”, letter {place}, is not used in codes.")
        total ^= terms[letter]
    if total != _SUM:
        raise CodeError("check", "A letter is wrong, or two are swapped: look at the label again.")
    return letters


def looks_like(text: str) -> bool:
    """Whether `text` is meant as the code of a label, so that `parse` should judge it.

    True for whatever parses, and also for a wrong code that is written as we print it or stands in
    the address of a label. Eleven letters in a row that fail the check are more likely somebody
    else's serial number: False.
    """
    try:
        parse(text)
    except CodeError:
        stripped = text.strip()
        return bool(_LINK.fullmatch(stripped) or _AS_SHOWN.fullmatch(stripped))
    return True


def show(code: str) -> str:
    """A canonical code as people read it: `7F3K9-M2P4C-X`."""
    return f"{code[:5]}-{code[5:10]}-{code[10:]}"


def address(code: str, host: str, company_prefix: str = "") -> str:
    """What the symbol of `code` holds: an upper-case address, so that the symbol stays small.

    `host` may carry a port. With a GS1 company prefix it is a GS1 Digital Link (AI 8004, GIAI);
    ValueError for a prefix that is not 4 to 12 digits.
    """
    if company_prefix and not _COMPANY.fullmatch(company_prefix):
        raise ValueError(f"A GS1 company prefix has 4 to 12 digits, unlike {company_prefix!r}.")
    path = f"8004/{company_prefix}{code}" if company_prefix else f"S/{code}"
    return f"HTTPS://{host.upper()}/{path}"


def host_of(text: str) -> str:
    """The host (lower case, with its port) of a label's address; empty when it names none."""
    link = _LINK.fullmatch(text.strip())
    return (link["host"] or "").lower() if link else ""
