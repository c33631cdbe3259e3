"""The pieces that scanning pages stand on, each alone in a real browser: wedge and signals.

Their pages exist only in tests (small_pages.py), under the policy of the application.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.web.scanner import CONTROL, Scanner
from tests.web.small_pages import opened

pytestmark = pytest.mark.browser

LABEL = "HTTPS://KIT.EXAMPLE/S/7F3K9M2P4CX"
KIT = "KITEX0000001"
WHERE = ["body", "field", "button", "link", "tick", "choice"]


@pytest.fixture
def bench(chromium: Browser, pieces: str) -> Iterator[Page]:
    """A page with a scan field, and everything else that may have the focus."""
    with opened(chromium, pieces, "wedge", stands_still=True) as page:
        yield page


def at(bench: Page) -> Scanner:
    """A scanner, or a person, at a page whose clock stands still."""
    return Scanner(bench, stands_still=True)


def scan(page: Page, *scans: tuple[str, str | None], **how: Any) -> None:
    """Type the scans one after another, as fast as a scanner; the focus stays where it is."""
    for text, end in scans:
        at(page).scan(text, end, **how)


def heard(page: Page) -> list[str]:
    """What the page was handed, once more than nothing can come."""
    page.clock.run_for(500)
    return handed(page)


def handed(page: Page) -> list[str]:
    """What the page was handed so far."""
    found: list[str] = page.evaluate("heard")
    return found


def seen(page: Page) -> dict[str, Any]:
    """Everything on the page that a scan must not change."""
    found: dict[str, Any] = page.evaluate("seen()")
    return found


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("end", ["Enter", "Tab", None])
def test_a_scan_arrives_whole_and_once_and_changes_nothing(
    bench: Page, where: str, end: str | None
) -> None:
    bench.evaluate("where => focusOn(where)", where)
    before = seen(bench)
    scan(bench, (LABEL, end))
    assert heard(bench) == [LABEL]
    assert seen(bench) == before


@pytest.mark.parametrize("where", ["body", "field", "button", "choice"])
def test_the_keys_of_a_ukrainian_layout_are_passed_on_as_they_came(bench: Page, where: str) -> None:
    bench.evaluate("where => focusOn(where)", where)
    before = seen(bench)
    scan(bench, (KIT, "Enter"), (LABEL, "Tab"), cyrillic=True)
    assert heard(bench) == ["ЛШЕУЧ0000001", "РЕЕЗІЖ..ЛШЕЮУЧФЬЗДУ.І.7А3Л9Ь2З4СЧ"]
    assert seen(bench) == before


@pytest.mark.parametrize("where", ["body", "button"])
def test_a_scan_with_blanks_presses_no_button(bench: Page, where: str) -> None:
    bench.evaluate("where => focusOn(where)", where)
    scan(bench, ("KITTRAIL:UNDO LAST ONE", "Enter"))
    assert heard(bench) == ["KITTRAIL:UNDO LAST ONE"]
    assert seen(bench)["presses"] == 0


@pytest.mark.parametrize("where", ["body", "field", "button", "choice"])
def test_scans_back_to_back_arrive_in_order(bench: Page, where: str) -> None:
    bench.evaluate("where => focusOn(where)", where)
    scans = [f"{KIT}{number}" for number in range(6)]
    scan(bench, *[(text, "Tab" if number % 2 else "Enter") for number, text in enumerate(scans)])
    assert heard(bench) == scans
    assert seen(bench)["presses"] == 0


def test_a_scanner_that_ends_with_enter_and_tab_presses_nothing(bench: Page) -> None:
    bench.evaluate("focusOn('button')")
    before = seen(bench)
    scan(bench, (KIT, "Enter"), ("", "Tab"), (LABEL, "Enter"), ("", "Tab"))
    assert heard(bench) == [KIT, LABEL]
    assert seen(bench) == before


def test_a_scan_stays_whole_while_the_page_is_busy(bench: Page) -> None:
    """The machine notices each key in time; the page, its timers too, half a second later."""
    bench.evaluate("focusOn('button')")
    began = bench.evaluate("performance.now()")
    for number, sign in enumerate(LABEL):
        bench.evaluate("time => notice(time)", began + 4 * number)
        at(bench).press(sign)
        if number == 11:
            bench.clock.fast_forward(500)
            assert handed(bench) == []
    assert heard(bench) == [LABEL]


@pytest.mark.parametrize("where", ["field", "note", "choice", "body"])
def test_a_scan_into_which_the_page_moves_the_focus_stays_whole(bench: Page, where: str) -> None:
    bench.evaluate("focusOn('button')")
    bench.evaluate("where => moveFocusAfter(5, where)", where)
    scan(bench, (LABEL, "Enter"))
    assert heard(bench) == [LABEL]
    assert seen(bench)["field"] == bench.input_value("#note") == ""


@pytest.mark.parametrize("where", ["body", "field", "button"])
def test_a_radio_link_may_stop_for_a_moment_once_the_scanner_is_known_to_end_its_scans(
    bench: Page, where: str
) -> None:
    bench.evaluate("where => focusOn(where)", where)
    before = seen(bench)
    scan(bench, (KIT, "Enter"))
    for part, end in ((LABEL[:9], None), (LABEL[9:20], None), (LABEL[20:], "Enter")):
        at(bench).scan(part, end)
        at(bench).rest(0.13)
    assert heard(bench) == [KIT, LABEL]
    assert seen(bench) == before


def test_what_a_person_typed_stands_as_it_was_after_a_scan(bench: Page) -> None:
    bench.evaluate("focusOn('field')")
    at(bench).type("kit")
    at(bench).scan(LABEL)
    assert heard(bench) == [LABEL]
    assert seen(bench)["field"] == "kit"


@pytest.mark.parametrize("delay", [0.09, 0.2])
def test_a_person_types_slowly_into_the_field_and_ends_with_enter(
    bench: Page, delay: float
) -> None:
    bench.evaluate("focusOn('field')")
    person = at(bench)
    person.type("kitex 00", delay)
    person.press("Backspace")
    person.type("7", delay)
    assert heard(bench) == []
    person.press("Enter")
    assert heard(bench) == ["kitex 07"]
    assert seen(bench) | {"field": "", "presses": 0, "focus": "field"} == seen(bench)


def test_enter_in_an_empty_field_hands_over_nothing(bench: Page) -> None:
    bench.evaluate("focusOn('field')")
    at(bench).press("Enter")
    assert heard(bench) == []
    assert seen(bench)["presses"] == 0


@pytest.mark.parametrize("where", ["note", "story"])
def test_other_fields_are_typed_into_as_anywhere(bench: Page, where: str) -> None:
    bench.evaluate("where => focusOn(where)", where)
    at(bench).scan(f"{KIT} {KIT}", "Tab")
    assert heard(bench) == []
    assert bench.input_value(f"#{where}") == f"{KIT} {KIT}"
    assert seen(bench)["focus"] != where


def test_a_person_still_uses_the_keyboard_for_everything_else(bench: Page) -> None:
    bench.evaluate("focusOn('button')")
    person = at(bench)
    person.press("Enter")
    bench.keyboard.press("Space")
    assert seen(bench)["presses"] == 2
    person.press("Tab")
    person.press("Tab")
    assert seen(bench)["focus"] == "tick"
    bench.keyboard.press("Space")
    assert seen(bench)["tick"] is True
    person.press("Tab")
    person.type("k")
    assert seen(bench)["choice"] == "KIT-3"
    assert heard(bench) == []


@pytest.mark.parametrize("where", ["body", "field"])
def test_a_key_held_down_is_no_scan(bench: Page, where: str) -> None:
    bench.evaluate("where => focusOn(where)", where)
    at(bench).hold("k", 30)
    assert heard(bench) == []
    assert seen(bench)["field"] == ("k" * 30 if where == "field" else "")


def test_dead_keys_and_words_that_are_being_composed_are_left_alone(bench: Page) -> None:
    bench.evaluate("focusOn('field')")
    protocol = bench.context.new_cdp_session(bench)
    composed = {"text": "кіт", "selectionStart": 3, "selectionEnd": 3}
    protocol.send("Input.imeSetComposition", composed)
    at(bench).press("Process")
    at(bench).press("Dead")
    protocol.send("Input.insertText", {"text": "кіт"})
    assert heard(bench) == []
    at(bench).press("Enter")
    assert heard(bench) == ["кіт"]


def test_text_that_comes_into_the_field_without_keys_belongs_to_the_scan(bench: Page) -> None:
    bench.evaluate("focusOn('field')")
    scan(bench, (KIT, "Enter"))
    bench.keyboard.type("ЛШЕУЧ0000001")  # Playwright has no keys for Cyrillic and inserts it
    bench.keyboard.press("Enter")
    assert heard(bench) == [KIT, "ЛШЕУЧ0000001"]
    assert seen(bench)["field"] == ""


def test_separators_inside_a_scan_open_nothing_of_the_browser(bench: Page) -> None:
    scan(bench, (KIT, "Enter"))
    scanner = at(bench)
    scanner.scan("0112", None)
    scanner.press("]", modifiers=CONTROL)
    scanner.press("j", modifiers=CONTROL)
    scanner.scan("21AB", "Enter")
    assert heard(bench) == [KIT, "0112\x1d21AB"]


def test_after_it_is_stopped_keys_are_nobodys(bench: Page) -> None:
    bench.evaluate("stop()")
    bench.evaluate("focusOn('button')")
    at(bench).scan(KIT)
    assert heard(bench) == []
    assert seen(bench)["presses"] == 1


# Signals


SORTS = ["recorded", "again", "gap", "refused", "unknown", "waiting", "setting"]
RATE = 44100
WINDOW = 441  # 10 ms


@pytest.fixture
def sounding(chromium: Browser, pieces: str) -> Iterator[Page]:
    """A page that knows the signals."""
    with opened(chromium, pieces, "signals") as page:
        yield page


def tones(samples: list[float]) -> list[tuple[int, int, int]]:
    """What is heard: pitch in Hz, length and start in ms of each tone, measured from the wave."""
    loud = [
        max(map(abs, samples[start : start + WINDOW])) > 0.05
        for start in range(0, len(samples), WINDOW)
    ]
    edges = [n for n, (a, b) in enumerate(pairwise([False, *loud, False])) if a != b]
    found = []
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        wave = samples[first * WINDOW : end * WINDOW]
        crossings = sum(a < 0 <= b for a, b in pairwise(wave))
        found.append((round(crossings * RATE / len(wave)), 10 * (end - first), 10 * first))
    return found


def test_no_two_sorts_sound_alike_in_pitch_or_in_rhythm(sounding: Page) -> None:
    heard_of = {sort: tones(sounding.evaluate("render", sort)) for sort in SORTS}
    for one, other in combinations(SORTS, 2):
        mine, its = heard_of[one], heard_of[other]
        assert _rhythms_differ(mine, its), (one, other)
        assert abs(math.log2(mine[0][0] / its[0][0])) > 2 / 12, (one, other)
    assert max(tone[1] + tone[2] for all_tones in heard_of.values() for tone in all_tones) < 600


def _rhythms_differ(one: list[tuple[int, int, int]], other: list[tuple[int, int, int]]) -> bool:
    """Another number of tones, or a tone that is twice as long."""
    if len(one) != len(other):
        return True
    return any(max(a[1], b[1]) >= 2 * min(a[1], b[1]) for a, b in zip(one, other, strict=True))


def test_a_phone_shakes_differently_for_each_sort(sounding: Page) -> None:
    patterns = [tuple(sounding.evaluate("signals.shaking", sort)) for sort in SORTS]
    assert len(set(patterns)) == len(SORTS)


def test_a_signal_sounds_and_shakes_after_the_first_touch(sounding: Page) -> None:
    sounding.evaluate("spy()")
    sounding.evaluate("signals.signal('recorded')")
    assert sounding.evaluate("done.tones") == 0
    sounding.click("#button")
    sounding.wait_for_timeout(300)
    sounding.evaluate("signals.signal('again')")
    assert sounding.evaluate("done") == {"tones": 2, "shakes": [[90], [80, 70, 80]]}


def test_mute_is_kept_for_the_next_visit(sounding: Page) -> None:
    sounding.evaluate("signals.mute(true)")
    sounding.reload()
    sounding.locator("body[data-ready]").wait_for()
    sounding.evaluate("spy()")
    sounding.click("#button")
    sounding.wait_for_timeout(300)
    sounding.evaluate("signals.signal('gap')")
    assert sounding.evaluate("[signals.isMuted(), done.tones, done.shakes.length]") == [True, 0, 1]
    sounding.evaluate("signals.mute(false); signals.signal('gap')")
    assert sounding.evaluate("[signals.isMuted(), done.tones]") == [False, 3]


@pytest.mark.parametrize(
    "broken",
    [
        "delete window.AudioContext",
        "window.AudioContext = class { constructor() { throw new Error('blocked'); } }",
        "AudioContext.prototype.resume = () => Promise.reject(new Error('blocked'))",
        "window.OscillatorNode = class { constructor() { throw new Error('broken'); } }",
        "navigator.vibrate = () => { throw new Error('broken'); }",
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('blocked'); }})",
    ],
)
def test_a_signal_never_throws(sounding: Page, broken: str) -> None:
    sounding.evaluate(f"{broken}; undefined")
    sounding.click("#button")
    sounding.evaluate("signals.mute(false)")
    for sort in [*SORTS, "undone", "something new"]:
        sounding.evaluate("signals.signal", sort)
    sounding.wait_for_timeout(100)
