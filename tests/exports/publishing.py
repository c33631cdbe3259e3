"""The schema and the code lists of IATI 2.03 as a check."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from lxml import etree

from tests.house.parts import IATI, need

# Path of an attribute -> the list that its values come from.
LISTS = {
    "//iati-activities/@version": "Version",
    "//reporting-org/@type | //participating-org/@type | //provider-org/@type": "OrganisationType",
    "//participating-org/@role": "OrganisationRole",
    "//iati-activity/description/@type": "DescriptionType",
    "//activity-status/@code": "ActivityStatus",
    "//activity-date/@type": "ActivityDateType",
    "//activity-scope/@code": "ActivityScope",
    "//recipient-country/@code": "Country",
    "//sector/@vocabulary": "SectorVocabulary",
    "//sector/@code": "Sector",
    "//default-finance-type/@code": "FinanceType",
    "//budget/@type": "BudgetType",
    "//budget/@status": "BudgetStatus",
    "//value/@currency": "Currency",
    "//transaction-type/@code": "TransactionType",
    "//disbursement-channel/@code": "DisbursementChannel",
    "//result/@type": "ResultType",
    "//indicator/@measure": "IndicatorMeasure",
}


@cache
def schema() -> etree.XMLSchema:
    """The schema of activities; it includes the files beside it and asks nobody else."""
    file = Path(need(IATI)) / "schemas" / "iati-activities-schema.xsd"
    return etree.XMLSchema(etree.parse(file, etree.XMLParser(no_network=True)))


@cache
def codes(name: str) -> frozenset[str]:
    """The codes of a list."""
    file = Path(need(IATI)) / "codelists" / f"{name}.xml"
    return frozenset(str(code) for code in etree.parse(file).xpath("//code/text()"))


def read(document: str) -> etree._Element:
    """The document's root."""
    return etree.fromstring(document.encode(), etree.XMLParser(no_network=True))


def faults(document: str) -> list[str]:
    """Where a document is no IATI and why; empty for one that is."""
    root = read(document)
    checked = schema()
    checked.validate(root)
    found = [f"line {one.line}: {one.message}" for one in checked.error_log]
    for path, name in LISTS.items():
        strange = {str(value) for value in root.xpath(path)} - codes(name)
        found += [f"{path}: {value} is not in {name}" for value in sorted(strange)]
    return found
