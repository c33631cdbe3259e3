"""Random misfortune for phones, and the one question after it: is anything lost?

Each run: some phones record scans while their network cuts, delays, doubles, answers half or with
other people's pages; pages and whole browsers are killed at any moment; clocks are days off;
storage is full; a phone is revoked; the app is replaced by a newer version with scans in its
queue. Then the network heals, everything is sent, and every scan that was shown as kept must be in
the ledger exactly once, or stand in a list that a person sees. A seed repeats a run.
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch
from uuid import uuid4

from playwright.sync_api import BrowserType, Error

from tests.conftest import _migrate
from tests.field.conftest import invite
from tests.field.faults import FAULTS, Network, network
from tests.field.phones import BrowserPhone
from tests.web.browsing import serving
from tests.web.conftest import World, make_world
from tracker.db import db
from tracker.domain.permissions import Role
from tracker.models import Event, LateScan
from tracker.services import devices
from tracker.web import field as web_field

PHONES = 2
ACTIONS = 9  # of each run
MISFORTUNES = ("kill", "reload", "weather", "clock", "full", "update", "offline")
PATIENCE = 60  # s until everything that can be sent is sent

# What a page says it has kept is written down outside of it, at once: the page may be killed.
LISTEN = """
const told = (ids) => ids.forEach((id) => shownAsKept(id));
window.torture = async (said) => {
  const { record } = await import("/static/field/outbox.js");
  const { Full } = await import("/static/field/store.js");
  try {
    told((await record(said)).map((row) => row.id));
    return "kept";
  } catch (problem) {
    return problem instanceof Full ? "full" : `broken ${problem}`;
  }
};
"""
CLOCK = "const far = {days} * 86400e3; const now = Date.now; Date.now = () => now() + far;"
FULL = """
const put = IDBObjectStore.prototype.add;
IDBObjectStore.prototype.add = function (...given) {
  if (window.isFull && this.name === "scans") throw new DOMException("full", "QuotaExceededError");
  return put.apply(this, given);
};
"""


@dataclass
class Outcome:
    """What all runs came to."""

    runs: int = 0
    shown: int = 0
    in_ledger: int = 0
    in_lists: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unsent: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    misfortunes: Counter[str] = field(default_factory=Counter)

    def told(self) -> str:
        """In a few lines."""
        bad = {"lost": self.lost, "doubled": self.doubled, "unsent": self.unsent}
        faults = ", ".join(f"{name} {many}" for name, many in sorted(self.faults.items()))
        luck = ", ".join(f"{name} {many}" for name, many in sorted(self.misfortunes.items()))
        return (
            f"{self.runs} runs, {self.shown} scans shown as kept: {self.in_ledger} in the ledger, "
            f"{self.in_lists} in a list for a person\n"
            f"faults of the network: {faults}\nmisfortunes: {luck}\n"
            + "\n".join(f"{name}: {found}" for name, found in bad.items())
            + f"\nbroken: {self.broken}"
        )


class TorturedPhone(BrowserPhone):
    """A phone that writes down, outside of its pages, what they showed as kept."""

    def __init__(self, kind: BrowserType, folder: Path, address: str) -> None:
        self.shown: list[str] = []
        self.clock = 0
        self.revoked = False
        super().__init__(kind, folder, address)

    def start(self) -> None:
        super().start()
        self.context.expose_function("shownAsKept", lambda one: self.shown.append(one))
        self.context.add_init_script(FULL)
        self.context.add_init_script(CLOCK.replace("{days}", str(self.clock)))

    def wake(self) -> None:
        """Start again, whatever the network does: the app must start without one."""
        self.context.close()
        self.start()
        self.open()
        self.page.evaluate(LISTEN)


@contextmanager
def tortured(
    world: World, kind: BrowserType, folder: Path
) -> Iterator[tuple[list[TorturedPhone], Network]]:
    """Phones behind a network of their own; enrolled while it was fine."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(web_field, "_words", Edition.edited))
        address = stack.enter_context(serving(world.app))
        between = stack.enter_context(network(address))
        phones = []
        for number in range(PHONES):
            phone = TorturedPhone(
                kind, folder / f"phone-{number}-{uuid4().hex[:6]}", between.address
            )
            stack.callback(phone.close)
            phone.enrol(invite(world, "LVIV-1", role=Role.WAREHOUSE), f"Phone {number}")
            phone.page.evaluate(LISTEN)
            phones.append(phone)
        yield phones, between


def run_once(
    world: World, phones: list[TorturedPhone], between: Network, seed: int, told: Outcome
) -> None:
    """One run on phones that are enrolled; they keep what earlier runs left."""
    luck = random.Random(seed)
    for _ in range(ACTIONS):
        phone = luck.choice(phones)
        if luck.random() < 0.55:
            _scan(world, phone, luck, told)
        else:
            _strike(phone, between, luck, told)
    if luck.random() < 0.1 and not phones[0].revoked:
        _revoke(world, phones[0], told)
    between.weather = lambda _path: "fine"
    told.runs += 1


def _scan(world: World, phone: TorturedPhone, luck: random.Random, told: Outcome) -> None:
    codes = luck.sample(world.codes, luck.randint(1, 4))
    step = luck.choice(("receiving", "counting"))
    said = [{"code": c, "isLabel": True, "step": step, "location": "LVIV-1"} for c in codes]
    with_kill = luck.random() < 0.25
    try:
        if with_kill:  # the page dies while it writes, or just after
            phone.page.evaluate("said => void torture(said)", said)
            phone.page.wait_for_timeout(luck.choice((0, 2, 5, 10, 20, 40)))
            told.misfortunes["killed while writing"] += 1
            phone.wake()
            return
        answer = phone.page.evaluate("said => torture(said)", said)
        if answer not in ("kept", "full"):
            told.broken.append(answer)
    except Error as problem:
        told.broken.append(str(problem)[:200])


