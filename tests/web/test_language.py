"""Every word in Ukrainian and in English: nothing missing, nothing broken, nothing mixed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po
from werkzeug.test import TestResponse

from tests.web.conftest import NAMES, World, send, sign_in, spoken
from tracker.domain.booked_acts import Doubt
from tracker.domain.lifecycle import DECLARING_ERROR, STEPS, Condition, Need, Rung, Status
from tracker.domain.permissions import Role
from tracker.domain.places import SECTORS
from tracker.domain.scans import Flag
from tracker.models.discrepancies import DISCREPANCY_KINDS
from tracker.models.locations import LOCATION_KINDS
from tracker.models.parties import PARTY_KINDS
from tracker.models.products import PRODUCT_KINDS
from tracker.web.words import cases, terms
from tracker.web.words.formats import party_name

Look = Callable[..., TestResponse]

ROOT = Path(__file__).resolve().parents[2]
UKRAINIAN = ROOT / "tracker" / "translations" / "uk" / "LC_MESSAGES" / "messages.po"
PLACEHOLDER = re.compile(r"%\([a-z_]+\)[sd]|%%")
RUSSIAN = re.compile("[ыэъё]", re.IGNORECASE)
WRONG_APOSTROPHE = re.compile(r"(?<=[а-яіїєґ])['`\u02bc\u2018](?=[а-яіїєґ])", re.IGNORECASE)

# What is Latin in Ukrainian too: names, references, codes, and words that programs read.
LATIN = {
    *("KitTrail", "Eng", "Starlink", "Standard", "KIT", "PDF", "JSON", "API", "HTTP", "Allow"),
    *("UTID", "IMEI", "QR", "UTF", "Content", "Type", "application", "json"),
    *("CSV", "XLSX", "HXL", "SQLite", "Datasette", "SVG"),
    *("tracker", "init", "ledger", "checkpoint", "example", "org"),
    *("Poland", "Estonia", "HOSP", "LVIV", "KRAK", "SITE", "CMR", "Scanner", "PL", "EE", "ZM"),
    *(name.capitalize() for name in NAMES),
    *NAMES,
}


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Every text in the sources, as Babel finds them."""
    file = tmp_path_factory.mktemp("babel") / "messages.pot"
    keywords = ["-k", "_l", "-k", "_p:1c,2"]
    mapping = str(ROOT / "babel.cfg")
    given = ["-F", mapping, *keywords, "-o", str(file), str(ROOT / "tracker")]
    babel: Any = CommandLineInterface()
    babel.run(["pybabel", "-q", "extract", *given])
    with file.open("rb") as stream:
        return read_po(stream)


@pytest.fixture(scope="module")
def kept() -> Catalog:
    """What the Ukrainian catalogue holds."""
    with UKRAINIAN.open("rb") as stream:
        return read_po(stream, locale="uk")


def test_no_text_lacks_its_ukrainian(wanted: Catalog, kept: Catalog) -> None:
    assert len(wanted) > 300
    lacking = [
        message.id
        for message in wanted
        if message.id and not _is_whole(kept.get(message.id, message.context))
    ]
    assert lacking == []


def _is_whole(message: object) -> bool:
    said = getattr(message, "string", "")
    forms = said if isinstance(said, (list, tuple)) else [said]
    plural = isinstance(getattr(message, "id", ""), tuple)
    return all(forms) and len(forms) == (3 if plural else 1)


def test_no_translation_is_left_of_a_text_that_is_gone(wanted: Catalog, kept: Catalog) -> None:
    gone = [
        message.id for message in kept if message.id and not wanted.get(message.id, message.context)
    ]
    assert gone == []


def test_every_placeholder_survives(kept: Catalog) -> None:
    for message in kept:
        ids = [*message.id] if isinstance(message.id, (list, tuple)) else [message.id]
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        expected = set(PLACEHOLDER.findall(ids[-1]))
        for form in forms:
            assert set(PLACEHOLDER.findall(str(form))) == expected, message.id


def test_no_translation_is_a_guess(kept: Catalog) -> None:
    assert [message.id for message in kept if message.fuzzy and message.id] == []


def test_the_catalogue_has_three_plural_forms(kept: Catalog) -> None:
    assert kept.num_plurals == 3


