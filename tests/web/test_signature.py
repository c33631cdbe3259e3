"""Signing on a pad in a real browser: with a mouse, with a finger, in any light."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page

from tests.web.browsing import PHONE
from tests.web.small_pages import opened

pytestmark = pytest.mark.browser

Point = tuple[float, float]
WAVE = [(0.1 + 0.008 * n, 0.5 + 0.3 * math.sin(n / 5)) for n in range(100)]
MOST = 600


@pytest.fixture
def page(chromium: Browser, pieces: str) -> Iterator[Page]:
    """A page with a pad, seen on a desk."""
    with opened(chromium, pieces, "signature") as found:
        yield found


@pytest.fixture
def phone(chromium: Browser, pieces: str) -> Iterator[Page]:
    """The same page on a telephone."""
    touching: dict[str, Any] = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
    with opened(chromium, pieces, "signature", **touching) as found:
        yield found


def on_page(page: Page, points: list[Point]) -> list[Point]:
    """Where points of the pad, from 0 to 1, are on the page."""
    box = page.locator("#pad").bounding_box()
    assert box is not None
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]


def draw(page: Page, points: list[Point]) -> None:
    """One stroke of the mouse."""
    first, *rest = on_page(page, points)
    page.mouse.move(*first)
    page.mouse.down()
    for point in rest:
        page.mouse.move(*point)
    page.mouse.up()


def touch(protocol: CDPSession, sort: str, *fingers: Point) -> None:
    points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(fingers)]
    protocol.send("Input.dispatchTouchEvent", {"type": sort, "touchPoints": points})


def strokes(page: Page) -> list[list[list[float]]]:
    found: list[list[list[float]]] = page.evaluate("made.strokes()")
    return found


def off_by(stroke: list[list[float]], points: list[Point]) -> float:
    """How far the points lie from the line of a stroke, at most."""
    return max(min(_distance(point, a, b) for a, b in pairwise(stroke)) for point in points)


def _distance(point: Point, start: list[float], end: list[float]) -> float:
    (x, y), (ax, ay), (bx, by) = point, start, end
    wide, high = bx - ax, by - ay
    square = wide * wide + high * high or 1
    along = max(0.0, min(1.0, ((x - ax) * wide + (y - ay) * high) / square))
    return math.hypot(x - ax - along * wide, y - ay - along * high)


def test_a_drawn_line_is_kept_where_it_was_drawn(page: Page) -> None:
    assert page.evaluate("made.empty") is True
    draw(page, WAVE)
    draw(page, [(0.2, 0.9), (0.8, 0.9)])
    first, second = strokes(page)
    assert off_by(first, WAVE) < 0.01
    assert len(first) < len(WAVE)
    assert len(second) == 2
    assert page.evaluate("made.empty") is False
    assert page.locator("#pad path").count() == 2


def test_points_lie_from_0_to_1_in_three_digits(page: Page) -> None:
    draw(page, [(0.5, 0.5), (1.3, -0.4), (-0.2, 1.5)])
    [stroke] = strokes(page)
    parts = [part for point in stroke for part in point]
    assert all(0 <= part <= 1 and round(part, 3) == part for part in parts)
    assert {0, 1} <= set(parts)


def test_a_dot_is_a_stroke_too(page: Page) -> None:
    draw(page, [(0.25, 0.5)])
    [[point]] = strokes(page)
    assert point == [pytest.approx(0.25, abs=0.01), pytest.approx(0.5, abs=0.01)]
    length = page.locator("#pad path").evaluate("path => path.getAttribute('d').length")
    assert length > 0


@pytest.mark.parametrize(("many", "length"), [(1, 6000), (12, 500), (100, 30)])
def test_a_long_signature_is_thinned_and_looks_the_same(page: Page, many: int, length: int) -> None:
    scribble = [
        [
            (
                round(0.5 + 0.4 * math.sin(n / 31 + k), 5),
                round(0.5 + 0.4 * math.sin(n / 13 + 2 * k), 5),
            )
            for n in range(length)
        ]
        for k in range(many)
    ]
    found = page.evaluate("thinned", scribble)
    assert len(found) == many
    assert 2 * many <= sum(map(len, found)) <= MOST
    worst = max(off_by(one, drawn[::7]) for one, drawn in zip(found, scribble, strict=True))
    assert worst < 0.02


def test_every_stroke_is_told_and_so_is_clearing(page: Page) -> None:
    draw(page, WAVE[:20])
    draw(page, WAVE[20:40])
    assert page.evaluate("events") == ["input", "change"] * 2
    assert page.evaluate("changes.map((one) => one.length)") == [1, 2]
    page.evaluate("made.clear()")
    assert page.evaluate("events").count("change") == 3
    assert strokes(page) == []
    assert page.evaluate("made.empty") is True
    assert page.locator("#pad path").count() == 0


def test_the_other_buttons_of_a_mouse_draw_nothing(page: Page) -> None:
    [place] = on_page(page, [(0.5, 0.5)])
    page.mouse.click(*place, button="right")
    assert strokes(page) == []


def test_a_finger_draws_and_does_not_scroll(phone: Page) -> None:
    protocol = phone.context.new_cdp_session(phone)
    first, *rest = on_page(phone, [(0.5, 0.9 - 0.02 * n) for n in range(40)])
    touch(protocol, "touchStart", first)
    for point in rest:
        touch(protocol, "touchMove", point)
    touch(protocol, "touchEnd")
    [stroke] = strokes(phone)
    assert stroke[0][1] > 0.85
    assert stroke[-1][1] < 0.2
    assert phone.evaluate("scrollY") == 0


def test_a_hand_that_rests_on_the_pad_is_not_part_of_the_signature(phone: Page) -> None:
    protocol = phone.context.new_cdp_session(phone)
    pen, hand = on_page(phone, [(0.2, 0.4), (0.9, 0.9)])
    touch(protocol, "touchStart", pen)
    touch(protocol, "touchStart", pen, hand)
    for step in range(1, 10):
        touch(protocol, "touchMove", (pen[0] + 5 * step, pen[1]), (hand[0], hand[1] - step))
    touch(protocol, "touchEnd")
    [stroke] = strokes(phone)
    assert all(y == pytest.approx(0.4, abs=0.03) for _, y in stroke)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_line_is_seen_in_any_light(chromium: Browser, pieces: str, scheme: Any) -> None:
    with opened(chromium, pieces, "signature", color_scheme=scheme) as page:
        draw(page, WAVE)
        line = page.locator("#pad path").evaluate("it => getComputedStyle(it).stroke")
        ground = page.locator("#pad").evaluate("it => getComputedStyle(it).backgroundColor")
        assert abs(_light(line) - _light(ground)) > 120, (line, ground)


def _light(colour: str) -> float:
    parts = [float(part) for part in colour.strip("rgba()").split(",")[:3]]
    return sum(parts) / 3
