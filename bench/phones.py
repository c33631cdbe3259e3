"""The field app in a real browser: what comes over the wire, how soon a scan is kept, how fast
weeks of scans are sent, how soon a long list opens; and what Lighthouse says of the first page.

Each figure stands beside what the browser or the server needs for the bare work, in the same run.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from bench import lighthouse
from tests.conftest import _migrate
from tests.field.conftest import invite
from tests.field.phones import BrowserPhone
from tests.web.browsing import serving
from tests.web.conftest import World, make_world
from tracker.domain.permissions import Role

QUEUED, LONG, TRIES = 1000, 10_000, 100
HEAD = 300  # bytes that an answer's headers take at most

KEEP = """async ([code, many]) => {
  const { record } = await import("/static/field/outbox.js");
  const { database } = await import("/static/field/store.js");
  const said = { code, isLabel: true, step: "counting", location: "LVIV-1" };
  const times = { ours: [], bare: [] };
  const on = await database();
  for (let at = 0; at < many; at++) {
    let begun = performance.now();
    await record([said]);
    times.ours.push(performance.now() - begun);
    begun = performance.now();
    const write = on.transaction("self", "readwrite", { durability: "strict" });
    write.store.put(at, "bench");
    await write.done;
    times.bare.push(performance.now() - begun);
  }
  return times;
}"""
FILL = """async ([codes, many]) => {
  const { record } = await import("/static/field/outbox.js");
  const said = { isLabel: true, step: "counting", location: "LVIV-1" };
  for (let at = 0; at < many; at += 100) {
    await record(Array.from({ length: 100 }, (_, more) => (
      { ...said, code: codes[(at + more) % codes.length] }
    )));
  }
}"""
SENT = """async () => {
  const { counts } = await import("/static/field/store.js");
  const { send } = await import("/static/field/sending.js");
  const begun = performance.now();
  while ((await counts()).kept) {
    await send();
    await new Promise((go) => setTimeout(go, 5));
  }
  return performance.now() - begun;
}"""
LIST = """async () => {
  const { all } = await import("/static/field/store.js");
  let begun = performance.now();
  const many = (await all("scans")).length;
  const bare = performance.now() - begun;
  location.hash = "#/settings";
  await new Promise((go) => setTimeout(go, 500));
  begun = performance.now();
  location.hash = "#/unsent";
  while (!document.querySelector("#scans li")) await new Promise((go) => setTimeout(go, 1));
  return [many, performance.now() - begun, bare];
}"""


class Counter:
    """Around the application: bytes of its answers, and how long it took, by address."""

    def __init__(self, app: Any) -> None:
        self.app, self.bytes, self.seconds = app, dict[str, int](), 0.0

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        """Answer as the application does, and count."""
        begun, path = time.perf_counter(), str(environ["PATH_INFO"])
        chunks = list(self.app(environ, start))
        self.seconds += time.perf_counter() - begun
        told = self.bytes.get(path, 0) + HEAD + sum(map(len, chunks))
        self.bytes[path] = told
        return chunks

    def loaded(self, *, decoder: bool) -> float:
        """KB of the app so far."""
        wire = {path: size for path, size in self.bytes.items() if not path.startswith("/api/")}
        heavy = ("zxing", "barcode-detector")
        kept = [n for path, n in wire.items() if decoder or not any(one in path for one in heavy)]
        return sum(kept) / 1000


@contextmanager
def phone_and_server() -> Iterator[tuple[World, BrowserPhone, Counter, str]]:
    """A new phone that was enrolled, and what its server has sent it."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        _migrate(folder)
        world = make_world(folder)
        counter = Counter(world.app.wsgi_app)
        world.app.wsgi_app = counter  # type: ignore[assignment, method-assign]
        with serving(world.app) as address:
            phone = BrowserPhone(playwright.chromium, folder / "phone", address)
            phone.enrol(invite(world, "LVIV-1", role=Role.WAREHOUSE))
            yield world, phone, counter, address
            phone.close()


def run() -> list[dict[str, object]]:
    """Rows of the bench's table."""
    with phone_and_server() as (world, phone, counter, address):
        light, whole = (counter.loaded(decoder=with_it) for with_it in (False, True))
        keep = phone.page.evaluate(KEEP, [world.codes[4], TRIES])
        phone.send()
        phone.context.set_offline(True)
        phone.page.evaluate(FILL, [world.codes[4:], QUEUED])
        counter.seconds = 0.0
        phone.context.set_offline(False)
        took = phone.page.evaluate(SENT)
        server = counter.seconds
        phone.context.set_offline(True)
        phone.page.evaluate(FILL, [world.codes[4:], LONG - QUEUED])
        many, opened, bare = phone.page.evaluate(LIST)
        phone.context.set_offline(False)
        seen = lighthouse.performance(f"{address}/field/")
    ours, write = (statistics.median(keep[which]) for which in ("ours", "bare"))
    slowest = sorted(keep["ours"])[int(TRIES * 0.95)]
    return [
        _row("field app, first load without the decoder", f"{light:.0f}", "KB", "", "", "<= 150"),
        _row("the same with the decoder", f"{whole:.0f}", "KB", "", "", "<= 500"),
        _row("from a scan to “kept”", f"{ours:.1f}", f"ms, slowest twentieth {slowest:.1f}",
             f"one strict IndexedDB write {write:.1f} ms", f"{ours / write:.1f}", "< 50 ms"),
        _row(f"{QUEUED:,} queued scans sent", f"{took / 1000:.2f}", "s",
             f"of which the server {server:.2f} s", f"{took / 1000 / server:.1f}", "< 3 s"),
        _row(f"the list over {many:,} scans opens", f"{opened:.0f}", "ms",
             f"reading them all {bare:.0f} ms", f"{opened / bare:.2f}", "< 200 ms"),
        _row("Lighthouse: performance on a slow phone", f"{seen:.0f}", "of 100", "", "", ">= 90"),
    ]  # fmt: skip


def _row(
    name: str, figure: str, unit: str, against: str, ratio: str, aim: str
) -> dict[str, object]:
    told = {"figure": figure, "unit": unit, "baseline": against, "ratio": ratio, "target": aim}
    return {"name": name, **told}
