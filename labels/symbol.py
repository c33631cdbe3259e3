"""QR symbols: `qrcode` encodes, and one press gives thousands of them by XOR.

For one address, version and mask, the modules of a symbol are an affine function, over GF(2), of
the bits that hold the code: the code's bits, the Reed-Solomon words made from them, and the mask.
So a `Press` lets `qrcode` make one symbol and one more for each bit, keeps the differences as
integers, and from then on a symbol is a few XORs. The tests hold it to `qrcode`, bit for bit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from qrcode import constants
from qrcode.exceptions import DataOverflowError
from qrcode.main import QRCode
from qrcode.util import MODE_ALPHA_NUM, QRData

from labels.codes import LENGTH

ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
QUIET = 4  # modules of white that a reader needs on every side (ISO/IEC 18004)
Level = Literal["M", "Q", "H"]

_LEVELS: dict[Level, int] = {
    "M": constants.ERROR_CORRECT_M,
    "Q": constants.ERROR_CORRECT_Q,
    "H": constants.ERROR_CORRECT_H,
}
LEVELS: tuple[Level, ...] = tuple(_LEVELS)  # from weak to strong
_DARK = re.compile("1+")


class SymbolError(ValueError):
    """A text that cannot be a symbol: not in upper case, or too long. The message says which."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A square of modules, without its quiet zone.

    `size` is modules per side. `bits` holds a light column after each row (which keeps the runs of
    a row apart): module (x, y) is bit `size * (size + 1) - 1 - (y * (size + 1) + x)`, 1 for dark.
    """

    size: int
    bits: int

    def is_dark(self, x: int, y: int) -> bool:
        """Whether the module in column `x` of row `y`, both from the top left, is dark."""
        stride = self.size + 1
        return bool(self.bits >> (self.size * stride - 1 - (y * stride + x)) & 1)

    def spans(self) -> Iterator[tuple[int, int]]:
        """First and past-the-last position of each run of dark modules, counted along the bits."""
        width = self.size * (self.size + 1)
        return map(re.Match.span, _DARK.finditer(f"{self.bits:0{width}b}"))

    def runs(self) -> Iterator[tuple[int, int, int]]:
        """Each horizontal run of dark modules as (x, y, length), from the top left."""
        for start, end in self.spans():
            y, x = divmod(start, self.size + 1)
            yield x, y, end - start


def encode(
    text: str, level: Level = "Q", version: int | None = None, mask: int | None = None
) -> Symbol:
    """The symbol of `text` in alphanumeric mode, as `qrcode` makes it.

    Without `version` the smallest that fits, without `mask` the one that reads best. Raises
    SymbolError for letters that alphanumeric mode lacks (any lower case) and for too much text.
    """
    code = _prepared(text, level, version, mask)
    code.make(fit=False)
    return _symbol_of(code)


@lru_cache(maxsize=512)
def modules(length: int, level: Level) -> int:
    """Modules per side, without quiet zone, of the smallest symbol that holds `length` letters."""
    return _size(_prepared("A" * length, level, None, None).version)


class Press:
    """Makes the symbols of all addresses that are `prefix` and a code, each by a few XORs.

    Letters go in pairs of 11 bits, and a last single one of 6. The first letter of the code may
    share its pair with the last letter of the prefix; what changes starts with that pair.
    """

    def __init__(self, prefix: str, level: Level = "Q") -> None:
        kept = len(prefix) // 2 * 2
        self._fixed, self._shared = prefix[:kept], prefix[kept:]
        self._letters = len(self._shared) + LENGTH
        sample = _prepared(prefix + "7F3K9M2P4CX", level, None, None)
        self.level: Level = level
        self.version: int = sample.version
        self.mask: int = sample.best_mask_pattern()
        self.size = _size(self.version)
        self._blank = self._bits_of("0" * self._letters)
        self._pairs = [
            (slice(start, start + 2), _Differences(self._basis(start)))
            for start in range(0, self._letters, 2)
        ]

    def symbol(self, code: str) -> Symbol:
        """The symbol of the prefix and `code`, which must be canonical."""
        changing = self._shared + code
        bits = self._blank
        for place, differences in self._pairs:
            bits ^= differences[changing[place]]
        return Symbol(self.size, bits)

    def _basis(self, start: int) -> list[int]:
        """What each bit of the pair at `start` changes, the lowest bit first."""
        letters = min(2, self._letters - start)
        rest = "0" * (self._letters - start - letters)
        return [
            self._blank ^ self._bits_of("0" * start + _letters_for(1 << bit, letters) + rest)
            for bit in range(11 if letters == 2 else 6)
        ]

    def _bits_of(self, changing: str) -> int:
        return encode(self._fixed + changing, self.level, self.version, self.mask).bits


class _Differences(dict[str, int]):
    """One or two letters -> what they change in the blank symbol. Worked out when first asked."""

    def __init__(self, basis: list[int]) -> None:
        super().__init__()
        self._basis = basis

    def __missing__(self, letters: str) -> int:
        value = 0
        for letter in letters:
            value = value * 45 + ALPHANUMERIC.index(letter)
        difference = 0
        for bit, change in enumerate(self._basis):
            if value >> bit & 1:
                difference ^= change
        self[letters] = difference
        return difference


@lru_cache(maxsize=32)
def press(prefix: str, level: Level = "Q") -> Press:
    """The press for `prefix`; making one takes some 40 symbols' time, so it is kept."""
    return Press(prefix, level)


def _letters_for(value: int, count: int) -> str:
    """The `count` letters (1 or 2) that alphanumeric mode encodes as `value`."""
    first, last = divmod(value, 45)
    return ALPHANUMERIC[first] + ALPHANUMERIC[last] if count == 2 else ALPHANUMERIC[last]


def _prepared(text: str, level: Level, version: int | None, mask: int | None) -> Any:
    """A QRCode that holds `text`, its version chosen; SymbolError when that cannot be."""
    if not set(text) <= set(ALPHANUMERIC):
        wrong = min(set(text) - set(ALPHANUMERIC))
        raise SymbolError(f"{wrong!r} cannot stand in a symbol in alphanumeric mode: {text!r}")
    code = QRCode(version, _LEVELS[level], mask_pattern=mask)
    code.add_data(QRData(text.encode(), mode=MODE_ALPHA_NUM))
    try:
        code.best_fit(start=version)
    except (DataOverflowError, ValueError):  # the library leaves version 41 by either
        raise SymbolError(f"{len(text)} letters are too many for a symbol.") from None
    return code


def _size(version: int) -> int:
    return 4 * version + 17


def _symbol_of(code: Any) -> Symbol:
    """What `qrcode` has made, as a Symbol."""
    rows = ["".join("1" if dark else "0" for dark in row) + "0" for row in code.modules]
    return Symbol(len(rows), int("".join(rows), 2))
