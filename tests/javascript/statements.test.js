import assert from "node:assert/strict";
import { test } from "node:test";
import {
  actStatement,
  base64,
  canonical,
  newSalt,
  sha256,
  statement,
} from "../../tracker/static/field/statements.js";
import { vectors } from "./vectors.js";

test("what a phone signs of a scan is the text that the server makes of it", async () => {
  for (const { scan, isLabel, text } of vectors.scans) {
    assert.equal(await statement(scan, isLabel), text, scan.step);
  }
});

test("a body has one spelling, the server's", () => {
  for (const [body, text] of vectors.bodies) assert.equal(canonical(body), text);
});

test("letters that are written in two ways are signed in one", () => {
  const [body, text] = vectors.decomposed;
  assert.equal(canonical(body), text);
});

test("a maker's number is hidden by its salt, as the server looks for it", async () => {
  const [salt, number, digest] = vectors.hidden;
  assert.equal(await sha256(new TextEncoder().encode(`${salt}:${number}`)), digest);
  const text = await statement({ id: "i", code: number, step: "counting", salt }, false);
  assert.ok(text.includes(digest));
  assert.ok(!text.includes(number));
});

test("what is not said is not signed", async () => {
  const said = { id: "i", code: "EX", step: "counting", note: null, location: undefined };
  const text = await statement({ ...said, evidence: [], findings: {} }, true);
  assert.equal(text, 'kittrail-scan-v1\n{"code":"EX","id":"i","step":"counting"}');
});

test("a salt is sixteen bytes and never twice the same", () => {
  const salts = new Set(Array.from({ length: 100 }, newSalt));
  assert.equal(salts.size, 100);
  for (const salt of salts) assert.match(salt, /^[0-9a-f]{32}$/);
});

test("an act is signed by the hash of its exact text", async () => {
  const digest = await sha256(new TextEncoder().encode('{"v":1}'));
  assert.equal(await actStatement('{"v":1}'), `kittrail-act-v1\n${digest}`);
});

test("bytes are written in base64", () => {
  assert.equal(base64(new Uint8Array([0, 255, 16])), "AP8Q");
});
