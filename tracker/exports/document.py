"""JSON, as `reference/donor-export.schema.json` describes it; published at `/schemas/...`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from tracker.domain.unit_proofs import RUNGS, UnitProof
from tracker.exports import words
from tracker.exports.parcel import Export
from tracker.exports.words import Pair

SCHEMA_NAME = "donor-export-1.json"


def address(server: str) -> str:
    """Where this installation publishes the schema: its `$id`."""
    scheme = "http" if server.startswith(("localhost", "127.")) else "https"
    return f"{scheme}://{server}/schemas/{SCHEMA_NAME}"


@cache
def schema(server: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of the export, with the address it is published at."""
    text = (files("tracker") / "reference" / "donor-export.schema.json").read_text("utf-8")
    described: dict[str, Any] = json.loads(text)
    return {"$schema": described.pop("$schema"), "$id": address(server), **described}


def write(export: Export) -> Iterator[bytes]:
    """The document; units come last, in pieces, because there may be many."""
    told = _serialised(export)
    if export.units is None:
        yield f"{_compact(told)}\n".encode()
        return
    yield f'{_compact(told)[:-1]},"units":['.encode()
    before = ""
    for unit in export.units():
        yield f"{before}\n{_compact(_unit(unit))}".encode()
        before = ","
    yield b"\n]}\n"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _serialised(export: Export) -> dict[str, Any]:
    view, said = export.view, export.said
    counts = view.counts
    told: dict[str, Any] = {
        "$schema": address(said.server),
        "made_at": said.made,
        "known_until": said.known_until.isoformat(),
        "delay_days": said.delay_days,
        "small_cell": said.small_cell,
        "ledger": _ledger(export),
        "of": {"kind": view.portfolio.kind.value, "ref": export.reference,
               "name": _pair(export.names)},
        "totals_only": view.totals_only,
        "donors": list(view.donor_names),
        "pledges": [
            {"ref": one.ref, "donor": one.donor_name, "initiative": one.initiative,
             "pledged_on": one.pledged_on.isoformat(), "units": one.pledged}
            for one in view.pledges
        ],
        "products": [
            {"name": _pair((line.product_uk, line.product_en)), "units": line.quantity}
            for line in view.lines
        ],
        "pledged": counts.pledged,
        "stages": counts.stages,
        "not_announced": counts.to_come,
        "damaged": counts.damaged,
        "proof": [
            {"rung": step.rung.value, "units": step.units, "newest_on": _day(step.newest_on)}
            for step in counts.ladder
        ],
        "open": counts.matters,
        "open_counted_on": _day(view.matters_on),
        "statements": [
            {"text": _pair((one.text_uk, one.text_en)), "pledge": one.pledge}
            for one in view.released
            if one.kind == "statement"
        ],
    }  # fmt: skip
    if not view.totals_only:
        told["days"] = [
            {"day": day.isoformat(), "stages": reached} for day, reached in counts.timeline
        ]
        told["places"] = _places(export)
    return told


def _ledger(export: Export) -> dict[str, Any] | None:
    ledger = export.said.ledger
    if ledger is None:
        return None
    return {"size": ledger.size, "root": ledger.root, "signed_on": ledger.signed_on.isoformat()}


def _places(export: Export) -> dict[str, Any] | None:
    places = export.view.places
    if places is None:
        return None
    return {
        "month": f"{places.month:%Y-%m}",
        "oblasts": [
            {"code": cell, "name": _pair(words.cell(cell)), "sites": sites}
            for cell, sites in places.cells.items()
        ],
        "other": places.other,
        "sectors": places.sectors,
    }


def _unit(unit: UnitProof) -> dict[str, Any]:
    return {
        "label": unit.code,
        "product": _pair((unit.product_uk, unit.product_en)),
        "stage": unit.stage,
        "proved_on": {
            rung.value: _day(day) for rung, day in zip(RUNGS, unit.days, strict=True) if day
        },
    }


def _pair(pair: Pair) -> dict[str, str]:
    return {"uk": pair[0], "en": pair[1]}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
