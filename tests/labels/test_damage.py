"""What a damaged symbol bears, as docs/labels.md says: a few rows of its table, measured again."""

from __future__ import annotations

import pytest

from labels.symbol import Level
from tests.labels.damage import BEGIN, DAMAGES, END, PAGE, by_zxing, share_read


@pytest.mark.parametrize(
    "damage", ["2 pixels a module", "30 % contrast", "turned by 10°", "turned by 45°"]
)
@pytest.mark.parametrize("level", ["Q", "H"])
def test_every_symbol_is_read_small_faded_and_turned(damage: str, level: Level) -> None:
    assert share_read(damage, level, by_zxing) == 1


def test_a_higher_level_bears_more() -> None:
    shares = [share_read("15 % covered", level, by_zxing) for level in ("M", "Q", "H")]
    assert shares == sorted(shares)
    assert shares[0] < shares[2]


def test_the_page_has_a_row_for_every_damage() -> None:
    table = PAGE.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]
    rows = [line.split("|")[1].strip() for line in table.splitlines()[2:] if line]
    assert rows == list(DAMAGES)
