"""A real browser: the application served for it, and a window in which somebody has signed in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.web.conftest import PASSWORD

ANSWER = "kittrail.tests.answer"
PHONE: ViewportSize = {"width": 360, "height": 740}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}


class Answering(WSGIRequestHandler):
    """One request, where a browser may leave before it has its answer."""

    def connection_dropped(
        self, error: BaseException, environ: dict[str, Any] | None = None
    ) -> None:
        """Let go of the files that the answer holds, which werkzeug would leave open."""
        if ANSWER in self.environ:
            self.environ[ANSWER].close()


@contextmanager
def serving(app: Flask, at: str = "") -> Iterator[str]:
    """The address at which `app` answers meanwhile: `at`, where another has stopped, or any."""

    def answered(environ: dict[str, Any], start: Any) -> Any:
        environ[ANSWER] = answer = app(environ, start)
        return answer

    port = urlsplit(at).port or 0
    server = make_server("127.0.0.1", port, answered, threaded=True, request_handler=Answering)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


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
