// Handing over, with or without a network: the pile is scanned, the act is read and signed by both
// sides with a finger, once for all its units. A draft stays on the phone until it is kept or
// dropped.
/** @import { Act, Draft, Photo, Side } from "../types" */
import { pad } from "../scan/signature.js";
import { actPaper, partyName } from "./acts.js";
import { answerPanel } from "./answers.js";
import { paperNumber, show as shown } from "./codes.js";
import { button, field, h, select } from "./dom.js";
import { photoPicker } from "./forms.js";
import { changesSaid, scanStage } from "./listing.js";
import { recordAct } from "./outbox.js";
import { codesIn } from "./photos.js";
import { adopted } from "./pile.js";
import { placeChoice, whereabouts } from "./questions.js";
import { partyByNumber } from "./sending.js";
import { Full, keepSelf, self } from "./store.js";
import { placeName, t } from "./words.js";

const NOTHING = { lines: [], questions: undefined, giver: "", receiver: "", site: "", purpose: "" };

export async function handoverPage(first, { go, again }) {
  const taken = (await self("taken")) ?? { places: [], parties: [], units: [] };
  taken.parties = together(taken.parties, (await self("parties")) ?? []);
  const draft = adopted({ ...NOTHING, ...((await self("draft")) ?? {}) }, taken);
  const usual = (await self("giver")) ?? {};
  const stage = draft.stage ?? "scan";
  const move = async (to, more = {}) => {
    await keepSelf("draft", { ...draft, ...more, stage: to });
    if (first) go("#/handover");
    else again();
  };
  const given = { draft, taken, usual, move, go };
  const made =
    stage === "scan"
      ? scanStage(given, first)
      : stage === "sides"
        ? sidesStage(given)
        : signStage(given);
  const drop = () =>
    button(
      t("draft_drop"),
      async () => {
        await keepSelf("draft", null);
        go("#/");
      },
      "button.secondary",
    );
  const isBegun = draft.lines.length || draft.questions.length;
  return {
    title: t("handover"),
    parts: [
      h("h1", t("handover")),
      ...made.parts,
      h("div.actions", [made.back, isBegun ? drop() : null].filter(Boolean)),
    ],
    ready: made.ready,
    leave: made.leave,
  };
}

// Parties that the phone took along, and those that it asked for by their numbers.
const together = (parties, asked) => [
  ...parties,
  ...asked.filter((one) => !parties.some((party) => party.ref === one.ref)),
];

// A side whom nothing on this phone names yet, by the exact number in the register.
function byNumber(side, label) {
  const number = h("input", { inputmode: "numeric", maxlength: "16", autocomplete: "off" });
  const said = h("p.notice", { role: "status", hidden: true });
  const find = async () => {
    const asked = number.value.replace(/\s/g, "");
    if (!asked) return;
    const party = await partyByNumber(asked);
    said.textContent = party
      ? partyName(party)
      : t(party === null ? "party_unknown" : "party_offline");
    said.hidden = false;
    if (!party) return;
    await keepSelf("parties", together((await self("parties")) ?? [], [party]));
    if (![...side.options].some((one) => one.value === party.ref))
      side.append(h("option", { value: party.ref }, partyName(party)));
    side.value = party.ref;
  };
  return h("details", [
    h("summary", label),
    field(t("party_number"), number),
    button(t("party_find"), find, "button.secondary"),
    said,
  ]);
}

