// Codes of labels and makers' numbers, read as the server reads them (labels/codes.py,
// tracker/domain/identifiers.py): what fails the check letter never becomes a scan.

/** @import { Reading } from "../types" */
const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH = 11;
const SUM = 1;
const GENERATOR = 0b100101;

/** @type {(from: string, to: string) => Map<string, string>} */
const pairs = (from, to) => new Map([...from].map((letter, at) => [letter, [...to][at]]));
const LOOK_ALIKES = pairs("OILАВЕЅІЈКМНОРСТУХЗ", "011ABES1JKMH0PCTYX3");
const MAKERS_LOOK_ALIKES = pairs("АВЕЅІЈКМНОРСТУХ", "ABESIJKMHOPCTYX");
const KEYS = pairs("ЙЦУКЕНГШЩЗФІВАПРОЛДЯЧСМИТЬЖЮ.", "QWERTYUIOPASDFGHJKLZXCVBNM:./");
const NOISE = /[\s\u00ad\u200b-\u200f\u2060\ufeff\u2010-\u2015\u2212\ufe58\ufe63\uff0d-]+/g;
const DASHES = /[\u00ad\u2010-\u2015\u2212\ufe58\ufe63\uff0d]/g;
const BLANKS = /[\s\u200b-\u200f\u2060\ufeff]+/g;
const LINK_PARTS = [
  /^(?:HTTPS?:\/\/([^/?#\s]+))?(?:\/[^/?#\s]+)*?/,
  /\/(?:S\/([^/?#\s]+)|8004\/[0-9]{4,12}([0-9A-Z]{11}))\/?(?:[?#]\S*)?$/,
];
const LINK = new RegExp(LINK_PARTS.map((part) => part.source).join(""), "i");
const ADDRESS = /^(?:[A-Z][A-Z0-9+.-]*:|WWW\.)/i;
const AS_SHOWN = /^[\p{L}\p{N}_]{5}[\s-][\p{L}\p{N}_]{5}[\s-][\p{L}\p{N}_]$/u;
const SHORTEST = 3;
const LONGEST = 35;

export class Unreadable extends Error {}

/**
 * @param {number} a
 * @param {number} b
 */
function product(a, b) {
  let [left, right, made] = [a, b, 0];
  while (right) {
    if (right & 1) made ^= left;
    left <<= 1;
    if (left & 0b100000) left ^= GENERATOR;
    right >>= 1;
  }
  return made;
}

const WEIGHTS = [1];
while (WEIGHTS.length < LENGTH) WEIGHTS.unshift(product(WEIGHTS[0], 2));

/** @type {(text: string, letters: Map<string, string>) => string} */
const translated = (text, letters) =>
  [...text].map((letter) => letters.get(letter) ?? letter).join("");

/** @param {string} text */
function lettersOf(text) {
  const trimmed = text.trim();
  const link = LINK.exec(trimmed);
  if (!link && (trimmed.includes("/") || ADDRESS.test(trimmed))) throw new Unreadable("address");
  const letters = (link ? (link[2] ?? link[3]) : trimmed).replace(NOISE, "").toUpperCase();
  if (!letters) throw new Unreadable("empty");
  if (letters.startsWith("KIT") && !link) throw new Unreadable("letter");
  return translated(letters, LOOK_ALIKES);
}

/** @param {string} letters */
function checked(letters) {
  if (letters.length !== LENGTH) throw new Unreadable("length");
  let sum = 0;
  for (const [at, letter] of [...letters].entries()) {
    const value = LETTERS.indexOf(letter);
    if (value < 0) throw new Unreadable("letter");
    sum ^= product(WEIGHTS[at], value);
  }
  if (sum !== SUM) throw new Unreadable("check");
  return letters;
}

/**
 * The canonical code of a label; Unreadable with a word that says why it is none.
 * @param {string} text
 */
export function parse(text) {
  try {
    return checked(lettersOf(text));
  } catch (problem) {
    if (!/[\u0400-\u04ff]/.test(text)) throw problem;
    try {
      return checked(lettersOf(translated(text.toUpperCase(), KEYS)));
    } catch {
      throw problem;
    }
  }
}

/** @param {string} text */
function looksLikeOurs(text) {
  const trimmed = text.trim();
  return LINK.test(trimmed) || AS_SHOWN.test(trimmed);
}

/**
 * A maker's number in the form in which it is looked up.
 * @param {string} text
 */
export function makersNumber(text) {
  let value = text.normalize("NFKC").replace(BLANKS, "").replace(DASHES, "-").toUpperCase();
  if (value.startsWith("ЛШЕ")) value = translated(value, KEYS);
  value = translated(value, MAKERS_LOOK_ALIKES);
  const group = "([0-9A-Z]{8})";
  const utid =
    RegExp(`^(?:UT)?${group}-${group}-${group}$`).exec(value) ??
    RegExp(`^UT${group}${group}${group}$`).exec(value);
  if (utid) value = `UT${utid.slice(1).join("-")}`;
  if (value.length < SHORTEST || value.length > LONGEST) throw new Unreadable("length");
  return value;
}

// Whether a number looks like a terminal's: only then is it a scan without being asked about.
/** @type {(code: string | null | undefined) => boolean} */
export const isMakers = (code) =>
  /^(?:KIT[0-9A-Z]{5,}|UT[0-9A-Z]{8}-[0-9A-Z]{8}-[0-9A-Z]{8})$/.test(code ?? "");

// The check digit of GS1's numbers: weights 3 and 1 from the right.
/** @type {(digits: string) => boolean} */
function fitsCheckDigit(digits) {
  const body = [...digits].reverse().map(Number);
  const sum = body.reduce((all, digit, at) => all + digit * (at % 2 ? 3 : 1), 0);
  return sum % 10 === 0;
}

// A trade item number (EAN, UPC), which every piece of a product carries alike: no unit's number.
/** @type {(code: string | null | undefined) => boolean} */
export const isProduct = (code) =>
  /^(?:[0-9]{8}|[0-9]{12,14})$/.test(code ?? "") && fitsCheckDigit(code ?? "");

// The SSCC of a box or pallet (with or without what scanners put before it), or null.
/** @type {(text: string) => string | null} */
export function ssccIn(text) {
  const found = /^(?:\]C1|\]e0|\]d2)?(?:\(00\)|00)?([0-9]{18})$/.exec(text.replace(/\s+/g, ""));
  return found && fitsCheckDigit(found[1]) ? found[1] : null;
}

/**
 * { code, isLabel } of whatever a camera, a scanner or a person gives; Unreadable otherwise.
 * A scanned address is never opened; one that is not of a label of ours is refused.
 * @param {string} text
 * @returns {Reading}
 */
export function read(text) {
  try {
    return { code: parse(text), isLabel: true };
  } catch (problem) {
    const why = /** @type {Unreadable} */ (problem).message;
    if (why === "address" || why === "empty" || looksLikeOurs(text)) throw problem;
    return { code: makersNumber(text), isLabel: false };
  }
}

/**
 * How many more letters a typed code needs, or whether its check letter is right: for who types.
 * @param {string} text
 * @returns {{ missing?: number, fits?: boolean }}
 */
export function typing(text) {
  const letters = translated(text.replace(NOISE, "").toUpperCase(), LOOK_ALIKES);
  if (letters.length < LENGTH) return { missing: LENGTH - letters.length };
  try {
    parse(text);
    return { fits: true };
  } catch {
    return { fits: false };
  }
}

/** @type {(code: string) => string} */
export const show = (code) =>
  code.length === LENGTH ? `${code.slice(0, 5)}-${code.slice(5, 10)}-${code.slice(10)}` : code;

// The number of one of our papers, from the text of its symbol; null for any other text.
/** @type {(text: string, host: string) => string | null} */
export const paperNumber = (text, host) => {
  const found = /^HTTPS?:\/\/([^/]+)\/DOCUMENTS\/([A-Z0-9-]{1,32})\/?$/.exec(
    text.trim().toUpperCase(),
  );
  return found && found[1] === host.toUpperCase() ? found[2] : null;
};

// The host of a label's address, to warn of one that is not ours; empty where it names none.
/** @type {(text: string) => string} */
export const hostOf = (text) => (LINK.exec(text.trim())?.[1] ?? "").toLowerCase();
