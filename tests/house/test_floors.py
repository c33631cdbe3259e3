"""Arrows point down: the code holds the table, and the test sees it when it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house.floors import EVERYTHING, MAY_IMPORT, WIRING, violations

ROOT = Path(__file__).resolve().parents[2]


def plant(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def test_no_import_of_ours_points_up() -> None:
    assert violations(ROOT) == []


@pytest.mark.slow
def test_every_exception_is_still_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    for file in list(WIRING):
        with monkeypatch.context() as without:
            without.delitem(WIRING, file)
            assert any(found.startswith(f"{file}:") for found in violations(ROOT)), file


def test_the_table_knows_every_floor_and_has_no_circle() -> None:
    assert set(MAY_IMPORT) == EVERYTHING | {"tracker"}
    left = {floor: allowed - {"tracker"} for floor, allowed in MAY_IMPORT.items()}
    while free := {floor for floor, allowed in left.items() if not allowed & left.keys()}:
        left = {floor: allowed for floor, allowed in left.items() if floor not in free}
    assert not left


@pytest.mark.parametrize(
    ("file", "line", "named"),
    [
        ("tracker/domain/chain.py", "from tracker.models import Event", "tracker.models.Event"),
        ("tracker/domain/chain.py", "import flask", "flask"),
        ("tracker/domain/chain.py", "from ..ledger import record", "tracker.ledger.record"),
        ("tracker/models/items.py", "from tracker.queries import items", "tracker.queries.items"),
        ("tracker/queries/items.py", "from tracker import services", "tracker.services"),
        ("tracker/services/imports/items.py", "from flask import request", "flask.request"),
        ("tracker/services/imports/items.py", "import tracker.web.items", "tracker.web.items"),
        ("tracker/web/items.py", "from tracker.models.items import Item", "tracker.models.items"),
        ("tracker/web/items.py", "from tracker.api import items", "tracker.api.items"),
        ("tracker/api/items.py", "from tracker.db import db", "tracker.db.db"),
        ("tracker/queries/items.py", "from tracker.db import transaction", "may write"),
        ("tracker/queries/items.py", "session.commit()", "only transaction()"),
        ("tracker/errors.py", "from tracker.domain import chain", "tracker.domain.chain"),
        ("tracker/elsewhere.py", "from tracker import errors", "not a floor"),
        ("tracker/web/items.py", "from tracker.elsewhere import anything", "tracker.elsewhere"),
        ("tracker/ledger/record.py", "from tracker.services import acts", "tracker.services.acts"),
        ("tracker/ledger/record.py", "from flask import request", "flask.request"),
        (
            "tracker/ledger/standalone/verifier.py",
            "from tracker.domain import chain",
            "domain.chain",
        ),
        ("tracker/ledger/standalone/verifier.py", "import cryptography", "cryptography"),
        ("tracker/files/sheets.py", "from tracker.db import db", "tracker.db.db"),
        ("tracker/files/sheets.py", "import sqlalchemy", "sqlalchemy"),
        ("labels/codes.py", "from tracker import errors", "tracker.errors"),
        ("labels/codes.py", "import sqlalchemy.orm", "sqlalchemy"),
    ],
)
def test_a_planted_import_that_points_up_is_named(
    tmp_path: Path, file: str, line: str, named: str
) -> None:
    tree = plant(tmp_path, {file: f'"""Planted."""\n\n\ndef verb() -> None:\n    {line}\n'})
    [found] = violations(tree)
    assert found.startswith(f"{file}:5: ")
    assert named in found


def test_imports_that_point_down_are_let_through(tmp_path: Path) -> None:
    tree = plant(
        tmp_path,
        {
            "tracker/__init__.py": "from tracker import config, web\nfrom tracker.db import db\n",
            "tracker/domain/chain.py": "import hashlib\nfrom tracker.errors import Refusal\n",
            "tracker/services/imports/items.py": "from flask import current_app\nimport labels\n",
            "tracker/web/items.py": "import flask\nfrom tracker.services import items\n",
            "tracker/cli.py": "from tracker import create_app\n",
            "labels/pdf.py": "from labels.codes import check\nimport reportlab\n",
        },
    )
    assert violations(tree) == []
