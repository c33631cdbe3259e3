// The app's words. They come from the server's catalogues and are kept beside the app.
/** @import { Place, Step, Unit, Words } from "../types" */

/** @type {Words} */
let known = { said: {}, many: {} };
let rules = new Intl.PluralRules("uk");
export let locale = "uk";

/** @param {string} chosen */
export async function load(chosen) {
  const answer = await fetch(`/field/words/${chosen}.json`);
  known = await answer.json();
  locale = chosen;
  rules = new Intl.PluralRules(chosen);
  document.documentElement.lang = chosen;
}

/** @type {(text: string, given: Record<string, unknown>) => string} */
const filled = (text, given) =>
  text.replace(/\{(\w+)\}/g, (whole, name) => String(given[name] ?? whole));

/** @type {(key: string, given?: Record<string, unknown>) => string} */
export const t = (key, given = {}) => filled(known.said[key] ?? key, given);

/**
 * @param {string} key
 * @param {number} n
 * @param {Record<string, unknown>} [given]
 */
export function many(key, n, given = {}) {
  const forms = known.many[key] ?? {};
  return filled(forms[rules.select(n)] ?? forms.other ?? "{n}", {
    ...given,
    n: n.toLocaleString(locale),
  }).trim();
}

// The name of a step, a status, a kind ...: `name("status", "in_stock")`.
/** @type {(kind: string, word: string | null | undefined) => string} */
export const name = (kind, word) => known[kind]?.[word ?? ""] ?? word ?? "";
/** @type {() => Record<string, Step>} */
export const steps = () => known.steps ?? {};

// Whether a step is offered on the page of a unit ("unit"), or where one scans in a row ("row").
/** @type {(step: string, where: "unit" | "row") => boolean} */
export const isOffered = (step, where) => ["both", where].includes(steps()[step]?.offer ?? "");

/** @type {(moment: string | number | Date, options: Intl.DateTimeFormatOptions) => string} */
const day = (moment, options) =>
  new Intl.DateTimeFormat(locale, { timeZone: "Europe/Kyiv", ...options }).format(new Date(moment));
/** @type {(moment: string | number | Date) => string} */
export const onDay = (moment) => day(moment, { day: "numeric", month: "long" });
/** @type {(moment: string | number | Date) => string} */
export const atTime = (moment) =>
  day(moment, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
/** @type {(unit: Partial<Unit>) => string} */
export const productName = (unit) =>
  (locale === "uk" ? (unit.name_uk ?? unit.name_en) : (unit.name_en ?? unit.name_uk)) ?? "";
/** @type {(place: Partial<Place>) => string} */
export const placeName = (place) =>
  [place.ref, place.sector && name("sector", place.sector), place.name_uk]
    .filter(Boolean)
    .join(" · ");
