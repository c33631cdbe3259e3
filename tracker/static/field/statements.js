// What this phone signs of a scan: the exact text that the server makes too (its half is
// tracker/domain/statements.py), and the signature under it.

/** @import { Scan } from "../types" */

const VERSION = "kittrail-scan-v1";
const ACT_VERSION = "kittrail-act-v1";
const SAID = ["act", "condition", "consignment", "declares", "device_seq", "handling_unit", "id"];
SAID.push("bound_for", "location", "note", "reason", "receiver", "report", "step", "occurred_at");

/**
 * RFC 8785 as far as it is needed: keys sorted, no blanks, strings in NFC, whole numbers.
 * @param {unknown} value
 * @returns {string}
 */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value && typeof value === "object") {
    const held = /** @type {Record<string, unknown>} */ (value);
    const parts = Object.keys(held)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonical(held[key])}`);
    return `{${parts.join(",")}}`;
  }
  return JSON.stringify(typeof value === "string" ? value.normalize("NFC") : value);
}

/**
 * `isLabel`: whether the scanned code is one of ours. A maker's number never stands in the text,
 * only what hides it with the scan's salt.
 * @param {Partial<Scan>} scan
 * @param {boolean} isLabel
 */
export async function statement(scan, isLabel) {
  /** @type {Record<string, any>} */
  const said = {};
  /** @type {Record<string, any>} */
  const held = scan;
  for (const name of SAID)
    if (held[name] !== undefined && held[name] !== null) said[name] = held[name];
  if (isLabel) said.code = scan.code;
  if (scan.salt) {
    said.numbers = {};
    if (!isLabel) said.numbers.code = await hidden(scan.salt, scan.code ?? "");
    if (scan.second_identifier)
      said.numbers.second = await hidden(scan.salt, scan.second_identifier);
  }
  if (scan.evidence?.length) said.evidence = scan.evidence;
  if (scan.findings && Object.keys(scan.findings).length) said.findings = scan.findings;
  if (scan.sighted === false) said.sighted = false;
  if (scan.answers?.length) said.answers = scan.answers;
  return `${VERSION}\n${canonical(said)}`;
}

// A new salt; a scan that holds no maker's number needs none.
export const newSalt = () => hex(crypto.getRandomValues(new Uint8Array(16)));

/** @type {(salt: string, number: string) => Promise<string>} */
const hidden = (salt, number) => sha256(new TextEncoder().encode(`${salt}:${number}`));

/** @param {string} text */
export async function actStatement(text) {
  return `${ACT_VERSION}\n${await sha256(new TextEncoder().encode(text))}`;
}

/** @param {BufferSource} bytes */
export async function sha256(bytes) {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

/** @type {(bytes: Uint8Array) => string} */
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** @type {(bytes: ArrayBuffer | Uint8Array) => string} */
export const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
