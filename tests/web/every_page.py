"""Every page of the application as every reader sees it, from the application's own map.

A new route joins by itself. Where it has a place holder, `full_world.values` must say what may
stand there.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.donors.walk import rules, without_tokens
from tests.web.conftest import NAMES, World
from tests.web.full_world import values
from tracker import clock
from tracker.services import shares

# Who reads: people by name, nobody, and who holds a link: whole, or narrowed to totals.
LINKS = {"link": False, "totals": True}
READERS = ("alice", "", "bob", "charlie", "diana", "erin", "admin", *LINKS)
LOOKS = 3  # addresses of one route that a browser looks at
MOST = 1  # addresses of one route that the readers after the first open
assert {NAMES[name] for name in READERS if name in NAMES} == {*NAMES.values()}

NOT_PAGES = {
    "/api/": "programs read them; their answers are JSON",
    "/static/": "files, as they are",
    "/fs-static/": "files of a library that no page of ours uses",
}

# Pages of one address that look otherwise with a question behind it.
ASKED = (
    "/items?q=zzzz", "/items?status=deployed", "/discrepancies?state=settled",
    "/labels/print?what=pledge&ref=PL-2022-11", "/labels/print?what=batch&ref=1",
    "/scan?doing=receiving&location=LVIV-1&consignment=ZM-1", "/scan/handover?doing=handover&act=1",
    "/intake?pledge=PL-2022-11&location=LVIV-1", "/losses/new?consignment=ZM-1",
    "/consignments?state=received", "/found-reports?state=settled",
    "/d/pledges/PL-2022-11?since=2026-01-01", "/d/donors/PL", "/d/initiatives/LIGHT",
    "/nothing", "/find?q=nothing-like-it",
)  # fmt: skip


@dataclass(frozen=True)
class Page:
    """One page as it was sent."""

    reader: str
    locale: str
    path: str
    status: int
    html: bytes
    rule: str = ""

    def __str__(self) -> str:
        return f"{self.path} ({self.reader or 'nobody'}, {self.locale})"


def paths(world: World) -> Mapping[str, list[str]]:
    """The addresses of each route that may answer with a page, by the route's pattern.

    Raises KeyError for a place holder that `full_world.values` does not know.
    """
    known = values(world)
    return {
        rule.rule: list(built(rule, known))
        for rule in rules(world.app)
        if not rule.rule.startswith(tuple(NOT_PAGES))
    }


def built(rule: Rule, known: Mapping[str, list[str]]) -> Iterator[str]:
    """The addresses of `rule`. Raises KeyError for a place holder that is not `known`."""
    noun = str(rule.endpoint).partition(".")[0]
    names = sorted(rule.arguments)
    for name in names:
        is_choice = hasattr(rule._converters[name], "items")
        if not is_choice and f"{noun}.{name}" not in known:
            raise KeyError(f"{rule.rule}: full_world.values does not say {noun}.{name}")
    choices = [
        sorted(getattr(rule._converters[name], "items", ()) or known[f"{noun}.{name}"])
        for name in names
    ]
    for said in itertools.product(*choices):
        read = {
            name: rule._converters[name].to_python(text)
            for name, text in zip(names, said, strict=True)
        }
        address = rule.build(read, append_unknown=False)
        if address is not None:
            yield address[1]


def browser_of(world: World, reader: str, locale: str) -> FlaskClient:
    """A browser in which this reader has signed in, or opened their link."""
    if reader in NAMES:
        return world.as_(reader, locale)
    client = world.client()
    client.post("/language", data={"locale": locale})
    if reader in LINKS:
        answer = client.post(f"/d/?lang={locale}", data={"token": link(world, reader)})
        assert answer.status_code == 303, answer.text
    return client


def link(world: World, reader: str) -> str:
    """The token of a new link for this reader."""
    with world.app.app_context():
        by, now = world.actor("alice"), clock.now()
        only = LINKS[reader]
        return shares.make_share("PL-2022-11", days=9, by=by, now=now, totals_only=only)


def asked_of(reader: str, locale: str, routes: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    """What this reader asks for: (route, address)."""
    most = None if reader == READERS[0] else MOST
    every = [(rule, path) for rule, made in routes.items() for path in made[:most]]
    every += [("", path) for path in ASKED]
    if reader not in LINKS:
        return every
    shared = [(rule, path) for rule, path in every if rule.startswith("/d/") and "?" not in path]
    return [(rule, f"{path}?lang={locale}") for rule, path in shared]


def every_page(world: World, locale: str) -> tuple[list[Page], set[str]]:
    """Every page that differs from the others, and the routes that opened for nobody."""
    routes = paths(world)
    found: dict[bytes, Page] = {}
    shut = set(routes)
    for reader in READERS:
        client = browser_of(world, reader, locale)
        for rule, path in asked_of(reader, locale, routes):
            answer = client.get(path)
            if answer.status_code < 400:
                shut.discard(rule)
            if answer.mimetype == "text/html" and not 300 <= answer.status_code < 400:
                page = Page(reader, locale, path, answer.status_code, answer.data, rule)
                found.setdefault(without_tokens(answer.data), page)
    return list(found.values()), shut


def to_look_at(pages: Iterable[Page]) -> dict[str, list[str]]:
    """The addresses that a browser looks at, by reader: each once, as the first who may sees it.

    A few of each route; the start, which each role has of its own, for all of them.
    """
    found: dict[str, list[str]] = {reader: [] for reader in READERS}
    looks: Counter[str] = Counter()
    seen: set[str] = set()
    for page in pages:
        who = page.reader if page.rule == "/" or page.reader in LINKS else ""
        route, address = f"{who} {page.rule or page.path}", f"{who} {page.path}"
        if page.status == 200 and address not in seen and looks[route] < LOOKS:
            seen.add(address)
            looks[route] += 1
            found[page.reader].append(page.path)
    return found
