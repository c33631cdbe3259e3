import assert from "node:assert/strict";
import { test } from "node:test";
import {
  hostOf,
  isMakers,
  isProduct,
  makersNumber,
  paperNumber,
  parse,
  read,
  show,
  ssccIn,
  typing,
  Unreadable,
} from "../../tracker/static/field/codes.js";
import { vectors } from "./vectors.js";

const code = vectors.codes[0][0];

const said = (text) => {
  try {
    return parse(text);
  } catch (problem) {
    return `!${problem.message}`;
  }
};

test("every text is a code, or none for the same reason, as the server says", () => {
  for (const [text, expected] of vectors.codes) assert.equal(said(text), expected, text);
});

test("what is written as ours but wrong is never taken for a maker's number", () => {
  const wrong = vectors.codes.filter(([, expected, isOurs]) => isOurs && expected[0] === "!");
  assert.ok(wrong.length > 50);
  for (const [text, expected] of wrong) {
    assert.throws(() => read(text), { message: expected.slice(1) }, text);
  }
});

test("the host of an address is the one that the server sees", () => {
  for (const [text, , , host] of vectors.codes)
    assert.equal(hostOf(text), host.toLowerCase(), text);
});

test("a maker's number is looked up in the form in which the server keeps it", () => {
  for (const [text, key] of vectors.numbers) assert.equal(makersNumber(text), key, text);
});

test("a maker's number that is too short or too long is none", () => {
  assert.throws(() => makersNumber("AB"), Unreadable);
  assert.throws(() => makersNumber("A".repeat(36)), Unreadable);
});

test("a product's barcode and a parcel's number are what the server takes for them", () => {
  const kinds = { product: 0, parcel: 0, neither: 0 };
  for (const [text, product, sscc] of vectors.digits) {
    assert.equal(isProduct(text), product, text);
    assert.equal(ssccIn(text), sscc, text);
    kinds[product ? "product" : sscc ? "parcel" : "neither"] += 1;
  }
  for (const many of Object.values(kinds)) assert.ok(many > 20);
});

test("only what looks like a terminal's number is a scan without being asked about", () => {
  assert.ok(isMakers("KITEX0000001"));
  assert.ok(isMakers("UT00000000-00000000-00000001"));
  assert.ok(!isMakers("4820000000000"));
  assert.ok(!isMakers(undefined));
});

test("who types is told how many letters are missing, then whether the last one fits", () => {
  for (let many = 0; many < 11; many++) {
    assert.deepEqual(typing(code.slice(0, many)), { missing: 11 - many });
  }
  assert.deepEqual(typing(show(code).toLowerCase()), { fits: true });
  assert.deepEqual(typing(`${code.slice(1)}00`), { fits: false });
});

test("a code is shown in groups of five, and what is none as it is", () => {
  assert.match(show(code), /^.{5}-.{5}-.$/);
  assert.equal(show("KITEX0000001"), "KITEX0000001");
});

test("a paper's symbol names our paper, and another host's does not", () => {
  assert.equal(paperNumber("HTTPS://KIT.EXAMPLE/DOCUMENTS/HA-2026-1", "kit.example"), "HA-2026-1");
  assert.equal(paperNumber("https://other.example/documents/HA-2026-1", "kit.example"), null);
  assert.equal(paperNumber(code, "kit.example"), null);
});
