// The app's words. They come from the server's catalogues and are kept beside the app.
let known = { said: {}, many: {} };
let rules = new Intl.PluralRules("uk");
export let locale = "uk";

export async function load(chosen) {
  const answer = await fetch(`/field/words/${chosen}.json`);
  known = await answer.json();
  locale = chosen;
  rules = new Intl.PluralRules(chosen);
  document.documentElement.lang = chosen;
}

const filled = (text, given) => text.replace(/\{(\w+)\}/g, (whole, name) => given[name] ?? whole);

export const t = (key, given = {}) => filled(known.said[key] ?? key, given);

export function many(key, n) {
  const forms = known.many[key] ?? {};
  return filled(forms[rules.select(n)] ?? forms.other ?? "{n}", { n: n.toLocaleString(locale) }).trim();
}

// The name of a step, a status, a kind ...: `name("status", "in_stock")`.
export const name = (kind, word) => known[kind]?.[word] ?? word ?? "";
export const steps = () => known.steps ?? {};

const day = (moment, options) => new Intl.DateTimeFormat(locale, { timeZone: "Europe/Kyiv", ...options }).format(new Date(moment));
export const onDay = (moment) => day(moment, { day: "numeric", month: "long" });
export const atTime = (moment) => day(moment, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
export const productName = (unit) => (locale === "uk" ? (unit.name_uk ?? unit.name_en) : (unit.name_en ?? unit.name_uk)) ?? "";
