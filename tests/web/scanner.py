"""A keyboard-wedge scanner for Chromium: it presses real keys, fast, in the layout of the machine.

`Scanner(page).scan("KIT0001", end="Tab")` types as scanners do, with Shift held for capitals.
`cyrillic=True` types the same keys on a machine that is set to the Ukrainian layout.
Where the page's clock stands still (`small_pages.opened`), time passes by what is typed: a busy
machine makes nobody slower.
"""

from __future__ import annotations

import time

from playwright.sync_api import Page

SIGNS = {":": ("Semicolon", True), "/": ("Slash", False), ".": ("Period", False)}
SIGNS |= {"-": ("Minus", False), " ": ("Space", False), "]": ("BracketRight", False)}
LATIN = "QWERTYUIOPASDFGHJKLZXCVBNM:/."
UKRAINIAN = dict(zip(LATIN, "ЙЦУКЕНГШЩЗФІВАПРОЛДЯЧСМИТЬЖ.Ю", strict=True))
NAMED = {"Enter": "\r", "Tab": "", "Backspace": "", "Process": "", "Dead": ""}
CODES = {"Enter": 13, "Tab": 9, "Backspace": 8, "Process": 229, "Dead": 186}
SHIFT, CONTROL = 8, 2
PERSON, SCANNER = 0.12, 0.004  # s from key to key


class Scanner:
    """What is plugged into the machine that shows `page`, and the person's keyboard beside it."""

    def __init__(self, page: Page, *, stands_still: bool = False) -> None:
        self._page, self._stands_still = page, stands_still
        self._protocol = page.context.new_cdp_session(page)

    def scan(self, text: str, end: str | None = "Enter", *, cyrillic: bool = False) -> None:
        """Type `text` as fast as the machine takes it."""
        for sign in text:
            self.press(sign, cyrillic=cyrillic)
            self._tick()
        if end:
            self.press(end)
            self._tick()

    def type(self, text: str, delay: float = PERSON) -> None:
        """Type `text` as a person does."""
        for sign in text:
            self.press(sign)
            self.rest(delay)

    def rest(self, seconds: float) -> None:
        """Nothing is pressed."""
        if self._stands_still:
            self._page.clock.run_for(round(seconds * 1000))
        else:
            time.sleep(seconds)

    def hold(self, key: str, times: int) -> None:
        """Keep a key down for so long that it repeats."""
        code, _ = _place(key)
        for _ in range(times):
            self._dispatch(_event("keyDown", key, code) | {"text": key, "autoRepeat": True})
        self._dispatch(_event("keyUp", key, code))

    def press(self, key: str, *, cyrillic: bool = False, modifiers: int = 0) -> None:
        """One key down and up, under Shift where its sign needs it."""
        if key in NAMED:
            self._send(key, key, NAMED[key], CODES[key], modifiers)
            return
        code, shift = _place(key)
        sign = UKRAINIAN.get(key.upper(), key) if cyrillic else key
        if cyrillic and key.islower():
            sign = sign.lower()
        if shift:
            self._dispatch(_event("rawKeyDown", "Shift", "ShiftLeft"))
        self._send(sign, code, sign, ord(key.upper()), modifiers | (SHIFT if shift else 0))
        if shift:
            self._dispatch(_event("keyUp", "Shift", "ShiftLeft"))

    def _send(self, key: str, code: str, text: str, number: int, modifiers: int) -> None:
        pressed = _event("keyDown" if text else "rawKeyDown", key, code)
        pressed |= {"windowsVirtualKeyCode": number, "modifiers": modifiers}
        if text and not modifiers & CONTROL:
            pressed |= {"text": text, "unmodifiedText": text}
        self._dispatch(pressed)
        released = _event("keyUp", key, code) | {"windowsVirtualKeyCode": number}
        self._dispatch(released)

    def _dispatch(self, event: dict[str, object]) -> None:
        self._protocol.send("Input.dispatchKeyEvent", event)

    def _tick(self) -> None:
        if self._stands_still:
            self.rest(SCANNER)


def _place(sign: str) -> tuple[str, bool]:
    """The key that bears `sign`, and whether Shift is held."""
    if sign.isdigit():
        return f"Digit{sign}", False
    if sign in SIGNS:
        return SIGNS[sign]
    return f"Key{sign.upper()}", sign.isupper()


def _event(sort: str, key: str, code: str) -> dict[str, object]:
    return {"type": sort, "key": key, "code": code}
