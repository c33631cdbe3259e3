"""Phones in a real browser: each a Chromium with a storage of its own, behind a network of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, expect

from tests.house.parts import CHROMIUM, need

VIEWPORT = {"width": 360, "height": 740}
STATES = ("kept", "sent", "confirmed", "needs")


class BrowserPhone:
    """One phone; its storage outlives `restart`, as it does when a phone's battery is empty."""

    def __init__(self, kind: BrowserType, folder: Path, address: str, *arguments: str) -> None:
        self.kind, self.folder, self.address = kind, folder, address
        self.arguments = ["--no-sandbox", *arguments]
        self.errors: list[str] = []
        self.asked: list[str] = []
        self.start()

    def start(self) -> None:
        self.context: BrowserContext = self.kind.launch_persistent_context(
            self.folder,
            executable_path=need(CHROMIUM),
            args=self.arguments,
            viewport=VIEWPORT,  # type: ignore[arg-type]
            reduced_motion="reduce",
            accept_downloads=True,
        )
        self.watch(self.context.pages[0])

    def watch(self, page: Page) -> None:
        self.page = page
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))

    def restart(self) -> None:
        self.context.close()
        self.start()
        self.open()

    def open(self, path: str = "") -> None:
        self.page.goto(f"{self.address}/field/{path}")
        self.page.wait_for_selector("html[data-ready]")

    def show(self, path: str) -> None:
        """Go to another page of the app, without loading anything."""
        self.page.evaluate("path => (location.hash = path)", path)
        name = path.removeprefix("#/").partition("/")[0] or "home"
        self.page.wait_for_selector(f'main[data-page="{name}"]')

    def enrol(self, code: str, name: str = "Phone") -> None:
        self.open(f"#enrol={code}")
        expect(self.page.locator("main form input")).to_have_count(1)  # the code is in the address
        self.page.locator("main form input").fill(name)
        self.page.locator("main button[type=submit]").click()
        self.page.wait_for_selector('main[data-page="home"]')
        self.page.evaluate(
            """async () => {
              await navigator.serviceWorker.ready;
              while (!navigator.serviceWorker.controller) {
                await new Promise((go) => setTimeout(go, 20));
              }
            }"""
        )

    def stand(self, place: str) -> None:
        """Where its person stands, as if they had said so when they were asked."""
        self.page.evaluate(
            "ref => import('/static/field/session.js').then(({ standAt }) => standAt(ref))", place
        )

    def type(self, text: str) -> None:
        """Type a code by hand, on whichever page has the field."""
        self.page.fill("#typed", text)
        self.page.press("#typed", "Enter")

    def rows(self, store: str = "scans") -> list[dict[str, Any]]:
        """What stands in the phone's storage."""
        found: list[dict[str, Any]] = json.loads(
            self.page.evaluate(
                """async (store) => {
                  const { all } = await import("/static/field/store.js");
                  return JSON.stringify(await all(store));
                }""",
                store,
            )
        )
        return found

    def send(self) -> str:
        """Send what there is now; the word for what was in the way."""
        told: str = self.page.evaluate(
            """async () => {
              const { send } = await import("/static/field/sending.js");
              for (let tries = 0; tries < 50; tries++) {
                const { problem } = await send({ force: true });
                if (problem !== "busy") return problem;
                await new Promise((resolve) => setTimeout(resolve, 100));
              }
              return "busy";
            }"""
        )
        return told

    def record(self, *said: dict[str, Any]) -> list[str]:
        """Keep scans as the pages do; ids of those that were shown as kept."""
        ids: list[str] = self.page.evaluate(
            """async (said) => {
              const { record } = await import("/static/field/outbox.js");
              return (await record(said)).map((row) => row.id);
            }""",
            list(said),
        )
        return ids

    def close(self) -> None:
        self.context.close()


class WindowPhone(BrowserPhone):
    """A phone in a window of a browser that runs already: there at once, and gone with it.

    `restart` is what closing and opening the app is.
    """

    def __init__(self, browser: Browser, address: str) -> None:
        self.context = browser.new_context(viewport=VIEWPORT, reduced_motion="reduce")  # type: ignore[arg-type]
        super().__init__(browser.browser_type, Path(), address)

    def start(self) -> None:
        self.watch(self.context.new_page())

    def restart(self) -> None:
        self.page.close()
        self.start()
        self.open()


@contextmanager
def a_phone(
    kind: BrowserType, folder: Path, address: str, *arguments: str
) -> Iterator[BrowserPhone]:
    """A phone for a while; at the end it has asked nobody else for anything."""
    with held(BrowserPhone(kind, folder, address, *arguments)) as phone:
        yield phone


@contextmanager
def held(phone: BrowserPhone) -> Iterator[BrowserPhone]:
    """The same of a phone that is there."""
    yield phone
    phone.close()
    assert phone.errors == []
    ours = (phone.address, "data:", "blob:")
    assert [url for url in phone.asked if not url.startswith(ours)] == []
