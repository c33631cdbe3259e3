"""The schema of EPCIS 2.0 as a check, with the formats that it names."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, FormatChecker

from tests.house.parts import EPCIS, need

FORMATS = {"uri", "date-time"}


@cache
def checker() -> Draft7Validator:
    """A validator of EPCIS documents. FormatChecker knows a format only if its package is there."""
    schema = json.loads((Path(need(EPCIS)) / "EPCISDocument.schema.json").read_text())
    formats = FormatChecker(FORMATS)
    return Draft7Validator(schema, format_checker=formats)


def faults(document: Any) -> list[str]:
    """Where a document is no EPCIS and why; empty for one that is."""
    return [
        f"{'/'.join(map(str, leaf.absolute_path))}: {leaf.message[:200]}"
        for fault in checker().iter_errors(document)
        for leaf in (fault.context or [fault])
    ]
