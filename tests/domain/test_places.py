"""Places: every code of the codifier leads to its oblast, and none that it lacks does."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import tracker
from tracker.domain.places import (
    BY_PCODE,
    MACRO_REGIONS,
    OBLASTS,
    UnknownPlace,
    hromada,
    macro_region,
    oblast_of,
)

REFERENCE = Path(tracker.__file__).parent / "reference"


def codifier() -> list[dict[str, str]]:
    with (REFERENCE / "katottg.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_there_are_27_first_level_units() -> None:
    assert len(OBLASTS) == len(BY_PCODE) == 27


def test_luhansk_has_different_numbers_in_different_schemes() -> None:
    assert (BY_PCODE["UA44"].name_en, BY_PCODE["UA44"].iso) == ("Luhansk", "UA-09")


def test_every_row_of_the_codifier_lies_in_an_oblast() -> None:
    rows = codifier()
    assert len(rows) == 1908
    assert all(oblast_of(row["katottg"]).pcode == row["katottg"][:4] for row in rows)


def test_every_hromada_is_found_by_its_code_and_only_hromadas_are() -> None:
    for row in codifier():
        found = hromada(row["katottg"])
        assert (found.name_uk if found else None) == (
            row["name_uk"] if row["level"] == "hromada" else None
        )


def test_a_settlement_lies_in_the_hromada_its_code_begins_with() -> None:
    found = hromada("UA63140030010012345")
    assert found is not None
    assert (found.name_uk, found.oblast.name_en) == ("Зміївська", "Kharkiv")


def test_an_oblast_is_its_own_oblast_and_no_hromada() -> None:
    assert oblast_of("UA46000000000026241").name_en == "Lviv"
    assert hromada("UA46000000000026241") is None


def test_a_district_of_kyiv_lies_in_kyiv() -> None:
    assert oblast_of("UA80000000000126643").name_en == "Kyiv"


@pytest.mark.parametrize(
    "code", ["", "UA46", "UA99000000000012345", "UA46990990000012345", "UA63140030000091353"]
)
def test_a_code_that_the_codifier_lacks_is_unknown(code: str) -> None:
    with pytest.raises(UnknownPlace):
        oblast_of(code)


def test_every_oblast_is_in_exactly_one_macro_region() -> None:
    pcodes = sorted(pcode for region in MACRO_REGIONS for pcode in region.pcodes)
    assert pcodes == sorted(BY_PCODE)
    assert macro_region("UA63").name_en == "East"
    with pytest.raises(UnknownPlace):
        macro_region("UA02")
