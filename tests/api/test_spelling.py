"""A letter and its mark sent apart, as some keyboards and files have it, are kept as one."""

from __future__ import annotations

import json

from flask import Flask
from sqlalchemy import select

from tests.api.conftest import Phone, Stock, scan
from tracker.db import db
from tracker.models import Event


def test_a_note_in_another_spelling_is_recorded(
    coordinator: Phone, stock: Stock, app: Flask
) -> None:
    one = scan(stock.codes[0], note="Краи\u0306 подряпании\u0306, в \u0456\u0308жі")
    [result] = coordinator.results(one)
    assert result["outcome"] == "recorded"
    with app.app_context():
        body = json.loads(db.session.scalars(select(Event.body).where(Event.id == one["id"])).one())
    assert body["note"] == "Край подряпаний, в їжі"
