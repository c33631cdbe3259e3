// What is asked before a scan is kept, from what this phone knows: where the person stands, whether
// a unit was taken out of its box, whether it is here and not where the ledger has it. One
// sentence, two buttons; a yes serves the rest of the same box or place, a no keeps nothing.
import { show as shown } from "./codes.js";
import { select } from "./dom.js";
import { boxNamed, contradicted } from "./known.js";
import { answered, isAnswered, standAt, standing } from "./session.js";
import { many, placeName, productName, steps, t } from "./words.js";

const MOST_NAMED = 5;
const DONE_THERE = ["here", "arrives"];

// A choice of the place where the person stands; `preset` is shown until they have said it.
export function placeChoice(places, preset = "") {
  const isSaid = standing() === "" || places.some((place) => place.ref === standing());
  const only = places.length === 1 ? places[0].ref : "";
  const options = places.map((place) => [place.ref, placeName(place)]);
  const made = select(options, isSaid ? standing() : preset || only, t("no_place"));
  made.addEventListener("change", () => standAt(made.value));
  return made;
}

// Where the person stands, asked once where a place is only preset; "" where it is not said. One
// that a step cannot do without (`isNeeded`) is asked for too.
export async function whereabouts(panel, choice, isNeeded = false) {
  const isPreset = () => choice.value && choice.value !== standing();
  if (isPreset()) {
    const place = choice.selectedOptions[0].textContent;
    const isHere = await panel.ask(t("ask_place", { place }), [
      [t("ask_place_yes"), true],
      [t("ask_place_no"), false],
    ]);
    if (isHere) standAt(choice.value);
    else if (isPreset()) {
      choice.value = "";
      if (choice.options.length > 2) await pick(panel, choice);
      else standAt("");
    }
  } else if (isNeeded && !choice.value && standing() === null && choice.options.length > 1)
    await pick(panel, choice);
  return choice.value;
}

// The pages drop the question when a place is chosen.
async function pick(panel, choice) {
  choice.focus();
  if ((await panel.ask(t("choose_place"), [[t("without_place"), "without"]])) === "without")
    standAt("");
}

// Whether a step is done where the person stands: where that is proves whether the thing is there.
export const needsPlace = (step) => {
  const { needs = [], presence } = steps()[step] ?? {};
  return needs.includes("location") || needs.includes("site") || DONE_THERE.includes(presence);
};

// The scans to keep, `scan` the last of them, after what there was to ask; null where the answer
// was no. `unit` is what is known of the scanned code, `taken` what the phone took along.
export async function settled(panel, scan, unit, taken) {
  const scans = [scan];
  for (const question of unit ? questions(scan, unit, taken) : []) {
    const isYes =
      isAnswered(question.key) ||
      (await panel.ask(question.sentence, yesNo(question.yes), shown(scan.code)));
    if (!isYes) return null;
    if (!isAnswered(question.key)) answered(question.key);
    if (question.isSaid) scan.answers = [question.key];
    if (question.box && taken.steps.includes("unpacking"))
      scans.unshift(takenOut(scan, question.box));
  }
  return scans;
}

const yesNo = (yes) => [
  [yes, true],
  [t("answer_no"), false],
];

function takenOut({ code, isLabel, name: title, location, sighted }, box) {
  const step = "unpacking";
  return { code, isLabel, name: title, step, location, sighted, handling_unit: box };
}

function questions(scan, unit, taken) {
  const units = unit.inside ?? [unit];
  return [
    unit.inside ? null : leftBox(scan, unit, taken),
    elsewhere(scan, units, taken),
    unit.inside ? partlySeen(scan, unit) : null,
  ].filter(Boolean);
}

function leftBox(scan, unit, taken) {
  const { leaving } = steps()[scan.step] ?? {};
  if (!unit.box || leaving !== "unsaid") return null;
  if (!steps().unpacking.from.includes(unit.status)) return null;
  const box = boxNamed(taken, unit.box)?.name ?? shown(unit.box);
  const [sentence, yes] = [t("ask_left_box", { box }), t("ask_left_box_yes")];
  return { key: `left_box:${unit.box}`, sentence, yes, box: unit.box };
}

function elsewhere(scan, units, { places }) {
  const place = units.map((unit) => contradicted(scan, unit, places)).find(Boolean);
  if (!place) return null;
  const [sentence, yes] = [t("ask_elsewhere", { place }), t("ask_elsewhere_yes")];
  return { key: `elsewhere:${place}>${scan.location}`, sentence, yes };
}

// Of what arrives in a box some was seen one by one before, and some not.
function partlySeen(scan, { code, inside }) {
  const { arrives, from, to } = steps()[scan.step] ?? {};
  if (!arrives) return null;
  const seen = inside.filter((unit) => unit.status === to || unit.apart);
  const unseen = inside.filter((unit) => from.includes(unit.status) && !unit.apart);
  if (!seen.length || !unseen.length) return null;
  const named = unseen
    .slice(0, MOST_NAMED)
    .map((unit) => `${productName(unit)} ${shown(unit.code)}`);
  const more = unseen.length - named.length;
  if (more) named.push(t("and_more", { more }));
  const told = { unseen: unseen.length, units: named.join(", ") };
  const sentence = many("partly_seen", seen.length, told);
  const [key, yes] = [`partly_seen:${code}`, t("ask_partly_seen_yes")];
  return { key, sentence, yes, isSaid: true }; // so that nobody is asked for them again
}
