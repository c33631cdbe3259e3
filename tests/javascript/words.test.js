import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import * as words from "../../tracker/static/field/words.js";
import { vectors } from "./vectors.js";

beforeEach(() => {
  globalThis.document = { documentElement: { lang: "" } };
  globalThis.fetch = async (address) => {
    const [, locale] = /\/field\/words\/(\w+)\.json$/.exec(address);
    return { json: async () => vectors.words[locale].words };
  };
});

for (const locale of Object.keys(vectors.words)) {
  test(`${locale}: every number has the plural that the server gives it`, async () => {
    await words.load(locale);
    const told = Array.from({ length: 200 }, (_, n) => words.many("units", n));
    assert.deepEqual(told, vectors.words[locale].units);
  });

  test(`${locale}: every sentence with a number names it`, async () => {
    await words.load(locale);
    for (const key of Object.keys(vectors.words[locale].words.many)) {
      for (const n of [1, 3, 5, 21]) assert.match(words.many(key, n), new RegExp(String(n)), key);
    }
  });
}

test("a word that is not there shows its key, and a name the word itself", async () => {
  await words.load("uk");
  assert.equal(words.t("no_such_word"), "no_such_word");
  assert.equal(words.name("status", "no_such_status"), "no_such_status");
  assert.equal(words.name("no_such_kind", null), "");
});

test("what is given stands in the sentence, and what is not given is left", async () => {
  await words.load("en");
  assert.ok(words.t("foreign", { host: "other.example" }).includes("other.example"));
  assert.ok(words.t("foreign").includes("{host}"));
});

test("days and times are those of Kyiv, whatever the phone's zone", async () => {
  await words.load("en");
  assert.equal(words.onDay("2026-12-31T22:30:00Z"), "January 1");
  assert.match(words.atTime("2026-07-01T21:30:00Z"), /Jul 2.*12:30/);
  assert.match(words.atTime("2026-01-01T21:30:00Z"), /Jan 1.*11:30/);
});

test("a place is named by its sign, its sector and its name, as far as it has them", async () => {
  await words.load("uk");
  assert.equal(words.placeName({ ref: "WH-1" }), "WH-1");
  assert.equal(words.placeName({ ref: "WH-1", name_uk: "Склад" }), "WH-1 · Склад");
});

test("a product is named in the reader's language, else in the other", async () => {
  const both = { name_uk: "Термінал", name_en: "Terminal" };
  await words.load("uk");
  assert.equal(words.productName(both), "Термінал");
  assert.equal(words.productName({ name_en: "Terminal" }), "Terminal");
  await words.load("en");
  assert.equal(words.productName(both), "Terminal");
  assert.equal(words.productName({}), "");
});
