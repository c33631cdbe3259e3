"""Units that no manifest names: taken in whole, once, or not at all."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from labels.codes import show
from tests.web.conftest import World
from tests.web.conftest import world as world  # noqa: PLC0414 - a fixture
from tracker import clock
from tracker.db import db, transaction
from tracker.errors import (
    ChooseProduct,
    IdentifierInUse,
    InvalidValue,
    LabelInUse,
    LineFull,
    NeedIdentifier,
    NotAllowed,
    Refusal,
)
from tracker.ledger.rebuilding import rebuild
from tracker.models import Discrepancy, Event, Identifier, Item, Label, PledgeLine, Product
from tracker.queries.labels import labels_of_batch
from tracker.services import intake
from tracker.services.intake import Arrival, TakenIn
from tracker.services.labels import make_blanks

PLEDGE = "PL-2022-11"


@pytest.fixture
def blanks(world: World) -> list[str]:
    """Codes of labels that were printed blank."""
    with world.app.app_context():
        number = make_blanks(20, by=world.actor("alice"), now=clock.now())
        return [row.code for row in labels_of_batch(number)]


def arrive(world: World, label: str, *numbers: str, who: str = "bob", **more: object) -> TakenIn:
    given = {"id": str(uuid4()), **more}
    place = given.pop("location", "LVIV-1")
    arrival = Arrival(label=label, numbers=numbers, **given)  # type: ignore[arg-type]
    with world.app.app_context():
        now = clock.now()
        return intake.take_in(
            arrival, pledge=PLEDGE, location=str(place), by=world.actor(who), now=now
        )


def steps_of(world: World, code: str) -> list[str]:
    with world.app.app_context():
        item = db.session.query(Item).filter_by(code=code).one()
        rows = db.session.query(Event).filter_by(subject=f"item:{item.id}").order_by(Event.seq)
        return [row.step for row in rows]


def test_a_unit_is_announced_labelled_and_received_at_once(world: World, blanks: list[str]) -> None:
    taken = arrive(world, show(blanks[0]), "EXSN900001", "KITEX9000001")
    assert (taken.code, taken.product, taken.over) == (blanks[0], "STARLINK-STD", False)
    with world.app.app_context():
        item = db.session.query(Item).filter_by(code=blanks[0]).one()
        assert (item.status, item.location, item.pledge) == ("in_stock", "LVIV-1", PLEDGE)
        read = db.session.query(Identifier).filter_by(item=item.id)
        assert {(one.scheme, one.value) for one in read} == {
            ("serial", "EXSN900001"), ("kit", "KITEX9000001"),
        }  # fmt: skip
        label = db.session.get_one(Label, blanks[0])
        assert (label.state, label.item) == ("bound", item.id)
        assert "kitex9000001" in item.search_text
    assert steps_of(world, blanks[0]) == ["announcing", "receiving"]
    with world.app.app_context():
        differed = rebuild(now=clock.now())
        assert blanks[0] not in differed["items"]
        assert (differed["discrepancies"], differed["tallies"]) == ([], [])


def test_the_order_of_the_maker_s_codes_does_not_matter(world: World, blanks: list[str]) -> None:
    arrive(world, blanks[0], "KITEX9000001", "EXSN900001")
    with world.app.app_context():
        row = db.session.query(Identifier).filter_by(value="EXSN900001").one()
        assert row.scheme == "serial"


def test_cyrillic_letters_and_keys_are_folded_and_said(world: World, blanks: list[str]) -> None:
    taken = arrive(world, blanks[0], "ЕХSN900001", "ЛШЕУЧ9000001")
    assert len(taken.notes) == 2
    with world.app.app_context():
        values = {row.value for row in db.session.query(Identifier).filter(Identifier.live)}
        assert {"EXSN900001", "KITEX9000001"} <= values


def test_a_serial_typed_on_ukrainian_keys_is_read_back_and_said(
    world: World, blanks: list[str]
) -> None:
    taken = arrive(world, blanks[0], "УЧІТ900001", "KITEX9000001")
    assert taken.notes == ("typed with the Ukrainian keyboard, read as Latin",)
    with world.app.app_context():
        assert db.session.query(Identifier).filter_by(value="EXSN900001").one().scheme == "serial"


@pytest.mark.parametrize("numbers", [("490154203237519",), ("490154203237519", "EXSN900001")])
def test_a_misread_imei_is_no_serial(
    world: World, blanks: list[str], numbers: tuple[str, ...]
) -> None:
    with world.app.app_context(), transaction() as session:
        session.get_one(Product, "STARLINK-STD").identifiers = "imei serial"
    with pytest.raises(InvalidValue, match="check digit"):
        arrive(world, blanks[0], *numbers)
    right = arrive(world, blanks[0], "490154203237518", "EXSN900001")
    assert right.code == blanks[0]


def test_the_same_unit_sent_twice_is_one(world: World, blanks: list[str]) -> None:
    one = str(uuid4())
    first = arrive(world, blanks[0], "EXSN900001", "KITEX9000001", id=one)
    again = arrive(world, blanks[0], "EXSN900001", "KITEX9000001", id=one)
    assert (first.again, again.again, again.code) == (False, True, blanks[0])


@pytest.mark.parametrize(
    ("numbers", "refusal"),
    [
        (("EXSN900001",), NeedIdentifier),
        (("KITEX9000001",), NeedIdentifier),
        (("EXSN900001", "KITEX9000001", "EXTRA00001"), InvalidValue),
        (("EXSN900001", "KITEX0000004"), IdentifierInUse),
        (("!!!", "KITEX9000001"), InvalidValue),
    ],
)
def test_what_cannot_be_a_unit_leaves_nothing_behind(
    world: World, blanks: list[str], numbers: tuple[str, ...], refusal: type[Refusal]
) -> None:
    with world.app.app_context():
        before = db.session.query(Item).count(), db.session.query(Event).count()
        db.session.rollback()
    with pytest.raises(refusal):
        arrive(world, blanks[0], *numbers)
    with world.app.app_context():
        assert (db.session.query(Item).count(), db.session.query(Event).count()) == before
        assert db.session.get_one(Label, blanks[0]).state == "blank"


def test_only_a_blank_label_and_only_at_one_s_own_place(world: World, blanks: list[str]) -> None:
    with pytest.raises(LabelInUse):
        arrive(world, world.codes[3], "EXSN900001", "KITEX9000001")
    with pytest.raises(NotAllowed):
        arrive(world, blanks[0], "EXSN900001", "KITEX9000001", location="KRAK-B")
    with pytest.raises(NotAllowed):
        arrive(world, blanks[0], "EXSN900001", "KITEX9000001", who="charlie")


def test_more_than_was_promised_is_a_surplus_that_a_person_settles(
    world: World, blanks: list[str]
) -> None:
    with world.app.app_context(), transaction() as session:
        session.query(PledgeLine).filter_by(pledge=PLEDGE).update({"quantity": 12})
    with pytest.raises(LineFull):
        arrive(world, blanks[0], "EXSN900001", "KITEX9000001")
    taken = arrive(world, blanks[0], "EXSN900001", "KITEX9000001", confirm=True)
    assert taken.over
    with world.app.app_context():
        row = db.session.query(Discrepancy).filter_by(kind="over").one()
        assert (row.state, json.loads(row.detail)["pledge"]) == ("open", PLEDGE)
        differed = rebuild(now=clock.now())
        assert blanks[0] not in differed["items"]
        assert (differed["discrepancies"], differed["tallies"]) == ([], [])


def test_where_two_products_would_fit_a_person_says_which(world: World, blanks: list[str]) -> None:
    with world.app.app_context(), transaction() as session:
        session.add(Product(ref="EX-FW", name_en="Firewall", name_uk="Екран", kind="network",
                            identifiers="serial"))  # fmt: skip
        session.add(Product(ref="EX-UPS", name_en="UPS", name_uk="ДБЖ", kind="power",
                            identifiers="serial"))  # fmt: skip
        session.flush()
        for product in ("EX-FW", "EX-UPS"):
            session.add(PledgeLine(pledge=PLEDGE, product=product, quantity=5))
    with pytest.raises(ChooseProduct) as refused:
        arrive(world, blanks[0], "EXSN900001")
    assert set(refused.value.extra["products"]) >= {"EX-FW", "EX-UPS"}
    assert arrive(world, blanks[0], "EXSN900001", product="EX-UPS").product == "EX-UPS"
    kit = arrive(world, blanks[1], "EXSN900002", "KITEX9000002")
    assert kit.product == "STARLINK-STD"


def test_two_benches_with_the_same_number_at_once_make_one_unit(
    world: World, blanks: list[str]
) -> None:
    def go(label: str) -> str:
        try:
            return arrive(world, label, "EXSN900001", "KITEX9000001").code
        except IdentifierInUse:
            return "in use"

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(go, blanks[:4]))
    assert told.count("in use") == 3
    with world.app.app_context():
        assert db.session.query(Identifier).filter_by(value="KITEX9000001").count() == 1


def test_a_failure_half_way_leaves_nothing(
    world: World, blanks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the server stopped here")

    monkeypatch.setattr("tracker.services.intake.record_within", fail)
    with pytest.raises(RuntimeError):
        arrive(world, blanks[0], "EXSN900001", "KITEX9000001")
    monkeypatch.undo()
    with world.app.app_context():
        assert db.session.query(Identifier).filter_by(value="KITEX9000001").count() == 0
        assert db.session.get_one(Label, blanks[0]).state == "blank"
    assert arrive(world, blanks[0], "EXSN900001", "KITEX9000001").code == blanks[0]


def test_what_was_scanned_on_the_label_before_belongs_to_the_unit(
    world: World, blanks: list[str]
) -> None:
    early = world.scan(blanks[0], "accepting", "alice", 2, receiver="HOSP", act="A-19")
    assert early.discrepancy == "unknown_code"
    arrive(world, blanks[0], "EXSN900001", "KITEX9000001")
    with world.app.app_context():
        differed = rebuild(now=clock.now())
        assert blanks[0] not in differed["items"]
        assert differed["discrepancies"] == differed["tallies"] == []
        db.session.rollback()
        waiting = db.session.query(Discrepancy).filter_by(subject=f"code:{blanks[0]}").one()
        assert waiting.state == "healed"


@pytest.mark.parametrize("barcode", ["4006381333931", "036000291452"])
def test_a_product_s_barcode_is_no_unit_s_number(
    world: World, blanks: list[str], barcode: str
) -> None:
    with pytest.raises(InvalidValue, match="product’s barcode") as refused:
        arrive(world, blanks[0], barcode, product="LAPTOP-14")
    assert refused.value.extra["may_confirm"]
