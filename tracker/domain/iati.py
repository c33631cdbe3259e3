"""A pledge as an IATI 2.03 activity, to be published: what was promised, handed over, is in use.

Made from the counts that its donor may see, and from the pledge itself; of the receiving side
there is one word. Nothing here takes an item, a site, a consignment, a person, or a note or purpose
in free words, which may name a place.

Source: IATI Standard 2.03, Activity Standard and code lists (2018).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree as ET

from tracker.domain.disclosure import Change, Counts
from tracker.domain.lifecycle import Rung

VERSION = "2.03"
LANGUAGES = ("en", "uk")
Words = tuple[str, str]
"""The same in English and in Ukrainian."""

SECTORS = {"satellite_terminal": "22020"}
OTHER_SECTOR = "22040"
"""DAC purposes: telecommunication satellites and earth stations for terminals; information and
communication technology for networks, servers, computers and what powers them. Not 72010 (material
relief): that is shelter, water, health and other goods for households."""

ORGANISATIONS = {
    "member_state": "10",
    "observer": "10",
    "private_sector": "70",
    "non_profit": "22",
}
"""The kind of a donor in IATI's list of organisation types."""

RECEIVERS: Words = ("Civilian institutions in Ukraine", "Цивільні установи в Україні")
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML can hold, however it is escaped."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who publishes: its identifier in IATI, its name, its kind (a code of OrganisationType)."""

    ref: str
    name: str
    kind: str = "10"


@dataclass(frozen=True, slots=True)
class Line:
    """Product x quantity of a pledge; `unit_value` in `currency` where it is known."""

    name_en: str
    name_uk: str
    kind: str
    quantity: int
    unit_value: Decimal | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """One pledge. `counts` and `changes` are what its donor may see, as of `counts.until`."""

    ref: str
    donor: str
    donor_kind: str
    pledged_on: date
    humanitarian: bool
    lines: Sequence[Line]
    counts: Counts
    changes: Sequence[Change]


def document(activities: Iterable[Activity], by: Publisher, made_at: datetime) -> str:
    """The activities as one XML document."""
    root = ET.Element("iati-activities", version=VERSION)
    root.set("generated-datetime", made_at.isoformat(timespec="seconds"))
    for activity in activities:
        root.append(_activity(activity, by, made_at))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def _activity(told: Activity, by: Publisher, made_at: datetime) -> ET.Element:
    """The elements stand in the order of the standard."""
    top = ET.Element("iati-activity", {"xml:lang": "en", "hierarchy": "1"})
    top.set("last-updated-datetime", made_at.isoformat(timespec="seconds"))
    top.set("humanitarian", "1" if told.humanitarian else "0")
    _add(top, "iati-identifier").text = _clean(f"{by.ref}-{told.ref}")
    reporting = _add(top, "reporting-org", ref=by.ref, type=by.kind)
    reporting.set("secondary-reporter", "0")
    _say(reporting, (by.name,))
    _say(_add(top, "title"), _title(told))
    _say(_add(top, "description", type="1"), _description(told))
    donor = _add(top, "participating-org", role="1", type=_kind(told.donor_kind))
    _say(donor, (told.donor,))
    accountable = _add(top, "participating-org", ref=by.ref, role="2", type=by.kind)
    _say(accountable, (by.name,))
    _add(top, "activity-status", code=_status(told.counts))
    _dates(top, told)
    _add(top, "activity-scope", code="4")
    _add(top, "recipient-country", code="UA", percentage="100")
    for code, share in _sectors(told.lines):
        _add(top, "sector", vocabulary="1", code=code, percentage=f"{share}")
    _add(top, "default-finance-type", code="110")  # a grant, in kind
    _money(top, told)
    _results(top, told)
    return top


def delivered(changes: Iterable[Change]) -> list[tuple[date, int]]:
    """By day, by how many more (or fewer) units a receiver had signed."""
    signed = {f"top:{rung.value}" for rung in list(Rung)[list(Rung).index(Rung.SIGNED_FOR) :]}
    days: dict[date, int] = {}
    for change in changes:
        if change.measure in signed:
            days[change.on] = days.get(change.on, 0) + change.change
    return [(day, units) for day, units in sorted(days.items()) if units]


def _title(told: Activity) -> Words:
    names = [", ".join(getattr(line, f"name_{key}") for line in told.lines) for key in LANGUAGES]
    return (
        f"Equipment for civil cyber resilience in Ukraine: {names[0]} ({told.ref})",
        f"Обладнання для цивільної кіберстійкості України: {names[1]} ({told.ref})",
    )


def _description(told: Activity) -> Words:
    pledged, until = told.counts.pledged, told.counts.until.isoformat()
    english = (
        f"Equipment given in kind: {pledged} units were pledged. Every unit is followed from the "
        f"pledge to its use; figures are as known on {until}."
    )
    ukrainian = (
        f"Обладнання передають у натуральній формі; обіцяно одиниць: {pledged}. Кожну простежують "
        f"від зобов’язання до використання; дані станом на {until}."
    )
    return english, ukrainian


def _kind(donor_kind: str) -> str:
    return ORGANISATIONS.get(donor_kind, "90")


def _status(counts: Counts) -> str:
    """1 nothing has come yet; 2 under way; 3 every pledged unit was signed for."""
    if counts.proved(Rung.SHIPPED) == 0:
        return "1"
    signed = counts.proved(Rung.SIGNED_FOR)
    return "3" if counts.pledged and signed >= counts.pledged else "2"