function sidesStage({ draft, taken, usual, move }) {
  const parties = taken.parties.map((party) => [party.ref, partyName(party)]);
  const places = taken.places
    .filter((place) => place.kind === "site")
    .map((place) => [place.ref, placeName(place)]);
  const giver = select(parties, draft.giver || usual.party, "—");
  const receiver = select(parties, draft.receiver, "—");
  const site = select(
    places,
    draft.site || (places.length === 1 ? places[0][0] : ""),
    t("no_place"),
  );
  const purpose = h("textarea", { rows: "3", maxlength: "500" });
  purpose.value = draft.purpose || t("purpose_usual");
  const said = h("p.notice.notice-error", { role: "alert", hidden: true }, t("act_need_sides"));
  const read = () => ({
    giver: giver.value,
    receiver: receiver.value,
    site: site.value,
    purpose: purpose.value.trim(),
  });
  const on = button(
    t("on"),
    () => {
      const { giver: from, receiver: to } = read();
      const isGood = from && to && from !== to && purpose.value.trim().length > 2;
      said.hidden = Boolean(isGood);
      if (isGood) move("sign", read());
    },
    "button.wide",
  );
  const back = button(t("back"), () => move("scan", read()), "button.secondary");
  return {
    parts: [
      h("h2", t("act_to")),
      field(t("giver"), giver),
      byNumber(giver, t("giver_by_number")),
      field(t("receiver"), receiver),
      byNumber(receiver, t("party_by_number")),
      field(t("site"), site),
      field(t("purpose"), purpose),
      said,
      on,
    ],
    back,
  };
}

// One side's name, position and signature.
function signer(label, before = {}) {
  const person = h("input", { maxlength: "120", autocomplete: "off" });
  const position = h("input", { maxlength: "120", autocomplete: "off" });
  person.value = before.person ?? "";
  position.value = before.position ?? "";
  const box = h("svg.pad", { role: "img", "aria-label": label, viewBox: "0 0 1000 400" });
  const made = pad(box);
  const part = h("fieldset.card", [
    h("legend", label),
    field(t("person"), person),
    field(t("position"), position),
    box,
    button(t("sign_again"), () => made.clear(), "button.secondary"),
  ]);
  return {
    part,
    read: () => ({
      person: person.value.trim(),
      position: position.value.trim(),
      strokes: made.strokes(),
    }),
  };
}

// The photographed paper held against what was scanned, as far as this phone knows the paper's
// list.
function paperCheck(draft, taken) {
  const part = h("div", { id: "paper-check", role: "status" });
  let number = null;
  const tell = (kind, text) => part.replaceChildren(h(`p.notice${kind}`, text));
  const compare = () => {
    const printed = (taken.papers ?? []).find((paper) => paper.number === number)?.codes;
    if (!printed) return tell("", t("paper_read", { number }));
    const scanned = draft.lines.map((line) => line.code);
    const [short, over] = [
      printed.filter((code) => !scanned.includes(code)),
      scanned.filter((code) => !printed.includes(code)),
    ];
    if (!short.length && !over.length)
      return tell("", `${t("paper_read", { number })} ${t("paper_fits")}`);
    const list = (word, codes) =>
      codes.length > 0 && h("p", `${t(word)} ${codes.map(shown).join(", ")}`);
    part.replaceChildren(
      h(
        "div.notice.notice-warning",
        h("p", t("paper_read", { number })),
        list("paper_short", short),
        list("paper_over", over),
      ),
    );
  };
  const look = async (file, photo) => {
    tell("", t("paper_reading"));
    const found = (await codesIn(file, photo))
      .map((one) => paperNumber(one.text, location.host))
      .find(Boolean);
    number = found ?? number;
    if (number) compare();
    else tell("", t("paper_unread"));
  };
  return { part, look, number: () => number };
}

