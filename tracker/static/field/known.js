// Units and boxes as this phone knows them: what it took along, and what it has recorded since. A
// small half of the ledger's fold (tracker/domain/custody.py, containers.py): enough to ask from.
/** @import { KnownUnit, Place, Row, Scan, Taken, TakenBox, Unit } from "../types" */
import { madeSince, ofCode, self } from "./store.js";
import { productName, steps } from "./words.js";

const NOWHERE = ["misfit", "unknown_code"]; // kept by the ledger, but the unit was not moved
const STANDING = ["in_stock", "packed", "handed_over", "deployed"];
/** @type {Taken} */
const NOTHING = { steps: [], places: [], units: [], parties: [], taken_at: 0 };

/**
 * What is known of a code, or null. A box has the status that its units have in common.
 * @param {string} code
 * @returns {Promise<KnownUnit | null>}
 */
export async function unitNamed(code) {
  const taken = (await self("taken")) ?? NOTHING;
  const mine = (await ofCode(code)).filter((row) => row.state !== "needs");
  const box = boxNamed(taken, code);
  if (box) {
    const inside = await unitsIn(box, taken);
    const [status = null, ...others] = new Set(inside.map((unit) => unit.status));
    const { name: product, kind } = box;
    return { code, product, kind, status: others.length ? null : status, inside, mine };
  }
  const unit = taken.units.find((each) => each.code === code);
  if (!unit && !mine.length) return null;
  const above = await Promise.all(labelsAbove(unit?.box, taken).map(ofCode));
  const now = asOfNow(unit ?? { code, status: null }, [...mine, ...above.flat()], taken);
  return { ...now, product: unit ? productName(unit) : "", mine };
}

/**
 * All units with what this phone's own scans have made of them since it last heard.
 * @param {Taken} taken
 */
export async function unitsNow(taken) {
  /** @type {Map<string, Row[]>} */
  const byCode = new Map();
  for (const row of await madeSince(taken.seq ?? 0))
    byCode.set(row.scan.code, [...(byCode.get(row.scan.code) ?? []), row]);
  return taken.units.map((unit) => {
    const codes = [unit.code, ...labelsAbove(unit.box, taken)];
    const rows = codes.flatMap((code) => byCode.get(code) ?? []);
    return rows.length ? asOfNow(unit, rows, taken) : unit;
  });
}

function asOfNow(unit, rows, taken) {
  const isNews = (row) =>
    row.state !== "needs" &&
    !NOWHERE.includes(row.answer?.outcome) &&
    (row.state === "kept" || row.seq > (taken.seq ?? 0));
  const news = rows.filter(isNews).sort((a, b) => a.seq - b.seq);
  const scans = news.map((row) => row.scan);
  return after(unit, scans, taken);
}

/**
 * The units that lie in a box or on a pallet, as far as this phone knows.
 * @param {TakenBox} box
 * @param {Taken} taken
 */
export async function unitsIn({ code }, taken) {
  const isInside = (unit) => labelsAbove(unit.box, taken).includes(code);
  const now = await unitsNow({ ...taken, units: taken.units.filter(isInside) });
  return now.filter(isInside);
}

/**
 * A box or pallet that this phone took along, by a label of it or its SSCC.
 * @param {Taken} taken
 * @param {string} code
 * @returns {TakenBox | undefined}
 */
export const boxNamed = (taken, code) =>
  (taken.boxes ?? []).find((box) => box.labels.includes(code) || box.sscc === code);

// The codes by which a box is scanned, and what it stands on.
function labelsAbove(code, { boxes = [] }) {
  const found = code ? [code] : [];
  let box = boxes.find((each) => each.code === code);
  while (box) {
    found.push(...box.labels, box.code);
    const { parent } = box;
    box = boxes.find((each) => each.code === parent && !found.includes(each.code));
  }
  return found;
}

/**
 * A unit after scans of it, and of the boxes that it lies in, in their order.
 * @param {Unit} unit
 * @param {Scan[]} scans
 * @param {Taken} taken
 */
