"""An act, its photo and its scans on a phone whose access ended: not lost, and not believed."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.field.conftest import invite
from tests.field.test_field_app import (  # noqa: F401 - fixtures
    Take,
    address,
    carry,
    database_url,
    hand_over_a_pile,
    states,
    take,
)
from tests.web.conftest import World, send
from tracker.db import db
from tracker.models import Evidence, HandoverAct, Item, LateAct
from tracker.services import uploads

pytestmark = pytest.mark.browser


def stands(world: World, acts: int, sha: str) -> None:
    """The three units are handed over by that many acts, whose photo is kept."""
    with world.app.app_context():
        assert db.session.query(HandoverAct).filter_by(state="signed").count() == acts
        kept = db.session.get(Evidence, uploads.kept_as(sha))
        assert kept is not None
        assert kept.kind == "photo"
        units = db.session.query(Item.status).filter(Item.code.in_(world.codes[4:7]))
        assert [unit.status for unit in units] == ["handed_over"] * 3


def test_what_a_revoked_phone_holds_waits_for_a_person_and_counts_by_their_word(
    world: World, take: Take, tmp_path: Path  # noqa: F811 - a fixture
) -> None:  # fmt: skip
    phone = take("SITE-0001")
    hand_over_a_pile(world, phone, tmp_path)
    send(world.as_("alice"), "/devices/2/revoke")
    phone.context.set_offline(False)
    phone.send()
    phone.page.reload()
    phone.page.wait_for_selector("html[data-ready]")
    phone.send()
    expect(phone.page.locator(".act")).to_contain_text("Акт чекає на рішення координатора.")
    [photo] = phone.rows("photos")
    assert photo["state"] == "sent"
    assert [row["answer"]["outcome"] for row in phone.rows()] == ["set_aside"] * 3
    with world.app.app_context():
        [late] = db.session.query(LateAct)
        assert db.session.query(HandoverAct).filter_by(state="signed").count() == 0
    form = {"act": late.id, "scan": [row["id"] for row in phone.rows()], "verdict": "keep",
            "decision": "The team was out of reach."}  # fmt: skip
    page = send(world.as_("frank"), "/devices/2/late", form)
    assert page.status_code == 303
    stands(world, 1, photo["sha"])


def test_another_phone_brings_an_act_with_its_scans_and_photo(
    world: World, take: Take, tmp_path: Path  # noqa: F811 - a fixture
) -> None:  # fmt: skip
    maker, messenger = take("SITE-0001"), take("SITE-0002")
    hand_over_a_pile(world, maker, tmp_path)
    carry(maker, messenger, tmp_path)
    expect(messenger.page.locator("main")).to_contain_text("передано 3 сканування · Акт ACT-")
    messenger.send()
    [photo] = messenger.rows("photos")
    assert photo["state"] == "sent"
    stands(world, 1, photo["sha"])
    maker.context.set_offline(False)
    assert maker.send() == ""
    assert states(maker) == ["confirmed"] * 3
    stands(world, 1, photo["sha"])


def test_a_phone_that_is_enrolled_anew_carries_what_it_held_as_another(
    world: World, take: Take, tmp_path: Path  # noqa: F811 - a fixture
) -> None:  # fmt: skip
    phone = take("SITE-0001")
    hand_over_a_pile(world, phone, tmp_path)
    for path in ("**/api/v1/field/acts", "**/api/v1/scans"):
        phone.context.route(path, lambda route: route.abort())
    phone.context.set_offline(False)
    phone.enrol(invite(world, "SITE-0002"), "Phone anew")
    [carried] = phone.rows("carried")
    assert (carried["device"], len(carried["scans"]), len(carried["acts"])) == (2, 3, 1)
    assert phone.send() == ""
    [photo] = phone.rows("photos")
    stands(world, 1, photo["sha"])
    with world.app.app_context():
        [act] = db.session.query(HandoverAct).filter_by(state="signed")
        assert act.made_by == "device:2"


def test_an_act_that_is_refused_on_its_way_is_shown_to_who_brought_it(
    world: World, take: Take, tmp_path: Path  # noqa: F811 - a fixture
) -> None:  # fmt: skip
    maker, messenger = take("SITE-0001"), take("SITE-0002")
    hand_over_a_pile(world, maker, tmp_path)
    maker.page.evaluate(
        """async () => {
          const { all, change } = await import("/static/field/store.js");
          const [act] = await all("acts");
          const altered = (row) => ({ ...row, text: row.text.replace("HOSP", "PL") });
          await change("acts", [act.id], altered);
        }"""
    )
    carry(maker, messenger, tmp_path)
    expect(messenger.page.locator("main")).to_contain_text("Акт не прийнято:")