def test_it_is_ukrainian_and_only_that(kept: Catalog) -> None:
    for message in kept:
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        for form in map(str, forms):
            assert not RUSSIAN.search(form), form
            assert not WRONG_APOSTROPHE.search(form), form


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (Status, terms.STATUS),
        (Condition, terms.CONDITION),
        (Rung, terms.RUNG),
        (Role, terms.ROLE),
        (Flag, terms.FLAG),
        (Need, terms.NEED),
        ([*STEPS, DECLARING_ERROR], terms.STEP),
        ([*STEPS, DECLARING_ERROR], terms.DONE),
        (DISCREPANCY_KINDS, terms.KIND),
        (DISCREPANCY_KINDS, cases.EXPLANATION),
        (Doubt, cases.DOUBT),
        (LOCATION_KINDS, terms.KIND),
        (PARTY_KINDS, terms.KIND),
        (PRODUCT_KINDS, terms.KIND),
        (SECTORS, terms.SECTOR),
    ],
)
def test_every_word_of_the_tables_has_a_name(words: object, named: dict[str, object]) -> None:
    assert {str(word) for word in words} <= set(named)  # type: ignore[attr-defined]


def test_a_word_that_a_template_names_itself_is_in_the_readers_language(world: World) -> None:
    with world.app.test_request_context(headers={"Accept-Language": "uk"}):
        page = world.app.jinja_env.from_string('{{ "gap"|kind_name }}')
        assert page.render() == "пропущений крок"
    with world.app.test_request_context(headers={"Accept-Language": "en"}):
        assert page.render() == "skipped step"


def _pages(world: World) -> list[tuple[str, str]]:
    items = [f"/items/{code}" for code in world.codes[:4]]
    staff = ["/", "/pledges", "/pledges/PL-2022-11", "/items", "/items?q=zzzz", *items]
    staff += ["/discrepancies", "/discrepancies?state=settled", "/discrepancies/1"]
    staff += ["/discrepancies/2", "/discrepancies/3", "/locations", "/locations/SITE-0001"]
    staff += ["/locations/LVIV-1", "/ledger", "/password", "/passkeys", "/verify"]
    pages = [("alice", path) for path in staff]
    pages += [("erin", "/people"), ("charlie", "/discrepancies"), ("alice", "/nothing-here")]
    return [*pages, ("diana", "/d/pledges/PL-2022-11"), ("", "/login"), ("bob", "/")]


def test_no_english_is_left_on_ukrainian_pages(look: Look, still_world: World) -> None:
    for name, path in _pages(still_world):
        page = look(name, path, "uk").text
        assert '<html lang="uk">' in page
        assert _latin(page, still_world) == set(), (name, path)


def test_no_ukrainian_is_left_on_english_pages(look: Look, still_world: World) -> None:
    for name, path in _pages(still_world):
        page = look(name, path, "en").text
        assert '<html lang="en">' in page or path == "/login"
        if path != "/login":
            assert re.findall("[а-яіїєґ]{2,}", spoken(page), re.IGNORECASE) == [], (name, path)


def test_what_a_form_answers_is_ukrainian(world: World) -> None:
    client = world.as_("alice", "uk")
    answers = [
        send(client, "/pledges/PL-2022-11/revise", {"quantity": "x"}),
        send(client, "/discrepancies/1/settle"),
        send(client, "/locations/SITE-0001/open"),
        send(client, "/password", {"password": "x", "new_password": "y"}),
        send(client, f"/items/{world.codes[0]}/declare"),
        client.post("/discrepancies/1/take"),
        sign_in(world.client(), "alice", password="wrong and long"),
        sign_in(world.client(), "alice", password=""),
    ]
    for answer in answers:
        assert _latin(answer.text, world) == set(), answer.request.path
    form = {"line": "STARLINK-STD", "quantity": "1600", "reason": "Лист донора"}
    send(client, "/pledges/PL-2022-11/revise", form)
    assert "попередня залишається в історії" in client.get("/").text


def test_refusals_are_explained_in_ukrainian(look: Look, still_world: World) -> None:
    listed = look("", "/problems/", "uk").text
    for slug in re.findall(r'href="/problems/([a-z-]+)"', listed):
        page = look("", f"/problems/{slug}", "uk").text
        assert _latin(page.replace(slug, ""), still_world) == set(), slug


def _latin(page: str, world: World) -> set[str]:
    words = spoken(page)
    for code in world.codes:
        words = words.replace(code, "").replace(f"{code[:5]}-{code[5:10]}-{code[10]}", "")
    return set(re.findall("[A-Za-z]{2,}", words)) - LATIN


def test_a_party_that_is_named_as_its_country_is_named_in_the_reader_s_language(
    world: World,
) -> None:
    with world.app.test_request_context(headers={"Accept-Language": "uk"}):
        for name, shown in (("Poland", "Польща"), ("United Kingdom", "Велика Британія"),
                            ("ZAMMLER", "ZAMMLER"), ("United States / USAID",) * 2):  # fmt: skip
            assert party_name(name) == shown
    with world.app.test_request_context(headers={"Accept-Language": "en"}):
        assert party_name("Poland") == "Poland"
