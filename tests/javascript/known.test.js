// What a phone knows of units: what it took along, and what it has recorded since.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { brought, vectors } from "./vectors.js";

await brought("fake-indexeddb/auto/index.mjs");
globalThis.document = { documentElement: { lang: "" } };
globalThis.fetch = async () => ({ json: async () => vectors.words.uk.words });
const store = await import("../../tracker/static/field/store.js");
const known = await import("../../tracker/static/field/known.js");
await (await import("../../tracker/static/field/words.js")).load("uk");

const { places, elsewhere, walks } = vectors.known;
const HOUR = 3600e3;
const TAKEN_AT = Date.UTC(2026, 4, 1);
const TERMINAL = { name_uk: "Термінал", status: "in_transit", box: "BOX" };
const taken = {
  steps: [],
  places,
  units: ["A", "B"].map((code) => ({ ...TERMINAL, code })),
  boxes: [
    { code: "BOX", name: "Коробка 3", kind: "box", parent: "PALLET", labels: ["BOX", "OLD"] },
    { code: "PALLET", name: "Палета", kind: "pallet", labels: ["PALLET"] },
  ],
  parties: [],
  taken_at: TAKEN_AT,
};
let last = 0;

const record = (scan, { later = HOUR, ...more } = {}) => {
  const made_at = new Date(TAKEN_AT + later).toISOString();
  const row = { id: `${++last}`, seq: last, made_at, state: "kept", scan, answer: null, ...more };
  return store.keep({ scans: [row] });
};

beforeEach(async () => {
  const on = await store.database();
  for (const name of on.objectStoreNames) await on.clear(name);
  await store.keepSelf("taken", taken);
});

test("phone and ledger call the same things elsewhere, in every status, at every place", () => {
  for (const { scan, unit, known: place } of elsewhere)
    assert.equal(known.contradicted(scan, unit, places), place, JSON.stringify([scan, unit]));
  const told = new Set(elsewhere.map((one) => one.known));
  assert.equal(told.size, places.length + 1);
});

test("after scans that fit, phone and ledger know the same of a unit", () => {
  for (const { unit, scans, known: wanted } of walks) {
    const { status, location, box, apart } = known.after(unit, scans, { places, boxes: [] });
    const told = [status, location ?? null, box ?? null, Boolean(apart)];
    assert.deepEqual(told, wanted, JSON.stringify([unit, scans]));
  }
  assert.ok(walks.filter((one) => one.known[3]).length > 20);
});

test("a box that is received brings its units, also from a pallet", async () => {
  await record({ code: "PALLET", step: "receiving", location: "EX-W" });
  const unit = await known.unitNamed("A");
  assert.deepEqual([unit.status, unit.location, unit.box], ["in_stock", "EX-W", "BOX"]);
  const box = await known.unitNamed("BOX");
  assert.deepEqual([box.product, box.status, box.inside.length], ["Коробка 3", "in_stock", 2]);
});

test("a box is known by each of its labels", async () => {
  await record({ code: "OLD", step: "receiving", location: "EX-W" });
  assert.equal((await known.unitNamed("A")).location, "EX-W");
  assert.equal((await known.unitNamed("OLD")).product, "Коробка 3");
});

test("a box whose units differ has no status of its own", async () => {
  await record({ code: "A", step: "receiving", location: "EX-W" });
  assert.equal((await known.unitNamed("BOX")).status, null);
});

test("a unit that was taken out lies in its box no longer", async () => {
  await record({ code: "BOX", step: "receiving", location: "EX-W" });
  await record({ code: "A", step: "unpacking", location: "EX-W" });
  await record({ code: "BOX", step: "counting", location: "EX-V" });
  assert.equal((await known.unitNamed("A")).location, "EX-W");
  assert.deepEqual(
    (await known.unitNamed("BOX")).inside.map((unit) => unit.code),
    ["B"],
  );
});

test("what the server told already, refused or could not place changes nothing", async () => {
  const scan = { code: "A", step: "receiving", location: "EX-W" };
  const told = { ...taken, seq: last + 1 };
  await store.keepSelf("taken", told);
  await record(scan, { state: "confirmed", answer: { outcome: "recorded" } });
  await record(scan, { state: "needs" });
  await record(scan, { state: "confirmed", answer: { outcome: "misfit" } });
  assert.equal((await known.unitNamed("A")).status, "in_transit");
  assert.equal((await known.unitsNow(told))[0].status, "in_transit");
  await record(scan, { later: -HOUR }); // the clock was set back, and yet it is news
  assert.equal((await known.unitsNow(told))[0].status, "in_stock");
});

test("a code that nobody knows is nothing, until it was scanned here", async () => {
  assert.equal(await known.unitNamed("C"), null);
  await record({ code: "C", step: "counting", location: "EX-W" });
  const unit = await known.unitNamed("C");
  assert.deepEqual([unit.product, unit.location, unit.mine.length], ["", "EX-W", 1]);
});
