"""Somebody at the bench with a scanner in the hand: key presses and an ending."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

UKRAINIAN = dict(zip("QWERTYUIOPASDFGHJKLZXCVBNM:/.", "ЙЦУКЕНГШЩЗФІВАПРОЛДЯЧСМИТЬЖ.Ю", strict=True))


@dataclass
class Person:
    """Somebody signed in, with a scanner in the hand; counts what they do."""

    page: Page
    address: str
    scans: int = 0
    clicks: int = 0
    took: dict[str, tuple[int, int, float]] = field(default_factory=dict)

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)
        if path.startswith("/scan"):
            self.page.wait_for_selector("#bench[data-ready]", state="attached")

    def scan(self, text: str, ending: str = "Enter") -> dict[str, Any]:
        """Press the keys of one scan; what the server answered."""
        self.scans += 1
        with self.page.expect_response("**/scan/reads") as answered:
            self.page.keyboard.type(text)
            self.page.keyboard.press(ending)
        asked = json.loads(answered.value.request.post_data or "")
        assert asked["text"] == text
        told: dict[str, Any] = answered.value.json()
        return told

    def scan_on_ukrainian_keys(self, text: str) -> dict[str, Any]:
        """The same keys on a computer set to Ukrainian: real key events, Cyrillic letters."""
        self.scans += 1
        session = self.page.context.new_cdp_session(self.page)
        with self.page.expect_response("**/scan/reads") as answered:
            for letter in text:
                typed = UKRAINIAN.get(letter, letter)
                for kind in ("keyDown", "keyUp"):
                    event = {"type": kind, "key": typed, "text": typed}
                    session.send("Input.dispatchKeyEvent", event)
            self.page.keyboard.press("Enter")
        told: dict[str, Any] = answered.value.json()
        return told

    def click(self, what: str) -> None:
        self.clicks += 1
        self.page.get_by_role("button", name=what, exact=True).first.click()

    def choose(self, name: str, value: str) -> None:
        """Choose from a list, which may be part of the bench's set-up."""
        control = self.page.locator(f"#{name}")
        if not control.is_visible():
            self.click("Change the set-up")
        self.clicks += 1
        control.select_option(value)

    def more(self) -> None:
        """Open what the bench keeps behind its third button."""
        self.click("More")

    def keep(self, name: str, began: tuple[int, int, float]) -> None:
        """Remember what a part of the day took since `began`."""
        scans, clicks, at = began
        self.took[name] = (self.scans - scans, self.clicks - clicks, time.monotonic() - at)

    def now(self) -> tuple[int, int, float]:
        return self.scans, self.clicks, time.monotonic()
