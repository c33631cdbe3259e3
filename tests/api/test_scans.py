"""POST /api/v1/scans: every scan gets its own answer, in order, and one bad scan harms no other."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import Flask
from sqlalchemy import func, select

from labels.codes import show
from tests.api.conftest import Phone, Stock, scan, stamped
from tracker.db import db
from tracker.domain.permissions import SYSTEM, TABLE, Action, Actor, Role, scannable
from tracker.models import Discrepancy, Event, Item
from tracker.services import packing


def events_of(app: Flask, scan_id: str) -> int:
    with app.app_context():
        found = db.session.scalar(select(func.count()).where(Event.id == scan_id))
        return int(found or 0)


def test_a_scan_is_recorded_and_tells_where_the_unit_stands(
    coordinator: Phone, stock: Stock, app: Flask
) -> None:
    one = scan(stock.codes[0])
    [result] = coordinator.results(one)
    assert result["id"] == one["id"]
    assert result["outcome"] == "recorded"
    assert result["gap"] == result["flags"] == []
    assert result["item"]["code"] == stock.codes[0]
    assert result["item"]["status"] == "in_stock"
    assert events_of(app, one["id"]) == 1


def test_answers_come_in_the_order_of_the_scans(coordinator: Phone, stock: Stock) -> None:
    scans = [scan(code) for code in reversed(stock.codes)]
    results = coordinator.results(*scans)
    assert [result["id"] for result in results] == [one["id"] for one in scans]
    assert [result["item"]["code"] for result in results] == stock.codes[::-1]


def test_a_bad_scan_is_invalid_and_refuses_no_other(
    coordinator: Phone, stock: Stock, app: Flask
) -> None:
    good, bad = scan(stock.codes[0]), scan(stock.codes[1], note="x" * 2001, device_seq=-1)
    results = coordinator.results("nonsense", good, bad, {}, scan(stock.codes[2]))
    assert [result["outcome"] for result in results] == [
        "invalid", "recorded", "invalid", "invalid", "recorded",
    ]  # fmt: skip
    assert results[0]["id"] is None
    assert results[2]["id"] == bad["id"]
    problem = results[2]["problem"]
    assert problem["type"] == "/problems/invalid-value"
    assert set(problem["errors"]) == {"note", "device_seq"}
    assert problem["next_step"]
    assert events_of(app, bad["id"]) == 0


def test_a_code_is_read_in_every_form(coordinator: Phone, stock: Stock) -> None:
    code = stock.codes[3]
    written = [
        show(code),
        code.lower(),
        f"HTTPS://ANY.EXAMPLE/S/{code}",
        f"https://any.example/s/{code.lower()}?x=1",
        f" {code} ",
    ]
    results = coordinator.results(*[scan(text) for text in written])
    assert [result["item"]["code"] for result in results] == [code] * len(written)


def test_a_unit_is_found_by_its_makers_number_too(coordinator: Phone, stock: Stock) -> None:
    [result] = coordinator.results(scan("КІTEX0000002"))  # the first two letters are Cyrillic
    assert result["item"]["code"] == stock.codes[2]


def test_what_cannot_be_a_code_is_invalid(coordinator: Phone) -> None:
    texts = ["https://evil.example/x", "www.evil.example", "00000-00000-0", "X" * 36, "..",
             "x" * 201]  # fmt: skip
    results = coordinator.results(*[scan(text) for text in texts])
    assert [result["outcome"] for result in results] == ["invalid"] * len(texts)


def test_a_code_that_names_nothing_yet_is_kept(
    coordinator: Phone, stock: Stock, app: Flask
) -> None:
    scans = [scan(stock.blank), scan("EX-UNHEARD-OF")]
    results = coordinator.results(*scans)
    assert [result["outcome"] for result in results] == ["unknown_code", "unknown_code"]
    assert [events_of(app, one["id"]) for one in scans] == [1, 1]


def test_the_same_scan_again_is_a_duplicate_with_the_first_receipt(
    coordinator: Phone, stock: Stock, app: Flask
) -> None:
    one = scan(stock.codes[0])
    [first] = coordinator.results(one)
    [second] = coordinator.results(one)
    assert second["outcome"] == "duplicate"
    assert second["receipt"] == first["receipt"]
    assert events_of(app, one["id"]) == 1


def test_a_live_scan_that_does_not_fit_is_refused_with_what_is_allowed(
    coordinator: Phone, stock: Stock, app: Flask
) -> None:
    one = scan(stock.codes[0], "repaired")
    [result] = coordinator.results(one, mode="live")
    assert result["outcome"] == "refused"
    assert "receiving" in result["allowed"]
    assert result["problem"]["type"] == "/problems/does-not-fit"
    assert result["problem"]["status"] == 409
    assert "receipt" not in result
    assert events_of(app, one["id"]) == 0
    [confirmed] = coordinator.results({**one, "confirm": True}, mode="live")
    assert confirmed["outcome"] == "misfit"
    assert "confirmed" in confirmed["flags"]


def test_a_live_scan_is_told_what_it_lacks(coordinator: Phone, stock: Stock) -> None:
    one = scan(stock.codes[0])
    del one["location"]
    [result] = coordinator.results(one, mode="live")
    assert (result["outcome"], result["missing"]) == ("refused", ["location"])


def test_a_step_of_another_role_is_forbidden_and_not_kept(
    phone: Callable[[str], Phone], stock: Stock, app: Flask
) -> None:
    one = scan(stock.codes[0], step="deploying", location="EX-WH-2")
    [result] = phone("warehouse").results(one)
    assert result["outcome"] == "forbidden"
    assert result["problem"]["type"] == "/problems/not-allowed"
    assert events_of(app, one["id"]) == 0
    [allowed] = phone("warehouse").results(scan(stock.codes[0]))
    assert allowed["outcome"] == "recorded"


def test_a_label_is_no_second_identifier_of_itself(coordinator: Phone, stock: Stock) -> None:
    said = {"receiver": "EY", "act": "ACT-1"}
    alone = scan(stock.codes[0], "accepting", second_identifier=stock.codes[0], **said)
    maker = scan(stock.codes[1], "accepting", second_identifier="kitex 0000001", **said)
    other = scan(stock.codes[2], "accepting", second_identifier="KITEX0000001", **said)
    flags = [result["flags"] for result in coordinator.results(alone, maker, other)]
    assert "label_only" in flags[0]
    assert not {"label_only", "wrong_serial"} & set(flags[1])
    assert "wrong_serial" in flags[2]


def test_everything_that_a_scan_says_is_kept(coordinator: Phone, stock: Stock, app: Flask) -> None:
    said: dict[str, Any] = {
        "device_seq": 7,
        "condition": "damaged",
        "note": "  Кришка тріснула.\r\nБез кабелю 📦  ",
        "evidence": ["ab" * 32],
        "findings": {"present": True, "working": False, "civilian_use": True},
        "act": "АКТ № 7/2026",
        "report": "ЄО-12",
        "receiver": "ey",
    }
    one = scan(stock.codes[0], "inspecting", **said)
    coordinator.results(one)
    with app.app_context():
        body = json.loads(db.session.scalars(select(Event.body).where(Event.id == one["id"])).one())
    assert body["note"] == said["note"].strip()
    assert body["receiver"] == "EY"
    assert {name: body[name] for name in ("device_seq", "condition", "evidence", "findings")} == {
        name: said[name] for name in ("device_seq", "condition", "evidence", "findings")
    }


def test_an_error_is_declared_with_its_reason_or_not_at_all(
    coordinator: Phone, stock: Stock, app: Flask
) -> None:
    wrong = scan(stock.codes[0])
    declaring = scan(
        stock.codes[0], "declaring_error", declares=wrong["id"], reason="did_not_occur"
    )
    without = {name: said for name, said in declaring.items() if name != "reason"}
    beside = scan(stock.codes[0], declares=wrong["id"], reason="did_not_occur")
    results = coordinator.results(wrong, {**without, "id": str(uuid4())}, beside, declaring)
    assert [result["outcome"] for result in results] == [
        "recorded", "invalid", "invalid", "recorded",
    ]  # fmt: skip
    with app.app_context():
        status = select(Item.status).where(Item.code == stock.codes[0])
        assert db.session.scalars(status).one() == "announced"


def test_a_receipt_is_signed_so_that_anybody_can_check_it(coordinator: Phone, stock: Stock) -> None:
    one = scan(stock.codes[0])
    [result] = coordinator.results(one)
    receipt = result["receipt"]
    shown = coordinator.client.get("/api/v1/receipt-key").get_json()
    key = Ed25519PublicKey.from_public_bytes(b64decode(shown["public_key"]))
    lines = ["kittrail-receipt-v1", one["id"], receipt["hash"], str(receipt["item_seq"]),
             receipt["recorded_at"], ""]  # fmt: skip
    signature = b64decode(receipt["signature"])
    key.verify(signature, "\n".join(lines).encode())
    with pytest.raises(InvalidSignature):
        key.verify(signature, "\n".join([*lines[:3], "99", *lines[4:]]).encode())


def test_without_a_key_receipts_are_not_signed(
    coordinator: Phone, stock: Stock, app: Flask
) -> None:
    app.config["KEYS"] = {}
    [result] = coordinator.results(scan(stock.codes[0]))
    assert set(result["receipt"]) == {"hash", "item_seq", "recorded_at"}
    assert coordinator.client.get("/api/v1/receipt-key").status_code == 404


def test_a_thousand_scans_are_one_batch_and_more_are_too_many(
    coordinator: Phone, stock: Stock
) -> None:
    scans = [scan(stock.codes[i % len(stock.codes)]) for i in range(1000)]
    assert len(coordinator.results(*scans)) == 1000
    answer = coordinator.send(*scans, scan(stock.codes[0]))
    assert (answer.status_code, answer.get_json()["type"]) == (413, "/problems/too-large")


BAD_ENVELOPES: list[tuple[dict[str, Any], str]] = [
    ({"mode": "live", "scans": [1]}, "sent_at"),
    ({"sent_at": "2026-05-01T09:30:00", "mode": "live", "scans": [1]}, "sent_at"),
    ({"sent_at": "0000-05-01T09:30:00Z", "mode": "live", "scans": [1]}, "sent_at"),
    ({"sent_at": "2026-02-30T09:30:00Z", "mode": "live", "scans": [1]}, "sent_at"),
    ({"sent_at": "2026-05-01T09:30:00Z", "mode": "later", "scans": [1]}, "mode"),
    ({"sent_at": "2026-05-01T09:30:00Z", "mode": "live", "scans": []}, "scans"),
    ({"sent_at": "2026-05-01T09:30:00Z", "mode": "live", "scans": {}}, "scans"),
    ({"sent_at": "2026-05-01T09:30:00Z", "mode": "live", "scans": [1], "x": 1}, "x"),
]


def test_a_bad_envelope_is_refused_by_the_field(coordinator: Phone) -> None:
    for batch, named in BAD_ENVELOPES:
        answer = coordinator.post("/scans", json=batch)
        assert (answer.status_code, answer.mimetype) == (422, "application/problem+json"), batch
        assert set(answer.get_json()["errors"]) == {named}


def test_whoever_may_record_any_step_reaches_the_route() -> None:
    for role in Role:
        may_scan = bool(scannable(Actor("device:1", role)))
        assert may_scan is (role in TABLE[Action.REPORT_LOSS])


def test_without_a_token_nothing_is_taken(coordinator: Phone, stock: Stock, app: Flask) -> None:
    one = scan(stock.codes[0])
    batch = {"sent_at": stamped(), "mode": "live", "scans": [one]}
    answer = coordinator.client.post("/api/v1/scans", json=batch)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert events_of(app, one["id"]) == 0


def test_who_left_its_box_unsaid_is_told_so_until_the_missing_scan_comes(
    coordinator: Phone, stock: Stock, app: Flask
) -> None:
    with app.app_context():
        [box] = packing.make_units(1, "box", by=SYSTEM, now=datetime.now(UTC))
    coordinator.results(scan(stock.codes[0]))
    coordinator.results(scan(stock.codes[0], "packing", handling_unit=box))
    coordinator.results(scan(box, "shipping"))
    [result] = coordinator.results(scan(box))
    assert "discrepancy" not in result
    late = scan(stock.codes[0], "unpacking", handling_unit=box)
    one = scan(stock.codes[0], "returning")
    [result] = coordinator.results(one)
    assert (result["outcome"], result["discrepancy"]) == ("recorded", "left_box")
    coordinator.results(late)
    with app.app_context():
        [case] = db.session.query(Discrepancy).filter_by(kind="left_box", event=one["id"])
        assert case.state == "healed"


def test_who_scans_at_some_places_only_says_at_which(
    phone: Callable[[str], Phone], coordinator: Phone, stock: Stock
) -> None:
    """Left out, it could be any: what was done there is asked for, or looked into."""
    one = phone("warehouse")
    coordinator.results(scan(stock.codes[0]), scan(stock.codes[1]))
    returned = scan(stock.codes[0], "returning", location=None)
    [told] = one.results(returned, mode="live")
    assert (told["outcome"], told["missing"]) == ("refused", ["location"])
    [kept] = one.results(returned)
    assert (kept["outcome"], kept["flags"], kept["discrepancy"]) == (
        "recorded", ["incomplete"], "misfit",
    )  # fmt: skip
    [free] = coordinator.results(scan(stock.codes[1], "returning", location=None), mode="live")
    assert free["outcome"] == "recorded"
