"""The quick way in for scans and the schema that describes it agree on every scan."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from tracker.domain.lifecycle import DECLARING_ERROR, ERROR_REASONS, STEPS
from tracker.domain.scans import Scan
from tracker.errors import InvalidValue
from tracker.schemas.scans import ScanSchema, read_scan

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)
PLAUSIBLE = {
    "id": st.uuids().map(str),
    "code": st.text("0123456789ABCDEF-", min_size=1, max_size=13),
    "step": st.sampled_from(sorted(STEPS)),
    "occurred_at": st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat()),
    "device_seq": st.integers(0, 2**53),
    "location": st.text("ABCабв-1 ", max_size=34),
    "note": st.text(max_size=30),
    "evidence": st.lists(st.text("ab", min_size=64, max_size=64), max_size=3),
    "findings": st.dictionaries(st.sampled_from(["present", "working", "?"]), st.booleans()),
    "confirm": st.booleans(),
    "signature": st.text("abc=", min_size=1, max_size=9),
    "reason": st.sampled_from([*ERROR_REASONS, "boredom"]),
}
REQUIRED = ("id", "code", "step", "occurred_at")


def mixed(name: str) -> st.SearchStrategy[Any]:
    return PLAUSIBLE[name] | ANYTHING if name in PLAUSIBLE else ANYTHING


SCANS = st.fixed_dictionaries(
    {name: PLAUSIBLE[name] for name in REQUIRED},
    optional={name: mixed(name) for name in [*PLAUSIBLE, "unknown"] if name not in REQUIRED},
)
BROKEN = st.dictionaries(st.sampled_from([*PLAUSIBLE, "unknown"]), ANYTHING)


def by_schema(raw: Any) -> dict[str, Any] | None:
    """What marshmallow makes of a scan; None when it refuses it."""
    try:
        loaded = ScanSchema().load(raw)
    except ValidationError:
        return None
    said = {name: value for name, value in loaded.items() if value is not None}
    declares = said.get("step") == DECLARING_ERROR
    whole = declares is ("declares" in said) and declares is (said.get("reason") in ERROR_REASONS)
    return said if whole else None


def quickly(raw: Any) -> dict[str, Any] | None:
    """What the quick way makes of it."""
    try:
        return read_scan(raw)
    except InvalidValue:
        return None


@given(SCANS | BROKEN | ANYTHING)
def test_the_quick_way_reads_what_the_schema_reads_and_nothing_else(raw: Any) -> None:
    assert quickly(raw) == by_schema(raw)


@given(SCANS)
def test_what_is_read_makes_a_scan_with_aware_times(raw: Any) -> None:
    said = quickly(raw)
    if said is not None:
        scan = Scan(**said)
        assert scan.occurred_at.utcoffset() is not None
        assert scan.id == scan.id.lower()
