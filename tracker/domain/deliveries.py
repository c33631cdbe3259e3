"""Deliveries: what a person says of a list that is imported, and how deliveries are named."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Which:
    """Which delivery a list is of, where somebody says so.

    `same`: it is the list of a delivery that is here, again; `refs` say of which, by reference
    (`FLP-17.2`) or, of a file of one pledge, by number. `new`: it is another one, whatever it looks
    like. Nothing said: the same bytes are the same list, and anything else is another.
    """

    same: bool = False
    new: bool = False
    refs: tuple[str, ...] = ()

    @property
    def is_said(self) -> bool:
        """Whether anybody says anything."""
        return self.same or self.new or bool(self.refs)


UNSAID = Which()


def ref_of(pledge: str, number: int) -> str:
    """The reference of a pledge's delivery: `FLP-17.2`."""
    return f"{pledge}.{number}"