def _strike(phone: TorturedPhone, between: Network, luck: random.Random, told: Outcome) -> None:
    what = luck.choice(MISFORTUNES)
    told.misfortunes[what] += 1
    if what == "kill":
        phone.wake()
    elif what == "reload":
        phone.page.reload(wait_until="commit")
        phone.page.wait_for_selector("html[data-ready]")
        phone.page.evaluate(LISTEN)
    elif what == "weather":
        share, kinds = luck.random(), luck.sample(FAULTS, luck.randint(1, len(FAULTS)))
        between.weather = lambda _path: luck.choice(kinds) if luck.random() < share else "fine"
    elif what == "clock":
        phone.clock = luck.choice((-3, -1, 0, 1, 3))
        phone.wake()
    elif what == "full":
        phone.page.evaluate("window.isFull = true")
        answer = phone.page.evaluate("said => torture(said)", [{"code": "X", "step": "counting"}])
        if answer != "full":
            told.broken.append(f"a full phone said {answer}")
        phone.page.evaluate("window.isFull = false")
    elif what == "update":
        _update(phone, told)
    else:
        phone.context.set_offline(True)
        phone.page.wait_for_timeout(luck.choice((0, 50, 200)))
        phone.context.set_offline(False)
    told.faults.update(between.met)
    between.met.clear()


def _update(phone: TorturedPhone, told: Outcome) -> None:
    """The server has a newer app; it takes over while scans are in the queue."""
    Edition.number += 1
    before = phone.page.evaluate("caches.keys()")
    try:
        phone.page.evaluate(
            """async () => {
              const registration = await navigator.serviceWorker.getRegistration();
              await registration.update();
              const coming = registration.installing;
              if (coming) await new Promise((go) => coming.addEventListener("statechange", go));
              registration.waiting?.postMessage("start");
            }"""
        )
        phone.page.wait_for_timeout(300)
    except Error:
        pass  # the network did not bring it, or the page was replaced as it should be
    phone.page.wait_for_selector("html[data-ready]")
    phone.page.evaluate(LISTEN)
    told.misfortunes["replaced by a newer app"] += phone.page.evaluate("caches.keys()") != before


class Edition:
    """What makes the app another one: a word that nobody reads."""

    number = 0
    words = staticmethod(web_field._words)

    @classmethod
    def edited(cls, locale: str) -> str:
        """The app's words with the edition among them."""
        return f'{{"edition":{cls.number},{cls.words(locale)[1:]}'


def _revoke(world: World, phone: TorturedPhone, told: Outcome) -> None:
    told.misfortunes["revoked"] += 1
    number = phone.page.evaluate(
        """async () => {
          const { self } = await import("/static/field/store.js");
          return (await self("device")).number;
        }"""
    )
    with world.app.app_context():
        devices.revoke_device(number, by=world.actor("alice"), now=datetime.now(UTC))
    phone.revoked = True


def settle(world: World, phones: list[TorturedPhone], told: Outcome) -> None:
    """The network is fine again: send everything, then count."""
    shown: set[str] = set()
    lists: dict[str, str] = {}
    for phone in phones:
        phone.clock = 0
        phone.wake()
        until = time.monotonic() + PATIENCE
        rows = phone.rows()
        while any(row["state"] == "kept" for row in rows) and time.monotonic() < until:
            phone.send()
            rows = phone.rows()
        lists.update({row["id"]: row["state"] for row in rows})
        shown.update(phone.shown)
        told.unsent += [row["id"] for row in rows if row["state"] == "kept"]
    with world.app.app_context():
        many = Counter(
            row.id for row in db.session.query(Event.id).filter(Event.by.like("device:%"))
        )
        aside = {row.id for row in db.session.query(LateScan.id)}
    told.shown += len(shown)
    told.doubled += [one for one, times in many.items() if times > 1]
    for one in sorted(shown):
        if one in many:
            told.in_ledger += 1
        elif lists.get(one) == "needs" or (one in aside and one in lists):
            told.in_lists += 1
        else:
            told.lost.append(f"{one} ({lists.get(one)})")


def torture(
    world: World, kind: BrowserType, folder: Path, *, runs: int, seed: int, every: int = 10
) -> Outcome:
    """`runs` runs; new phones after `every` of them."""
    told = Outcome()
    while told.runs < runs:
        with tortured(world, kind, folder) as (phones, between):
            for _ in range(min(every, runs - told.runs)):
                run_once(world, phones, between, seed + told.runs, told)
            settle(world, phones, told)
            told.faults.update(between.met)
        print(
            json.dumps({"runs": told.runs, "shown": told.shown, "lost": len(told.lost)}), flush=True
        )
    return told


def main(arguments: list[str]) -> int:
    """Two hundred runs, or as many as the arguments say: the exit status."""
    from playwright.sync_api import sync_playwright

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    runs = int(arguments[0]) if arguments else 200
    with TemporaryDirectory(prefix="kittrail-") as name, sync_playwright() as playwright:
        folder, seed = Path(name), random.randrange(10**6)
        print(f"seed {seed}", flush=True)
        _migrate(folder)
        told = torture(make_world(folder), playwright.chromium, folder, runs=runs, seed=seed)
        print(told.told())
    return int(bool(told.lost or told.doubled or told.unsent or told.broken))
