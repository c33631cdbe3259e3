"""A real browser: the application served for it, and a window in which somebody has signed in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from tests.web.conftest import PASSWORD

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 800}


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The address at which `app` answers meanwhile."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def enter(browser: Browser, address: str, name: str, **how: Any) -> Page:
    """A page of a new browser window in which `name` has signed in ("": nobody)."""
    how.setdefault("viewport", DESKTOP)
    how.setdefault("locale", "en")
    how.setdefault("reduced_motion", "reduce")
    context: BrowserContext = browser.new_context(**how)
    page = context.new_page()
    if name:
        page.goto(f"{address}/login")
        page.fill("#email", f"{name}@example.org")
        page.fill("#password", PASSWORD)
        page.press("#password", "Enter")
        page.wait_for_url(lambda url: "/login" not in url)
    return page
