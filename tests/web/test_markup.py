"""The Nu HTML checker finds nothing on any page, for any reader, in either language."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from tests.donors.walk import rules
from tests.house.parts import CHECKER, need
from tests.web import every_page
from tests.web.conftest import World, send
from tests.web.every_page import Page
from tracker import clock
from tracker.db import db
from tracker.domain.notices import Moved, News
from tracker.i18n import LOCALES
from tracker.services.notices.mail_texts import confirmation, digest
from tracker.services.notices.subscriptions import view_today

Walked = Callable[[str], tuple[list[Page], set[str]]]

PLEDGE, NOTICES = "/pledges/PL-2022-11", "/d/pledges/PL-2022-11/notices"

# Forms whose answer is a page: what is shown once, and what says which field is wrong.
ANSWERED: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("", "/login", {"email": "nobody@example.org", "password": "wrong and long"}),
    ("", "/d/", {"token": "none"}),
    ("", "/d/mail", {"token": "none"}),
    ("alice", f"{PLEDGE}/revise", {"quantity": "-1"}),
    ("alice", f"{PLEDGE}/shares", {"days": "9", "shows": "all"}),
    ("alice", f"{PLEDGE}/shares", {"days": "x"}),
    ("alice", f"{PLEDGE}/statements", {}),
    ("alice", "/discrepancies/1/settle", {}),
    ("alice", "/locations/SITE-0001/open", {}),
    ("alice", "/password", {"password": "x", "new_password": "y"}),
    ("alice", "/passkeys", {"name": "My phone"}),
    ("alice", "/devices/invitations", {"role": "field", "days": "7"}),
    ("alice", "/devices/invitations", {"role": "coordinator", "days": "x"}),
    ("alice", "/consignments", {}),
    ("alice", "/losses", {}),
    ("alice", "/acts", {}),
    ("alice", "/labels", {"many": "0"}),
    ("alice", "/labels/bind", {"label": "x", "barcode": "y"}),
    ("alice", "/intake", {"pledge": "PL-2022-11", "location": "LVIV-1", "label": "x"}),
    ("alice", "/readings", {"text": "nothing"}),
    ("alice", "/calendar", {}),
    ("diana", f"{NOTICES}/feed", {}),
    ("diana", f"{NOTICES}/mail", {"cadence": "hourly"}),
    ("link", "/d/notices/mail", {"address": "erin@example.org", "cadence": "daily"}),
    ("link", "/d/notices/mail", {"address": "erin@", "cadence": "daily"}),
    ("link", "/d/notices/feed", {}),
)


def answered(world: World, locale: str) -> Iterator[Page]:
    """The pages that answer a form, also where they come after it."""
    browsers = {}
    for reader, path, form in ANSWERED:
        if reader not in browsers:
            browsers[reader] = every_page.browser_of(world, reader, locale)
        if path.startswith("/d/") and reader != "diana":
            answer = browsers[reader].post(f"{path}?lang={locale}", data=form)
        else:
            answer = send(browsers[reader], path, dict(form))
        if answer.status_code in (302, 303):  # the page that says that it was taken
            answer = browsers[reader].get(answer.location)
        assert answer.mimetype == "text/html", path
        yield Page(reader, locale, path, answer.status_code, answer.data)


def mails(world: World, locale: str) -> Iterator[Page]:
    """Both kinds of mails, as HTML."""
    with world.app.app_context():
        view = view_today("PL-2022-11", clock.now())
        assert view is not None
        until = view.counts.until
        news = News(until, until, (Moved("stage", "in_use", 0, 3),), (1570, 1600))
        for letter in (
            confirmation(view, cadence="daily", locale=locale),
            digest(view, news, view.counts, page="https://localhost/d/", locale=locale),
        ):
            yield Page("mail", locale, letter.what, 200, letter.html.encode())
        db.session.remove()


def findings(pages: Iterable[Page], folder: Path) -> list[str]:
    """What the checker says of all these pages, warnings too; one run, one line each."""
    jar = need(CHECKER)
    shown = {}
    for number, page in enumerate(pages):
        file = folder / f"{number}.html"
        file.write_bytes(page.html)
        shown[file.name] = page
    done = subprocess.run(
        ["java", "-jar", jar, "--format", "json", "--stdout", folder],
        check=False,
        capture_output=True,
        text=True,
    )
    said = json.loads(done.stdout)["messages"]
    assert all("url" in one for one in said), said
    return sorted(
        f"{shown[one['url'].rpartition('/')[2]]}: {one['message']} {one.get('extract', '')!r}"
        for one in said
    )


def test_the_checker_finds_nothing_on_any_page(
    full_world: World, walked: Walked, tmp_path: Path
) -> None:
    need(CHECKER)
    found: list[Page] = []
    for locale in LOCALES:
        pages, shut = walked(locale)
        assert shut == {"/metrics"}, "routes that no reader here can open; that one has a key"
        found += [*pages, *answered(full_world, locale), *mails(full_world, locale)]
    told = findings(found, tmp_path)
    assert told == [], "\n".join(told)


def test_a_broken_page_is_found_and_named(tmp_path: Path) -> None:
    whole = "<!DOCTYPE html><html lang=en><title>A page</title><p>Words</p></html>"
    broken = whole.replace("<p>", "<p id=a><p id=a><ul><p>")
    pages = [
        Page("alice", "en", path, 200, html.encode())
        for path, html in (("/whole", whole), ("/broken", broken))
    ]
    told = findings(pages, tmp_path)
    assert any("Duplicate ID" in one for one in told)
    assert all(one.startswith("/broken (alice, en): ") for one in told)


def test_a_route_joins_by_itself_and_must_say_what_stands_in_its_address(
    settled: Callable[..., World],
) -> None:
    world = settled()
    known = {"news.show": [], "news.about": ["PL-2022-11"]}
    world.app._got_first_request = False
    for rule in ("/news", "/news/<about>"):
        world.app.add_url_rule(rule, f"news.show{len(rule)}", lambda about="": about)
    routes = rules(world.app)
    [plain, named] = [one for one in routes if one.rule.startswith("/news")]
    assert list(every_page.built(plain, {})) == ["/news"]
    assert list(every_page.built(named, known)) == ["/news/PL-2022-11"]
    with pytest.raises(KeyError, match=r"does not say news\.about"):
        list(every_page.built(named, {}))