function signStage({ draft, taken, usual, move, go }) {
  const party = (ref) => taken.parties.find((each) => each.ref === ref) ?? { name: ref };
  const sheet = actPaper({
    ...draft,
    giver: party(draft.giver),
    receiver: party(draft.receiver),
    at: new Date(),
  });
  const receiver = signer(t("sign_receiver"));
  const giver = signer(t("sign_giver"), usual);
  const paper = paperCheck(draft, taken);
  const photos = photoPicker(paper.look);
  const isPaper = h("input", { type: "checkbox", id: "on-paper" });
  const hint = h("div", { hidden: true }, h("p.soft", t("paper_hint")), paper.part);
  isPaper.addEventListener("change", () => {
    hint.hidden = !isPaper.checked;
    for (const side of [receiver, giver]) side.part.classList.toggle("on-paper", isPaper.checked);
  });
  const said = h("p.notice.notice-error", { role: "alert", hidden: true });
  const say = (text) => {
    said.hidden = false;
    said.textContent = text;
  };
  const answer = answerPanel();
  answer.part.hidden = true;
  const where = placeChoice(taken.places, draft.site);
  where.addEventListener("change", answer.drop);
  let isKeeping = false;
  const finish = async () => {
    const [from, to] = [giver.read(), receiver.read()];
    if ([from, to].some((side) => side.person.length < 3 || !side.position))
      return say(t("act_need_people"));
    const isSigned = from.strokes.length && to.strokes.length;
    if (isPaper.checked ? !photos.list.length : !isSigned) return say(t("act_need_signs"));
    if (isKeeping) return;
    isKeeping = true;
    // What both have signed by hand has happened; what they sign here must be so.
    const changes = isPaper.checked ? [] : await changesSaid(draft.lines);
    if (changes.length) {
      isKeeping = false;
      return say([t("act_changed"), ...changes].join(" "));
    }
    const location = await whereabouts(answer, where);
    try {
      await keepAct({
        draft,
        location,
        from,
        to,
        paper: isPaper.checked ? (paper.number() ?? "") : null,
        photos: photos.list,
      });
    } catch (problem) {
      isKeeping = false;
      return say(problem instanceof Full ? t("full") : t("broken"));
    }
    await keepSelf("draft", null);
    await keepSelf("giver", { party: draft.giver, person: from.person, position: from.position });
    go("#/unsent");
  };
  const parts = [
    h("h2", t("act_read")),
    sheet,
    h("h2", t("act_sign")),
    h("label.tick", isPaper, h("span", t("paper"))),
    hint,
    receiver.part,
    giver.part,
    photos.part,
    field(t("where"), where),
    said,
    answer.part,
    button(t("act_keep"), finish, "button.wide"),
  ];
  return { parts, back: button(t("back"), () => move("sides"), "button.secondary") };
}

/**
 * The act and one scan for each of its units, in one write.
 * @param {object} made
 * @param {Draft} made.draft
 * @param {string} made.location where both stand; empty where it is not said
 * @param {Side} made.from
 * @param {Side} made.to
 * @param {string | null} made.paper null for what is signed here, else the number that was read on
 *   the paper, if any
 * @param {Photo[]} made.photos
 */
async function keepAct({ draft, location, from, to, paper, photos }) {
  const id = crypto.randomUUID();
  const ids = draft.lines.map(() => crypto.randomUUID());
  const shas = photos.map((photo) => photo.sha);
  /** @type {Act} */
  const act = {
    v: 1,
    id,
    made_at: new Date().toISOString(),
    giver: draft.giver,
    receiver: draft.receiver,
    site: draft.site || null,
    purpose: draft.purpose,
    giver_person: from.person,
    giver_position: from.position,
    giver_strokes: paper !== null ? null : from.strokes,
    receiver_person: to.person,
    receiver_position: to.position,
    receiver_strokes: paper !== null ? null : to.strokes,
    units: draft.lines.length,
    lines: draft.lines.map((line, at) => ({
      scan: ids[at],
      code: line.code,
      second: Boolean(line.second),
      name: line.name,
      ...(line.boxName ? { box: line.boxName } : {}),
    })),
    photos: shas,
    ...(paper ? { paper } : {}),
  };
  const scans = draft.lines.map((line, at) => ({
    id: ids[at],
    code: line.code,
    isLabel: line.isLabel,
    name: line.name,
    step: "accepting",
    act: id,
    receiver: draft.receiver,
    bound_for: draft.site || null,
    location,
    sighted: line.isListed ? false : null,
    second_identifier: line.second,
    evidence: shas,
  }));
  await recordAct(act, scans, photos);
}
