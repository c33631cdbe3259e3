"""The kinds of labels, and what each says. How it looks is in `layout.py` and `large.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from labels.codes import CodeError, address, parse
from labels.marks import MARKS

Says = tuple[str | int | tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Label:
    """What every label has: a canonical `code`, and the host of the address in its symbol.

    With a GS1 `company_prefix` the address is a GS1 Digital Link. Raises CodeError for a code that
    fails its check or is not canonical.
    """

    KIND: ClassVar[str] = ""

    code: str
    host: str
    company_prefix: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        if parse(self.code) != self.code:
            raise CodeError("letter", f"{self.code!r} is not in canonical form: parse it first.")

    @property
    def prefix(self) -> str:
        """The address in the symbol, without the code at its end."""
        return address("", self.host, self.company_prefix)

    @property
    def says(self) -> Says:
        """All that stands on it beside code and host: labels that say the same look the same."""
        return ()


@dataclass(frozen=True, slots=True)
class KitLabel(Label):
    """For one item: what it is, nothing that says whose it is or where it goes.

    Without product names it is a blank label, to be bound later.
    """

    KIND: ClassVar[str] = "kit"

    product_uk: str = ""
    product_en: str = ""

    @property
    def says(self) -> Says:
        """Both names."""
        return (self.product_uk, self.product_en)


@dataclass(frozen=True, slots=True)
class SmallLabel(Label):
    """For what is small: symbol and code.

    Where there is no room for the address the symbol holds the bare code: scanners and our own
    application read it as well, a phone's camera shows the letters.
    """

    KIND: ClassVar[str] = "small"


@dataclass(frozen=True, slots=True)
class CrateLabel(Label):
    """For a box or pallet, to be read across a room: code, contents, which of how many, marks.

    `number` of `of` is left out when zero. `marks` are names of `labels.marks.MARKS`; ValueError
    for one that is not.
    """

    KIND: ClassVar[str] = "crate"

    contents_uk: str = ""
    contents_en: str = ""
    number: int = 0
    of: int = 0
    marks: tuple[str, ...] = ("this_way_up", "fragile", "keep_dry")

    def __post_init__(self) -> None:
        Label.__post_init__(self)
        for mark in self.marks:
            if mark not in MARKS:
                raise ValueError(f"There is no mark {mark!r}; there is {', '.join(MARKS)}.")

    @property
    def says(self) -> Says:
        """Both names of the contents, which of how many, the marks."""
        return (self.contents_uk, self.contents_en, self.number, self.of, self.marks)


@dataclass(frozen=True, slots=True)
class LocationLabel(Label):
    """For a shelf, a gate, a room: scanned to say where. Never for a site."""

    KIND: ClassVar[str] = "location"

    name_uk: str = ""
    name_en: str = ""

    @property
    def says(self) -> Says:
        """Both names."""
        return (self.name_uk, self.name_en)
