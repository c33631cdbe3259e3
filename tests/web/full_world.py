"""The small world with something on every page: each noun once at least, in each of its states."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import insert, select

from tests.field.signing import SigningPhone
from tests.web.conftest import World, send
from tracker import clock
from tracker.db import db, transaction
from tracker.domain.disclosure import newest_month
from tracker.domain.permissions import Role
from tracker.errors import every_refusal
from tracker.models import (
    Consignment,
    Device,
    Discrepancy,
    Document,
    Evidence,
    HandlingUnit,
    HandoverAct,
    Label,
    LabelBatch,
    Location,
    LossReport,
    Pledge,
    PublishedCard,
    Release,
    StockCount,
    Subscription,
)
from tracker.services import daily_counts, devices, snapshots
from tracker.services.evidence import keep_evidence
from tracker.services.notices import outbox
from tracker.services.notices.outbox import Due, Undeliverable
from tracker.services.notices.subscriptions import token_of

PLEDGE = "/pledges/PL-2022-11"
NOTICES = f"/d{PLEDGE}/notices"
TEXTS = {"text_en": "A terminal on a roof.", "text_uk": "Термінал на даху."}
SETTINGS = {"MAIL_HOST": "127.0.0.1", "MAIL_PORT": 9, "MAIL_FROM": "notices@example.org",
            "WEBHOOKS_ALLOW": "127.0.0.0/8"}  # fmt: skip


def fill(world: World) -> None:
    """Tell the rest of the story, through the pages and phones that people use."""
    alice, frank = world.as_("alice"), world.as_("frank")
    for chapter in (_journey, _stock, _papers, _troubles, _release, _notices):
        chapter(world, alice, frank)
    _phones(world)
    _sites(world)
    with world.app.app_context():
        now = clock.now()
        daily_counts.count_due_discrepancies(now=now)
        day = clock.day_in_kyiv(now)
        lag = world.app.config["DONOR_PLACE_LAG_DAYS"]
        snapshots.take_snapshots(newest_month(day, lag), now=now)
        db.session.remove()


def tell(browser: FlaskClient, path: str, **form: Any) -> str:
    """Send a form that must be taken; where it leads."""
    answer = send(browser, path, form)
    assert answer.status_code in (200, 302, 303), (path, answer.status_code, answer.text[-2000:])
    return answer.headers.get("Location", "")


def _journey(world: World, alice: FlaskClient, _frank: FlaskClient) -> None:
    ref = tell(alice, "/consignments", origin="LVIV-1", destination="LVIV-1", waybill="EX-7")
    ref = ref.rpartition("/")[2]
    here = f"/consignments/{ref}"
    tell(alice, f"{here}/edit", waybill="EX-8", aid_code="EX-A", aid_coded_on="2026-01-01")
    tell(alice, f"{here}/legs", origin="LVIV-1", destination="KRAK-B", vehicle="EX 1")
    tell(alice, f"{here}/seals", number="EX-S")
    tell(alice, f"{here}/seals/1", whole="no")
    for code in world.codes[4:6]:
        world.scan(code, "shipping", "alice", consignment=ref)
    for kind in ("packing_list", "waybill"):
        tell(alice, f"{here}/papers/{kind}")
    for kind in ("dispatched", "hold", "release", "border", "arrived"):
        tell(alice, f"{here}/passages", kind=kind, location="KRAK-B", note="EX-NOTE")
    world.scan(world.codes[4], "receiving", "bob", location="LVIV-1", consignment=ref)
    tell(alice, f"{here}/conclude")
    tell(alice, f"{here}/papers/received_note")


def _stock(world: World, alice: FlaskClient, _frank: FlaskClient) -> None:
    tell(alice, "/labels", many="3")
    tell(alice, "/boxes", many="1", kind="pallet", pledge="PL-2022-11")
    page = tell(alice, "/boxes", many="2", kind="box", pledge="PL-2022-11")
    box = page.partition("item=")[2].partition("&")[0]
    world.scan(world.codes[6], "packing", "bob", handling_unit=box)
    closed = tell(alice, "/counts", location="LVIV-1")
    tell(alice, f"{closed}/close")
    tell(alice, "/counts", location="LVIV-1")
    tell(alice, f"/items/{world.codes[4]}/readings", scheme="utid",
         text="ut00ex0000-00000001-aaaa0001")  # fmt: skip
    tell(alice, "/locations/SITE-0001/open", reason="A visit of inspection")


def _papers(_world: World, alice: FlaskClient, _frank: FlaskClient) -> None:
    tell(alice, "/acts", giver="PL", receiver="HOSP", purpose="A link", commission="Alice; x")


def _troubles(world: World, alice: FlaskClient, frank: FlaskClient) -> None:
    photo = (io.BytesIO(picture("green")), "photo.png")
    tell(alice, "/losses", kind="lost", codes=world.codes[6],
         circumstances="It fell off the lorry.", photos=photo)  # fmt: skip
    for code in (world.codes[4], world.codes[2]):
        tell(alice, f"/items/{code}/write-off", reason="Burnt, act A-3")
    tell(frank, "/write-offs/1/approve")
    said = {"message": "By the road at the old mill.", "contact": "+380 00 000 00 07"}
    for code in (world.codes[5], "nonsense"):
        assert world.client().post(f"/s/{code}", data=said).status_code == 200
    tell(alice, "/found-reports/2/settle", decision="Nobody answers.")
    tell(alice, "/discrepancies/1/take")
    tell(alice, "/discrepancies/2/settle", decision="A paper says so.")
    form = {"line": "STARLINK-STD", "quantity": "1600", "reason": "A letter of the donor"}
    tell(alice, f"{PLEDGE}/revise", **form)


def picture(colour: str) -> bytes:
    """A small photo of one colour."""
    drawn = io.BytesIO()
    Image.new("RGB", (1600, 900), colour).save(drawn, "JPEG")
    return drawn.getvalue()


def _release(world: World, alice: FlaskClient, frank: FlaskClient) -> None:
    for colour in ("navy", "teal", "olive"):
        with world.app.app_context():
            sha = keep_evidence(picture(colour), "photo", by=world.actor("charlie"),
                                now=clock.now())  # fmt: skip
        world.scan(world.codes[0], "inspecting", "charlie", 6, evidence=(sha,),
                   findings={"present": True, "working": True, "civilian_use": True})  # fmt: skip
        if colour != "olive":
            tell(alice, f"{PLEDGE}/photos/{sha}/propose", **TEXTS)
    tell(frank, "/releases/1/approve")
    said = {"text_en": "The road was closed in May.", "text_uk": "У травні дорогу було закрито."}
    tell(alice, f"{PLEDGE}/statements", **said)
    tell(alice, "/initiatives", ref="LIGHT", name_en="Light for clinics", name_uk="Світло клінікам")
    tell(alice, f"{PLEDGE}/initiative", initiative="LIGHT")
    tell(alice, f"{PLEDGE}/shares", days="30", shows="totals")
    tell(alice, f"/d{PLEDGE}/card")


def _notices(world: World, alice: FlaskClient, _frank: FlaskClient) -> None:
    world.app.config.update(SETTINGS)
    diana = world.as_("diana")
    tell(diana, f"{NOTICES}/mail", cadence="weekly")
    tell(diana, f"{NOTICES}/feed")
    tell(diana, f"{NOTICES}/webhooks", address="http://127.0.0.1:9/?key=hush")
    tell(diana, f"{NOTICES}/webhooks/1/try")
    tell(alice, "/calendar")

    def refuse(_due: Due) -> None:
        raise Undeliverable("the mail server refused the address (550)", for_good=True)

    with world.app.app_context():
        with transaction() as session:
            outbox.put(session, "mail", 1, "{}", now=clock.now())
        outbox.deliver_due("mail", refuse, now=clock.now())
        db.session.remove()


def _phones(world: World) -> None:
    first, second, lost = (_enrolled(world, name) for name in ("Team 1", "Team 2", "Team 3"))
    code, kit = world.codes[7], {"second_identifier": "KITEX0000007"}
    first.send(first.scan(code, "accepting", act="A-1", receiver="HOSP", **kit))
    for phone, site in ((first, "SITE-0001"), (second, "SITE-0002")):
        phone.send(phone.scan(code, "deploying", location=site, **kit))
    late = lost.scan(world.codes[5], "receiving", location="LVIV-1")
    tell(world.as_("alice"), f"/devices/{lost.number}/revoke")
    lost.send(late, path="/api/v1/late-scans")
    too_late = lost.sign_act(_act_of(world.codes[5]))
    answer = lost.client.post("/api/v1/late-acts", json=too_late, headers=lost.headers)
    assert answer.status_code == 200, answer.text
    signed = first.sign_act(_act_of(code))
    answer = first.client.post("/api/v1/field/acts", json=signed, headers=first.headers)
    assert answer.status_code == 200, answer.text


def _act_of(code: str) -> str:
    strokes = [[[0.1, 0.2], [0.4, 0.5], [0.6, 0.1]]]
    act = {
        "v": 1, "id": str(uuid4()), "made_at": "2026-05-01T09:30:00.000Z", "giver": "PL",
        "receiver": "HOSP", "site": "SITE-0001", "purpose": "Зв’язок лікарні",
        "giver_person": "Alice", "giver_position": "logistician", "giver_strokes": strokes,
        "receiver_person": "Bob", "receiver_position": "director", "receiver_strokes": strokes,
        "lines": [{"code": code, "second": True}], "photos": [],
    }  # fmt: skip
    return json.dumps(act, ensure_ascii=False)


def _enrolled(world: World, name: str) -> SigningPhone:
    with world.app.app_context():
        places, now = ["SITE-0001", "SITE-0002", "LVIV-1"], datetime.now(UTC)
        by = world.actor("alice")
        code, *_ = devices.invite(Role.FIELD, locations=places, days=9, by=by, now=now)
    phone = SigningPhone(world.client())
    assert phone.enrol(code, name).status_code == 200
    return phone


def _sites(world: World) -> None:
    """Enough sites in use in one oblast for its figure to be shown."""
    refs = [f"SITE-1{number:03}" for number in range(4)]
    with world.app.app_context():
        with transaction() as session:
            told = {"kind": "site", "oblast": "UA46", "sector": "education"}
            session.execute(insert(Location), [{"ref": ref, **told} for ref in refs])
        db.session.remove()
    for number, ref in enumerate(refs, 8):
        kit = {"second_identifier": f"KITEX{number:07}"}
        world.scan(world.codes[number], "accepting", "alice", 12, receiver="HOSP", act="A", **kit)
        world.scan(world.codes[number], "deploying", "alice", 11, location=ref, **kit)


def values(world: World) -> Mapping[str, list[str]]:
    """What may stand in the place holders of addresses, by `blueprint.name`."""
    with world.app.app_context():
        documents, evidence = _column(Document.number), _column(Evidence.sha256)
        pledges = _column(Pledge.ref)
        shown = select(Release.name).where(Release.kind == "photo", Release.approved.is_(True))
        found = {
            "acts.act": _column(HandoverAct.id),
            "batches.number": _column(LabelBatch.id),
            "boxes.code": _column(HandlingUnit.code),
            "consignments.ref": _column(Consignment.ref),
            "counts.number": _column(StockCount.number),
            "devices.number": _column(Device.id),
            "discrepancies.number": _column(Discrepancy.id),
            "documents.number": documents,
            "documents.version": ["1"],
            "donor_exports.ref": ["PL-2022-11"],
            "donors.name": list(db.session.scalars(shown)),
            "donors.ref": ["PL-2022-11", "LIGHT", "PL"],
            "feeds.ref": pledges,
            "field.locale": ["en", "uk"],
            "field.size": ["192"],
            "items.code": world.codes[:8],
            "labels.code": [*world.codes[:6], *sorted({*_column(Label.code)} - {*world.codes})],
            "locations.ref": ["LVIV-1", "KRAK-B", "SITE-0001", "SITE-0002"],
            "losses.number": _column(LossReport.number),
            "losses.sha256": evidence,
            "notices.ref": pledges,
            "notices.token": [token_of(uid, "end") for uid in _column(Subscription.uid)],
            "pledges.ref": pledges,
            "problems.slug": sorted(every_refusal()),
            "published_cards.name": _column(PublishedCard.name),
            "published_cards.ref": pledges,
            "releases.ref": pledges,
            "releases.sha256": evidence,
            "security.token": ["none"],
            "shares.ref": pledges,
        }
        db.session.remove()
    assert all(found.values()), found
    return found


def _column(column: Any) -> list[str]:
    return sorted({str(one) for one in db.session.scalars(select(column)) if one is not None})
