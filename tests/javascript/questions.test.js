// What is asked before a scan is kept, and how seldom.
import assert from "node:assert/strict";
import { test } from "node:test";
import { vectors } from "./vectors.js";

globalThis.document = { documentElement: { lang: "" } };
globalThis.fetch = async () => ({ json: async () => vectors.words.uk.words });
const { settled } = await import("../../tracker/static/field/questions.js");
await (await import("../../tracker/static/field/words.js")).load("uk");

const places = ["EX-1", "EX-2", "EX-3"].map((ref) => ({ ref, kind: "warehouse" }));
const boxes = ["EXBOX-1", "EXBOX-2", "EXBOX-3"].map((code) => ({
  code,
  name: code,
  labels: [code],
}));
const taken = { steps: ["unpacking"], places, boxes, units: [], parties: [], taken_at: 0 };

// A panel that is answered so; what it was asked.
const panel = (said = true) => {
  const asked = [];
  const ask = async (sentence, choices) => {
    asked.push({ sentence, choices });
    return said;
  };
  return { asked, ask };
};
const counted = (location) => [
  { code: "EXUNIT", step: "counting", location: "EX-1" },
  { code: "EXUNIT", status: "in_stock", location },
];

test("of 600 scans a fifth should be elsewhere: asked five times at most", async () => {
  const one = panel();
  for (let number = 0; number < 600; number++) {
    const place = number % 5 ? "EX-1" : `EX-${2 + (number % 2)}`;
    const [scan, unit] = counted(place);
    assert.deepEqual(await settled(one, scan, unit, taken), [scan]);
  }
  for (let number = 0; number < 30; number++) {
    const scan = { code: `EX${number}`, step: "returning", location: "EX-1" };
    const unit = { status: "in_stock", location: "EX-1", box: boxes[number % 3].code };
    assert.equal((await settled(one, scan, unit, taken)).length, 2);
  }
  assert.equal(one.asked.length, 5);
  for (const { sentence, choices } of one.asked) {
    assert.match(sentence, /[?]$/);
    assert.equal(choices.length, 2);
  }
});

test("a no keeps nothing, and is asked again", async () => {
  const one = panel(false);
  const place = { ...taken, places: [...places, { ref: "EX-4", kind: "warehouse" }] };
  for (let tries = 0; tries < 2; tries++)
    assert.equal(await settled(one, ...counted("EX-4"), place), null);
  assert.equal(one.asked.length, 2);
});

test("what is not known is not asked", async () => {
  const one = panel();
  const [scan] = counted("EX-9");
  for (const unit of [null, { code: "EXUNIT", status: null }, { status: "in_stock" }])
    assert.deepEqual(await settled(one, scan, unit, taken), [scan]);
  assert.deepEqual(one.asked, []);
});

test("of many units that nobody saw the first five are named, and how many more", async () => {
  const one = panel();
  const unseen = Array.from({ length: 8 }, (_, at) => ({ code: `EX${at}`, status: "in_transit" }));
  const inside = [{ code: "EXSEEN", status: "in_stock", apart: true }, ...unseen];
  const scan = { code: "EXBOX-9", step: "receiving", location: "EX-1" };
  const [kept] = await settled(one, scan, { code: "EXBOX-9", inside }, taken);
  assert.deepEqual(kept.answers, ["partly_seen:EXBOX-9"]);
  assert.match(one.asked[0].sentence, /EX4.* 3\b/);
  assert.doesNotMatch(one.asked[0].sentence, /EX5/);
});
