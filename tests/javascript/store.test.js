// The phone's storage, on an IndexedDB that lives in memory.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { brought } from "./vectors.js";

await brought("fake-indexeddb/auto/index.mjs");
const store = await import("../../tracker/static/field/store.js");

const DAY = 86400e3;
const row = (seq, more = {}) => ({
  id: `scan-${seq}`,
  seq,
  made_at: new Date(Date.UTC(2026, 4, 1) + seq * 1000).toISOString(),
  state: "kept",
  scan: { id: `scan-${seq}`, code: seq % 2 ? "ODD" : "EVEN", step: "counting" },
  answer: null,
  ...more,
});
const numbers = (rows) => rows.map((one) => one.seq);

beforeEach(async () => {
  const on = await store.database();
  for (const name of on.objectStoreNames) await on.clear(name);
});

test("numbers go on where they stopped, and are never given twice", async () => {
  assert.deepEqual(await store.nextNumbers(2), [1, 2]);
  const asked = await Promise.all([store.nextNumbers(3), store.nextNumbers(1)]);
  assert.deepEqual(
    asked.flat().sort((a, b) => a - b),
    [3, 4, 5, 6],
  );
});

test("scans are kept all or none", async () => {
  await store.keep({ scans: [row(1)] });
  await assert.rejects(store.keep({ scans: [row(2), row(1)], acts: [{ id: "a" }] }));
  assert.deepEqual(numbers(await store.all("scans")), [1]);
  assert.deepEqual(await store.all("acts"), []);
});

test("a phone without room says so in a way of its own", async () => {
  await store.keep({ scans: [row(1)] });
  const edit = () => {
    throw Object.assign(new Error(), { name: "QuotaExceededError" });
  };
  await assert.rejects(store.change("scans", ["scan-1"], edit), store.Full);
});

test("what waits is sent in the order in which it was made, as much as is asked for", async () => {
  await store.keep({ scans: [3, 1, 2].map((seq) => row(seq)) });
  await store.keep({ scans: [row(4, { state: "confirmed" })] });
  assert.deepEqual(numbers(await store.unsent(2)), [1, 2]);
  assert.deepEqual(numbers(await store.unsent()), [1, 2, 3]);
});

test("the newest scans come first, over every gap in their numbers", async () => {
  for (const seq of [1, 2, 3, 40, 41, 500]) await store.keep({ scans: [row(seq)] });
  assert.deepEqual(numbers(await store.newest(4)), [500, 41, 40, 3]);
  assert.deepEqual(numbers(await store.newest(100)), [500, 41, 40, 3, 2, 1]);
  assert.deepEqual(await store.newest(5, "needs"), []);
  await store.change("scans", ["scan-2", "scan-41"], (one) => ({ ...one, state: "needs" }));
  assert.deepEqual(numbers(await store.newest(5, "needs")), [41, 2]);
});

test("the scans of one code come newest first", async () => {
  await store.keep({ scans: [1, 2, 3].map((seq) => row(seq)) });
  assert.deepEqual(numbers(await store.ofCode("ODD")), [3, 1]);
});

test("scans are counted by what has become of them", async () => {
  const states = ["kept", "kept", "confirmed", "needs"];
  await store.keep({ scans: states.map((state, at) => row(at + 1, { state })) });
  assert.deepEqual(await store.counts(), { kept: 2, confirmed: 1, needs: 1 });
});

test("a row that is not there is not made by a change", async () => {
  await store.change("scans", ["scan-9"], (one) => one);
  assert.deepEqual(await store.all("scans"), []);
});

test("a place goes in time, a receipt after ninety days, an unsent scan never", async () => {
  const now = Date.UTC(2026, 8, 1);
  const old = new Date(now - 91 * DAY).toISOString();
  const young = new Date(now - 89 * DAY).toISOString();
  await store.keep({
    scans: [
      row(1, { made_at: old, state: "confirmed" }),
      row(2, { made_at: old }),
      row(3, { made_at: old, state: "needs" }),
      row(4, { made_at: young, state: "confirmed" }),
    ],
    photos: [
      { sha: "a", state: "sent", blob: "picture" },
      { sha: "b", state: "kept", blob: "picture" },
    ],
  });
  await store.keepSite({ ref: "over", facts: {}, until: new Date(now).toISOString() });
  await store.keepSite({ ref: "open", facts: {}, until: new Date(now + 1).toISOString() });
  await store.sweep(now);
  assert.deepEqual(numbers(await store.all("scans")), [2, 3, 4]);
  assert.deepEqual(
    (await store.all("sites")).map((site) => site.ref),
    ["open"],
  );
  assert.deepEqual(
    (await store.all("photos")).map((photo) => photo.blob),
    [null, "picture"],
  );
});

test("after its access has ended a phone knows only what it still has to hand over", async () => {
  await store.keep({ scans: [row(1), row(2, { state: "confirmed" }), row(3, { state: "needs" })] });
  for (const what of ["taken", "giver", "defaults", "locale"]) await store.keepSelf(what, "EX");
  await store.keepSite({ ref: "SITE", facts: {}, until: "2030-01-01T00:00:00Z" });
  await store.forget({ number: 2, ended: "2026-05-01T00:00:00Z" });
  assert.deepEqual(numbers(await store.all("scans")), [1, 3]);
  assert.deepEqual(await store.all("sites"), []);
  assert.equal(await store.self("taken"), undefined);
  assert.equal(await store.self("locale"), "EX");
  assert.equal((await store.self("device")).number, 2);
});