def _dates(top: ET.Element, told: Activity) -> None:
    """Planned from the day of the pledge; begun when the first unit moved."""
    _add(top, "activity-date", type="1").set("iso-date", told.pledged_on.isoformat())
    moved = [change.on for change in told.changes if change.measure.startswith("top:")]
    if moved:
        begun = max(min(moved), told.pledged_on)
        _add(top, "activity-date", type="2").set("iso-date", begun.isoformat())


def _sectors(lines: Sequence[Line]) -> list[tuple[str, Decimal]]:
    """Sectors with their shares of the units in percent, which add up to 100."""
    units: dict[str, int] = {}
    for line in lines:
        code = SECTORS.get(line.kind, OTHER_SECTOR)
        units[code] = units.get(code, 0) + line.quantity
    total = sum(units.values())
    if not total:
        return [(OTHER_SECTOR, Decimal(100))]
    shares = [(c, round(Decimal(100 * n) / total, 2)) for c, n in sorted(units.items()) if n]
    rest = 100 - sum(share for _, share in shares)
    return [(code, share + (rest if i == 0 else 0)) for i, (code, share) in enumerate(shares)]


def _values(lines: Iterable[Line]) -> dict[str, Decimal]:
    """What was promised, by currency; lines without a value are left out."""
    sums: dict[str, Decimal] = {}
    for line in lines:
        if line.unit_value is not None and line.currency and line.quantity:
            sums.setdefault(line.currency, Decimal(0))
            sums[line.currency] += line.quantity * line.unit_value
    return {currency: value for currency, value in sorted(sums.items()) if value}


def _money(top: ET.Element, told: Activity) -> None:
    """Budgets and transactions, where the lines have values."""
    values = _values(told.lines)
    start = told.pledged_on
    for currency, value in values.items():
        budget = _add(top, "budget", type="1", status="2")
        _add(budget, "period-start").set("iso-date", start.isoformat())
        _add(budget, "period-end").set("iso-date", (start + timedelta(days=364)).isoformat())
        _value(budget, value, currency, start)
    for currency, value in values.items():
        _transaction(top, told, "2", start, value, currency)
        for day, part in _parts(value, told):
            _transaction(top, told, "3", day, part, currency)


def _parts(value: Decimal, told: Activity) -> Iterator[tuple[date, Decimal]]:
    """The value of what was handed over, by day: in proportion to units, rounded once in all."""
    if not told.counts.pledged:
        return
    units, paid = 0, Decimal(0)
    for day, more in delivered(told.changes):
        units += more
        reached = round(value * units / told.counts.pledged, 2)
        if reached != paid:
            yield day, reached - paid
        paid = reached


_KINDS: dict[str, Words] = {
    "2": ("Pledged in kind", "Обіцяно в натуральній формі"),
    "3": (
        "Handed over in kind; the value is in proportion to the units",
        "Передано в натуральній формі; вартість пропорційна кількості одиниць",
    ),
}


def _transaction(
    top: ET.Element, told: Activity, kind: str, day: date, value: Decimal, currency: str
) -> None:
    row = _add(top, "transaction")
    _add(row, "transaction-type", code=kind)
    _add(row, "transaction-date").set("iso-date", day.isoformat())
    _value(row, value, currency, day)
    _say(_add(row, "description"), _KINDS[kind])
    _say(_add(row, "provider-org", type=_kind(told.donor_kind)), (told.donor,))
    _say(_add(row, "receiver-org"), RECEIVERS)
    _add(row, "disbursement-channel", code="4")  # aid in kind


def _value(parent: ET.Element, value: Decimal, currency: str, day: date) -> None:
    element = _add(parent, "value", currency=currency)
    element.set("value-date", day.isoformat())
    element.text = f"{value:.2f}"


def _results(top: ET.Element, told: Activity) -> None:
    """How many of the pledged units came, were signed for, are in use."""
    counts = told.counts
    using = counts.stages["in_use"] + counts.stages["inspected"]
    result = _add(top, "result", type="1")
    result.set("aggregation-status", "1")
    _say(
        _add(result, "title"), ("Equipment in civilian use", "Обладнання в цивільному використанні")
    )
    for words, units in (
        (("Units received in stock", "Одиниць отримано на склад"), counts.proved(Rung.RECEIVED)),
        (
            ("Units signed for by a receiver", "Одиниць прийнято за актом"),
            counts.proved(Rung.SIGNED_FOR),
        ),
        (("Units in use", "Одиниць у використанні"), using),
    ):
        indicator = _add(result, "indicator", measure="1", ascending="1")
        indicator.set("aggregation-status", "1")
        _say(_add(indicator, "title"), words)
        period = _add(indicator, "period")
        until = max(counts.until, told.pledged_on)
        _add(period, "period-start").set("iso-date", told.pledged_on.isoformat())
        _add(period, "period-end").set("iso-date", until.isoformat())
        _add(period, "target", value=str(counts.pledged))
        _add(period, "actual", value=str(units))


def _add(parent: ET.Element, name: str, **attributes: str) -> ET.Element:
    said = {key: _clean(value) for key, value in attributes.items()}
    return ET.SubElement(parent, name, said)


def _say(parent: ET.Element, words: Words | tuple[str]) -> None:
    """The words as narratives: the first in the activity's language, the second in Ukrainian."""
    for language, text in zip(LANGUAGES, words, strict=False):
        narrative = _add(parent, "narrative")
        if language != LANGUAGES[0]:
            narrative.set("xml:lang", language)
        narrative.text = _clean(text)


def _clean(text: str) -> str:
    return _ILLEGAL.sub("", text)
