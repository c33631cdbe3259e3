"""The newest checkpoint, for anybody to keep."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask
from flask.testing import FlaskClient

from tracker.db import transaction
from tracker.models import Checkpoint


def test_before_anything_is_signed_there_is_none(client: FlaskClient) -> None:
    answer = client.get("/api/v1/checkpoint")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_the_newest_checkpoint_is_told_to_anybody(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), transaction() as session:
        for size in (1, 5, 3):
            session.add(
                Checkpoint(
                    size=size, root=bytes([size]) * 32, note=f"a note over {size}\n",
                    signed_at=datetime(2026, 6, 1, 9, size, tzinfo=UTC),
                )
            )  # fmt: skip
    answer = client.get("/api/v1/checkpoint")
    assert answer.get_json() == {
        "size": 5,
        "root": "05" * 32,
        "note": "a note over 5\n",
        "signed_at": "2026-06-01T09:05:00+00:00",
    }
    known = {"If-None-Match": answer.headers["ETag"]}
    assert client.get("/api/v1/checkpoint", headers=known).status_code == 304
