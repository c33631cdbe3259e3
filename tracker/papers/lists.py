"""Tables of units that several papers have: numbered, with every maker's number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from tracker.papers.parts import Line, Side
from tracker.papers.sheet import Column, Sheet

NUMBER = Column("№", "no.", 5, is_number=True)
CODE = Column("Етикетка", "label", 17, bold=True)
PRODUCT = Column("Виріб", "product", 24)
NUMBERS = Column("Ідентифікатори", "identifiers", 40)
BOX = Column("Місце", "package", 12)
VALUE = Column("Вартість", "value", 12, is_number=True)
REMARK = Column("Примітка", "remark", 22)


def identifiers(line: Line) -> str:
    """The makers' numbers of a unit, one a line."""
    return "\n".join(f"{scheme} {value}" for scheme, value in line.identifiers) or "—"


def in_short(line: Line) -> tuple[str, str]:
    """The product in Ukrainian and the makers' numbers, each on one line: for long lists."""
    return line.product_uk, "  ".join(f"{scheme} {value}" for scheme, value in line.identifiers)


def product(line: Line) -> str:
    """Both names of what it is."""
    return f"{line.product_uk}\n{line.product_en}"


def value(line: Line) -> str:
    """Value and currency, or a dash for a unit without one."""
    return "—" if line.value is None else f"{money(line.value)} {line.currency}"


def remark(line: Line) -> str:
    """What is said of the unit."""
    return "\n".join(part for part in (line.remark_uk, line.remark_en) if part)


def money(amount: Decimal) -> str:
    """1 234,50 as Ukrainian papers write it."""
    return f"{amount:,.2f}".replace(",", "\u00a0").replace(".", ",")


def worth(lines: Sequence[Line]) -> str:
    """The sum for each currency, and how many units have no value."""
    sums: dict[str, Decimal] = {}
    for line in lines:
        if line.value is not None:
            sums[line.currency] = sums.get(line.currency, Decimal(0)) + line.value
    told = [f"{money(total)} {currency}" for currency, total in sorted(sums.items())]
    without = sum(1 for line in lines if line.value is None)
    if without:
        told.append(f"без вартості · without value: {without}")
    return "; ".join(told)


def totals(sheet: Sheet, lines: Sequence[Line]) -> None:
    """How many of each product."""
    counts = Counter((line.product_uk, line.product_en) for line in lines)
    sheet.table(
        [
            Column("Виріб", "product", 60),
            Column("Кількість", "quantity", 14, is_number=True, bold=True),
        ],
        [
            *([f"{uk} · {en}", str(many)] for (uk, en), many in sorted(counts.items())),
            ["Разом · total", str(len(lines))],
        ],
        size=9,
    )


def side(
    uk: str, en: str, one: Side | None, *, to_fill: bool = False
) -> list[tuple[str, str, str]]:
    """A party as facts: its name, its code, its seat. `to_fill` leaves room for an unknown code."""
    if one is None:
        return []
    code = one.code or ("_" * 16 if to_fill else "")
    name = one.name + (f"\nЄДРПОУ / код · code: {code}" if code else "")
    return [(uk, en, name + (f"\n{one.address}" if one.address else ""))]