export function after(unit, scans, taken) {
  let now = unit;
  for (const scan of scans) {
    const step = steps()[scan.step];
    const isShare = scan.code !== unit.code;
    if (!step || (isShare && !labelsAbove(now.box, taken).includes(scan.code))) continue;
    const isAgain = saysAgain(now, scan, step, taken.places);
    if (isShare && now.apart) {
      const isInOneStep = isAgain || step.from.includes(now.status);
      const isWith = !scan.location || isAt(now.location, scan.location, taken.places);
      now = { ...now, apart: false, box: isInOneStep && isWith ? now.box : null };
      if (!now.box) continue; // it stays where it was seen by itself
    }
    if (isAgain) now = { ...now, location: now.location ?? scan.location ?? null };
    else now = { ...now, ...moved(now, scan, step, isShare, taken.places) };
  }
  return now;
}

function saysAgain(unit, scan, step, places) {
  const [{ status, location = null }, { to, from, needs }] = [unit, step];
  if (to !== status || from.includes(status)) return false;
  const isPlaced = needs.includes("location") || needs.includes("site");
  return !isPlaced || !scan.location || !location || isAt(location, scan.location, places);
}

function moved(unit, scan, step, isShare, places) {
  const status = reached(unit, scan, step, places);
  const location = placed(unit, scan, step, status, isShare, places);
  const bound_for = step.destination === "kept" ? unit.bound_for : null;
  const isClaimed = ["here", "arrives"].includes(step.presence) && scan.location;
  const isApart =
    isClaimed && location !== unit.location && !isAt(unit.location, scan.location, places);
  return { status, location, bound_for, ...lies(unit, scan, step, isShare, isApart) };
}

function reached(unit, scan, step, places) {
  if (!step.by_location) return step.to ?? unit.status;
  return isSite(scan.location, places) ? "handed_over" : "in_stock";
}

// Of a place that contradicts the known one only what stood before the unit itself is evidence.
function placed(unit, scan, step, status, isShare, places) {
  const known = unit.location ?? null;
  if (step.whereabouts === "on_the_road") return null;
  const isOther = step.observes ? known : contradicted(scan, unit, places);
  if (isOther && (isShare || scan.sighted === false)) return known;
  if (scan.location) return scan.location;
  if (step.whereabouts === "its_site" && unit.bound_for) return unit.bound_for;
  const hasLeft = unit.status === "in_transit" && status !== "in_transit";
  return hasLeft || step.whereabouts === "named_only" ? null : known;
}

function lies({ box = null, apart = false }, scan, step, isShare, isApart) {
  const { leaving, unpacks } = step;
  if (leaving === "enters" && !isShare) return { box: scan.handling_unit ?? box, apart: false };
  if (isShare) return { box: unpacks ? null : box, apart };
  const isOut = ["ends", "unsaid"].includes(leaving) || !box;
  return isOut ? { box: null, apart: false } : { box, apart: apart || Boolean(isApart) };
}

const premises = (ref, places) => places.find((place) => place.ref === ref)?.premises ?? ref;
const isAt = (known, ref, places) =>
  Boolean(known) && premises(known, places) === premises(ref, places);
const isSite = (ref, places) => places.find((place) => place.ref === ref)?.kind === "site";

/**
 * The place where the unit should be, if a step that is done where it stands says another.
 * @param {Pick<Scan, "step" | "location">} scan
 * @param {Partial<Unit>} unit
 * @param {Place[]} places
 */
export function contradicted(scan, unit, places) {
  const step = steps()[scan.step];
  if (step?.presence !== "here" || !scan.location || !STANDING.includes(unit.status)) return null;
  if (!step.from.includes(unit.status)) return null;
  const { location, bound_for: site } = unit;
  const isBound = step.whereabouts === "its_site" && site;
  if (isBound) return isAt(site, scan.location, places) ? null : site;
  if (!location || isAt(location, scan.location, places)) return null;
  const isCivilian = isSite(location, places);
  if (step.at_receiver) return isCivilian === isSite(scan.location, places) ? location : null;
  const isCarried = ["handed_over", "deployed"].includes(unit.status) && !isCivilian;
  return isCarried ? null : location;
}
