"""Subscribing as somebody with a link does it, in a real browser: from the page to the mail."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from sqlalchemy import select

from tests.moments import noon
from tests.notices.postbox import Postbox, part
from tests.notices.test_pages import NOTICES, OWN, box, work
from tests.web.browsing import DESKTOP, PHONE, enter, serving
from tests.web.conftest import World, send, world
from tracker import clock
from tracker.db import db
from tracker.models import Subscription
from tracker.services import shares
from tracker.services.notices import due

__all__ = ["box", "world"]

pytestmark = pytest.mark.browser


def violations(page: Any) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found]


@pytest.mark.parametrize(("locale", "viewport", "scheme"), [("en", PHONE, "light"),
                                                           ("uk", DESKTOP, "dark")])  # fmt: skip
def test_from_the_link_to_the_mail_and_out_again(
    world: World, box: Postbox, chromium: Any, locale: str, viewport: dict[str, int], scheme: str
) -> None:
    with world.app.app_context():
        by = world.actor("alice")
        token = shares.make_share(OWN, days=9, by=by, now=clock.now())
        db.session.remove()
    with serving(world.app) as address:
        world.app.config["HOST"] = address.removeprefix("http://")
        page = enter(chromium, address, "", locale=locale, viewport=viewport, color_scheme=scheme)
        page.goto(f"{address}/d/?lang={locale}#{token}")
        page.click(f"a[href='/d/notices?lang={locale}'], a[href='/d/notices']")
        assert violations(page) == []
        page.fill("#address", "erin@example.org")
        page.check("input[value=daily]")
        page.click("form:has(#address) button")
        page.wait_for_selector(".notice-success")
        work(world)
        [question] = box.mails
        link = re.search(r"^http\S+#[\w-]{22}$", part(question, "plain"), re.MULTILINE)
        assert link
        page.goto(link[0])
        page.click("button[value=confirm]")
        page.wait_for_selector(".notice-success")
        assert "#" not in page.url
        assert violations(page) == []
        assert _confirmed(world) == [True]
        page.click("button[value=end]")
        page.wait_for_selector(".notice-success")
        assert _confirmed(world) == []
        page.context.close()


def _confirmed(world: World) -> list[bool]:
    with world.app.app_context():
        rows = db.session.scalars(select(Subscription)).all()
        db.session.remove()
        return [row.confirmed_at is not None for row in rows]


@pytest.mark.parametrize("path", [f"/d/pledges/{OWN}/notices", "/deliveries", "/calendar"])
def test_nothing_on_the_pages_is_closed_to_who_cannot_see(
    world: World, box: Postbox, chromium: Any, path: str
) -> None:
    with serving(world.app) as address:
        page = enter(chromium, address, "alice", viewport=PHONE)
        page.goto(address + path)
        assert violations(page) == []
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"]
        page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_mail_can_be_read_by_who_cannot_see(
    world: World, box: Postbox, chromium: Any, scheme: str
) -> None:
    send(world.as_("diana"), f"{NOTICES}/mail", {"cadence": "daily"})
    with world.app.app_context():
        for job in due.JOBS.values():
            job(now=noon(6))
        db.session.remove()
    [mail] = box.mails
    page = chromium.new_context(color_scheme=scheme, viewport=PHONE).new_page()
    page.set_content(part(mail, "html"))
    assert violations(page) == []
    page.context.close()
