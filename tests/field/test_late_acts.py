"""Acts and photos of a phone whose access ended, over the interface and from its file."""

from __future__ import annotations

import io
import json
import secrets
from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from PIL import Image
from werkzeug.test import TestResponse

from tests.field.conftest import Enrol
from tests.field.signing import SigningPhone
from tests.field.test_devices import act_text
from tests.web.conftest import World, send
from tracker.commands.scans import import_acts, import_scans, read_file
from tracker.db import db, transaction
from tracker.errors import ImportRefused
from tracker.models import Evidence, HandoverAct, LateAct, Location, Party
from tracker.services import uploads

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def picture() -> tuple[str, bytes]:
    """A photo as a phone has it: its SHA-256 and its bytes."""
    made = io.BytesIO()
    Image.frombytes("L", (64, 48), secrets.token_bytes(64 * 48)).save(made, "JPEG")
    return sha256(made.getvalue()).hexdigest(), made.getvalue()


def late(phone: SigningPhone, signed: dict[str, str]) -> TestResponse:
    return phone.client.post("/api/v1/late-acts", json=signed, headers=phone.headers)


def late_photo(phone: SigningPhone, sha: str, content: bytes, signed: str) -> TestResponse:
    query = {"offset": 0, "size": len(content), "signed": signed}
    path = f"/api/v1/late-evidence/{sha}"
    return phone.client.put(path, query_string=query, data=content, headers=phone.headers)


def revoke(world: World, phone: SigningPhone) -> None:
    assert send(world.as_("alice"), f"/devices/{phone.number}/revoke").status_code == 303


def acts(world: World) -> list[tuple[str, str]]:
    with world.app.app_context():
        rows = db.session.query(HandoverAct.state, HandoverAct.made_by)
        return [(row.state, row.made_by) for row in rows]


def test_a_late_act_waits_once_and_becomes_the_phone_s_own_by_a_decision(
    world: World, enrol: Enrol
) -> None:
    phone = enrol("SITE-0001")
    signed = phone.sign_act(act_text(lines=[{"code": world.codes[4]}]))
    revoke(world, phone)
    for _ in range(2):
        assert late(phone, signed).json == {"outcome": "set_aside"}
    assert acts(world) == []
    frank = world.as_("frank")
    assert "1 act" in frank.get("/devices").text
    page = frank.get(f"/devices/{phone.number}/late").text
    assert "Bob, director (HOSP)" in page
    form = {"act": json.loads(signed["text"])["id"], "verdict": "keep", "decision": "It is true."}
    send(frank, f"/devices/{phone.number}/late", form)
    assert acts(world) == [("signed", f"device:{phone.number}")]
    with world.app.app_context():
        [row] = db.session.query(LateAct)
        assert (row.state, row.decision) == ("kept", "It is true.")
    assert late(phone, signed).get_json()["outcome"] == "kept"
    assert "Nothing from this phone waits." in frank.get(f"/devices/{phone.number}/late").text


def test_a_refused_late_act_is_no_act(world: World, enrol: Enrol) -> None:
    phone = enrol("SITE-0001")
    signed = phone.sign_act(act_text(lines=[{"code": world.codes[4]}]))
    revoke(world, phone)
    late(phone, signed)
    form = {"act": json.loads(signed["text"])["id"], "verdict": "refuse", "decision": "Stolen."}
    assert send(world.as_("bob"), f"/devices/{phone.number}/late", form).status_code == 403
    nothing = send(world.as_("alice"), f"/devices/{phone.number}/late", {**form, "act": "no id"})
    assert nothing.status_code == 422
    send(world.as_("alice"), f"/devices/{phone.number}/late", form)
    assert acts(world) == []
    with world.app.app_context():
        assert [row.state for row in db.session.query(LateAct)] == ["refused"]


def test_only_what_an_ended_phone_signed_is_set_aside(world: World, enrol: Enrol) -> None:
    phone = enrol("SITE-0001")
    signed = phone.sign_act(act_text(lines=[{"code": world.codes[4]}]))
    assert late(phone, signed).status_code == 403  # its access has not ended
    revoke(world, phone)
    changed = {**signed, "text": signed["text"].replace("HOSP", "PL")}
    answer = late(phone, changed)
    assert (answer.status_code, answer.get_json()["type"]) == (403, "/problems/signature-wrong")
    other = signed["text"].replace("HOSP", "PL")
    assert late(phone, signed).status_code == 200
    assert late(phone, phone.sign_act(other)).status_code == 409  # an id has one text
    empty = late(phone, phone.sign_act(act_text(lines=[])))
    assert empty.status_code == 422
    with world.app.app_context():
        assert [row.said for row in db.session.query(LateAct)] == [signed["text"]]


