// The list of an act while it is scanned: units and nothing else. A box opens into the units that
// lie in it; what this phone does not know and cannot ask about is a question, never a line.
/** @import { Draft, KnownUnit, ListChange, Meaning, Named, NamedUnit } from "../types" */
/** @import { PileLine, Taken } from "../types" */
import { isProduct, ssccIn } from "./codes.js";
import { boxNamed, unitsIn } from "./known.js";
import { readText } from "./reading.js";
import { namesOf } from "./sending.js";
import { productName, steps } from "./words.js";

const PAIR_KINDS = ["satellite_terminal"];

export const wantsNumber = (unit) => PAIR_KINDS.includes(unit.kind);

/**
 * What a scanned text is, as far as this phone and, where there is a network, the server know:
 * `unit` (to be a line; `second` is its number, if that was scanned), `box` (its `units`; null
 * where they are not known), `label` and `number` (nobody knows whose), `gone` (a unit that cannot
 * be handed over from `status`), `product`, `unknown`, or `unreadable` with the `problem`.
 * @param {string} text
 * @param {Taken} taken
 * @param {(code: string) => Promise<KnownUnit | null>} statusOf
 * @returns {Promise<Meaning>}
 */
export async function meaningOf(text, taken, statusOf) {
  const sscc = ssccIn(text);
  const said = sscc ? { code: sscc, isLabel: false } : readText(text);
  if (said.problem) return { kind: "unreadable", problem: said.problem, code: text.slice(0, 60) };
  if (said.foreign) return { kind: "foreign", host: said.foreign, code: said.code };
  const { code, isLabel } = said;
  const box = boxNamed(taken, code);
  const known = box ? null : taken.units.find((unit) => unit.code === code);
  if (known) return meant(code, known, (await statusOf(code))?.status ?? known.status);
  const told = await namesOf([sscc ?? code]);
  if (told) {
    const one = told.get(code) ?? { code, kind: "unknown" };
    return meantByServer({ code, isLabel }, one, one.unit && (await statusOf(one.unit.code)));
  }
  if (box) return { kind: "box", code, name: box.name, units: await inBox(box, taken) };
  if (sscc) return { kind: "box", code, name: "", units: null };
  if (isLabel) return { kind: "label", code };
  return { kind: isProduct(code) ? "product" : "number", code };
}

function meant(code, unit, status) {
  const name = productName(unit);
  if (!canBeHandedOver(status)) return { kind: "gone", code, name, status };
  const { code: own } = unit;
  return { kind: "unit", code, unit: own, name, second: null, wantsNumber: wantsNumber(unit) };
}

/**
 * @param {{ code: string, isLabel: boolean }} said
 * @param {Named} told
 * @param {KnownUnit | null} mine what this phone knows of the unit itself
 * @returns {Meaning}
 */
function meantByServer({ code, isLabel }, told, mine) {
  if (told.kind === "box")
    return { kind: "box", code, name: told.name, units: fitting(told.units) };
  if (told.kind !== "unit") return { kind: told.kind === "blank" ? "label" : told.kind, code };
  const { unit } = told;
  const name = productName(unit);
  const isUnsent = (row) => row.state === "kept" && row.scan.step === "accepting";
  if (mine?.mine.some(isUnsent)) return { kind: "gone", code, name, status: "handed_over" };
  if (!unit.fits) return { kind: "gone", code, name, status: unit.status };
  const second = isLabel ? null : code;
  const made = meant(isLabel ? code : unit.code, unit, null);
  return { ...made, second, wantsNumber: isLabel && wantsNumber(unit) };
}

/** @param {NamedUnit[]} units */
const fitting = (units) => units.filter((unit) => unit.fits);

// The units of a box as this phone knows them, null where it does not know all.
async function inBox(box, taken) {
  if (!box.complete) return null;
  return (await unitsIn(box, taken)).filter((unit) => canBeHandedOver(unit.status));
}

const canBeHandedOver = (status) => status === null || steps().accepting.from.includes(status);

/**
 * What of a list is not so by the server's word: [{ code, kind, status, box }], empty where all is
 * well, null where there is no network to ask over. `kind` is `gone`, `left_box`, `in_box`, or what
 * no line can be.
 * @param {PileLine[]} lines
 * @returns {Promise<ListChange[] | null>}
 */
export async function changesOf(lines) {
  const boxes = [...new Set(lines.map((line) => line.box).filter(Boolean))];
  const told = await namesOf([...lines.map((line) => line.code), ...boxes]);
  if (!told) return null;
  /** @type {ListChange[]} */
  const found = [];
  for (const { code } of lines) {
    const now = told.get(code);
    if (!now || now.kind === "blank") continue; // perhaps bound on a phone that is offline
    if (now.kind !== "unit") found.push({ code, kind: now.kind });
    else if (!now.unit.fits) found.push({ code, kind: "gone", status: now.unit.status });
  }
  for (const box of boxes) {
    const now = told.get(box);
    if (now?.kind !== "box") continue;
    const inside = new Set(fitting(now.units ?? []).map((unit) => unit.code));
    const listed = lines.filter((line) => line.box === box);
    const left = listed.filter(({ code }) => !inside.has(code));
    const isNew = (code) => !lines.some((line) => line.code === code);
    for (const { code } of left)
      if (!found.some((one) => one.code === code)) found.push({ code, kind: "left_box", box });
    for (const code of inside) if (isNew(code)) found.push({ code, kind: "in_box", box });
  }
  return found;
}

/**
 * A draft that an older version of the app began: its lines made units, or questions.
 * @param {Draft} draft
 * @param {Taken} taken
 * @returns {Draft}
 */
export function adopted(draft, taken) {
  if (draft.questions) return draft;
  const isUnit = ({ code, isLabel, second }) =>
    isLabel && (second || taken.units.some((unit) => unit.code === code));
  const others = draft.lines.filter((line) => !isUnit(line));
  return {
    ...draft,
    lines: draft.lines.filter(isUnit),
    questions: others.map(({ code, isLabel }) => ({ code, isLabel })),
    stage: "scan",
  };
}
