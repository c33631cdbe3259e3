"""Small pages that exist only in tests, served by the application under its own policy.

A page is `pieces/NAME.html` beside this file, with the module `pieces/NAME.js`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, send_from_directory
from playwright.sync_api import Browser, Page

from tests.web.browsing import DESKTOP, serving
from tracker.web.frame.frame import allow_decoder
from tracker.web.frame.gate import open_to_anyone

LATER = 3600  # s: where a clock that was set to nought stands still
FOLDER = Path(__file__).parent / "pieces"
blueprint = Blueprint("pieces", __name__)

# What the browser's own words say when the policy stops something.
LISTEN = "addEventListener('securitypolicyviolation', (one) => (stopped.push(one.blockedURI)));"


@blueprint.get("/pieces/<name>")
@open_to_anyone("it is a page of the tests")
def show(name: str) -> Any:
    """A page, or its module; the decoder may run on the page of the camera."""
    page = send_from_directory(FOLDER, name)
    return allow_decoder(page) if name == "camera.html" else page


@contextmanager
def serving_pieces(app: Flask) -> Iterator[str]:
    """The address at which `app` answers meanwhile, with these pages among its own."""
    app.register_blueprint(blueprint)
    with serving(app) as address:
        yield address


@contextmanager
def opened(
    browser: Browser, address: str, name: str, *, stands_still: bool = False, **how: Any
) -> Iterator[Page]:
    """A page of a new window; at the end nothing was stopped, failed or asked of others.

    With `stands_still` its clock, timers too, moves only as a test says (`page.clock.run_for`).
    `permissions` and what else a window may be given go to Playwright.
    """
    context = browser.new_context(**{"viewport": DESKTOP, **how})
    context.add_init_script("window.stopped = []; " + LISTEN)
    page = context.new_page()
    failed: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    if stands_still:
        page.clock.install(time=0)
    page.goto(f"{address}/pieces/{name}.html")
    page.locator("body[data-ready]").wait_for()
    if stands_still:
        page.clock.pause_at(LATER)
    yield page
    assert page.evaluate("stopped") == []
    assert failed == []
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    context.close()
