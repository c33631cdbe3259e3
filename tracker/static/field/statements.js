// What this phone signs of a scan: the exact text that the server makes too (its half is
// tracker/domain/statements.py), and the signature under it.

const VERSION = "kittrail-scan-v1";
const ACT_VERSION = "kittrail-act-v1";
const SAID = ["act", "condition", "consignment", "declares", "device_seq", "handling_unit", "id"];
SAID.push("location", "note", "reason", "receiver", "report", "step", "occurred_at");

// RFC 8785 as far as it is needed: keys sorted, no blanks, strings in NFC, whole numbers.
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value && typeof value === "object") {
    const parts = Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
    return `{${parts.join(",")}}`;
  }
  return JSON.stringify(typeof value === "string" ? value.normalize("NFC") : value);
}

// `isLabel`: whether the scanned code is one of ours. A maker's number never stands in the text, only
// what hides it with the scan's salt.
export async function statement(scan, isLabel) {
  const said = {};
  for (const name of SAID) if (scan[name] !== undefined && scan[name] !== null) said[name] = scan[name];
  if (isLabel) said.code = scan.code;
  if (scan.salt) {
    said.numbers = {};
    if (!isLabel) said.numbers.code = await hidden(scan.salt, scan.code);
    if (scan.second_identifier) said.numbers.second = await hidden(scan.salt, scan.second_identifier);
  }
  if (scan.evidence?.length) said.evidence = scan.evidence;
  if (scan.findings && Object.keys(scan.findings).length) said.findings = scan.findings;
  return `${VERSION}\n${canonical(said)}`;
}

// A new salt; a scan that holds no maker's number needs none.
export const newSalt = () => hex(crypto.getRandomValues(new Uint8Array(16)));

const hidden = (salt, number) => sha256(new TextEncoder().encode(`${salt}:${number}`));

export async function actStatement(text) {
  return `${ACT_VERSION}\n${await sha256(new TextEncoder().encode(text))}`;
}

export async function sha256(bytes) {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