def test_a_photo_is_taken_late_only_if_something_signed_names_it(
    world: World, enrol: Enrol
) -> None:
    phone = enrol("SITE-0001", "LVIV-1")
    (sha, content), (other, stranger) = picture(), picture()
    before, shown = picture()
    sent = phone.scan(world.codes[7], "accepting", act="A", receiver="HOSP", evidence=[before])
    phone.send(sent)  # recorded while it could; only its photo is late
    act = phone.sign_act(act_text(lines=[{"code": world.codes[4]}], photos=[sha]))
    named = json.loads(act["text"])["id"]
    revoke(world, phone)
    assert late_photo(phone, sha, content, named).status_code == 403
    late(phone, act)
    assert late_photo(phone, sha, content, named).json == {"received": len(content), "kept": True}
    assert late_photo(phone, other, stranger, named).status_code == 403
    assert late_photo(phone, before, shown, sent["id"]).get_json()["kept"]
    with world.app.app_context():
        for one in (sha, before):
            assert db.session.get(Evidence, uploads.kept_as(one)) is not None


@pytest.mark.parametrize("ended", [False, True])
def test_a_phone_s_file_is_imported_as_the_phone_s_own(
    world: World, enrol: Enrol, ended: bool
) -> None:
    phone = enrol("SITE-0001", "LVIV-1")
    sha, content = picture()
    act = phone.sign_act(act_text(lines=[{"code": world.codes[7]}], photos=[sha]))
    told = {
        "kittrail": "kittrail-unsent-1", "device": phone.number, "name": "Phone 1",
        "sent_at": "2026-05-01T10:00:00Z",
        "scans": [phone.scan(world.codes[7], "accepting", act="A", receiver="HOSP")],
        "acts": [act, {**act, "signature": "AAAA"}],
        "photos": [{"sha": sha, "jpeg": b64encode(content).decode()}, {"sha": sha}],
    }  # fmt: skip
    if ended:
        revoke(world, phone)
    file = json.dumps(told).encode()
    with world.app.app_context():
        unsent = read_file(file, "unsent.json")
        [outcome] = import_scans(unsent, now=NOW)
        counts = import_acts(unsent, now=NOW)
    assert outcome.result == ("set_aside" if ended else "recorded")
    assert counts == {("set_aside" if ended else "kept"): 1, "refused": 2, "photos": 1}
    assert acts(world) == ([] if ended else [("signed", f"device:{phone.number}")])


def test_a_file_of_an_unknown_phone_is_refused_whole(world: World) -> None:
    told = {"kittrail": "kittrail-unsent-1", "device": 99, "sent_at": "2026-05-01T10:00:00Z",
            "scans": [], "acts": [], "photos": []}  # fmt: skip
    with world.app.app_context(), pytest.raises(ImportRefused):
        read_file(json.dumps(told).encode(), "unsent.json")


@pytest.mark.parametrize("named", [{"receiver": "GONE"}, {"giver": "GONE"}, {"site": "SITE-9999"}])
def test_an_act_that_names_what_nobody_knows_waits_for_a_person(
    world: World, enrol: Enrol, named: dict[str, str]
) -> None:
    phone = enrol("SITE-0001")
    signed = phone.sign_act(act_text(lines=[{"code": world.codes[4]}], **named))
    for _ in range(2):
        answer = phone.client.post("/api/v1/field/acts", json=signed, headers=phone.headers)
        assert (answer.status_code, answer.json) == (200, {"outcome": "set_aside"})
    assert acts(world) == []
    frank, late_page = world.as_("frank"), f"/devices/{phone.number}/late"
    assert "1 act" in frank.get("/devices").text
    assert "Bob, director" in frank.get(late_page).text
    form = {"act": json.loads(signed["text"])["id"], "verdict": "keep", "decision": "It is true."}
    assert send(frank, late_page, form).status_code == 422  # whoever it names is still not known
    with world.app.app_context(), transaction() as session:
        session.add(Party(ref="GONE", name="Example", kind="non_profit"))
        session.add(Location(ref="SITE-9999", kind="site", oblast="UA46"))
    assert send(frank, late_page, form).status_code == 303
    assert acts(world) == [("signed", f"device:{phone.number}")]
