"""What the documents say is there: links lead to files, settings are told, changes are written."""

from __future__ import annotations

import re

from tests.house.sources import ROOT, short, tracked
from tracker.config import DEFAULTS, KEY_NAMES

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def documents() -> dict[str, str]:
    return {
        short(path): path.read_text(encoding="utf-8") for path in tracked() if path.suffix == ".md"
    }


def test_every_link_in_a_document_leads_to_a_file() -> None:
    lost = [
        f"{name}: {target}"
        for name, text in documents().items()
        for target in LINK.findall(text)
        if "://" not in target and not (ROOT / name).parent.joinpath(target).exists()
    ]
    assert lost == []
    assert "docs/privacy.md" in documents()


def test_every_setting_is_told_with_its_default() -> None:
    table = documents()["docs/operating.md"]
    rows = dict(re.findall(r"^\| `TRACKER_(\w+)` \| `?(\S*?)`? ?\|", table, re.MULTILINE))
    told = {
        name: int(value) if isinstance(value, bool) else value for name, value in DEFAULTS.items()
    }
    assert {name: rows.get(name) for name in DEFAULTS} == {n: str(v) for n, v in told.items()}
    assert all(name.upper() in table for name in KEY_NAMES)


def test_the_newest_changes_are_written_down_first() -> None:
    changes = re.findall(r"^## (.+)$", documents()["CHANGELOG.md"], re.MULTILINE)
    assert changes[0] == "Unreleased"
