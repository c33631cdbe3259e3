// The first stage of handing over: the pile is scanned. Each unit becomes a line; what cannot be
// one yet is a question above the list, and nobody goes on to sign while one stands there.
/** @import { Draft, Meaning, PileLine, Question, Taken } from "../types" */
import { answerPanel } from "./answers.js";
import { isProduct, show as shown } from "./codes.js";
import { button, field, h } from "./dom.js";
import { boxNamed, unitNamed } from "./known.js";
import { changesOf, meaningOf } from "./pile.js";
import { placeChoice, settled, whereabouts } from "./questions.js";
import { scanner } from "./reading.js";
import { ledBy } from "./session.js";
import { keepSelf } from "./store.js";
import { atTime, many, name, productName, t } from "./words.js";

/**
 * @param {{ draft: Draft, taken: Taken, move: (stage: string) => unknown }} given
 * @param {string} [first] a code that was chosen before
 */
export function scanStage({ draft, taken, move }, first) {
  const { lines, questions } = draft;
  const isFirstScanned = ledBy(first);
  const answer = answerPanel();
  const where = placeChoice(taken.places);
  where.addEventListener("change", answer.drop);
  const list = h("ol.pile", { id: "pile" });
  const asked = h("ol.pile", { id: "questions" });
  const count = h("p.tally");
  const said = h("div.notice.notice-error", { role: "alert", hidden: true });
  // What waits for the next scan: a line or label for its maker's number, a number for its label.
  /** @type {{ line?: PileLine, question?: Question }} */
  let open = {};

  const save = async () => {
    await keepSelf("draft", { ...draft, stage: "scan" });
    said.hidden = true;
    count.textContent = many("units", lines.length);
    asked.replaceChildren(...questions.map(questionPart));
    list.replaceChildren(...lines.map(linePart));
  };
  const drop = (all, one) => all.includes(one) && all.splice(all.indexOf(one), 1);
  const linePart = (line) =>
    h(
      "li",
      h(
        "div",
        h("span.code", `${shown(line.code)}${line.second ? " ✓" : ""}`),
        h("span.soft", [line.name, line.boxName].filter(Boolean).join(" · ")),
        line.isListed && !line.box && h("span.soft", t("unsighted_line")),
      ),
      button(t("remove"), () => [drop(lines, line), save()], "button.secondary"),
    );
  const questionPart = (question) =>
    h(
      "li.question",
      h("div", h("span.code", shown(question.code)), h("span", t(asks(question)))),
      ...(question.isLabel ? answersTo(question) : []),
      button(t("remove"), () => [drop(questions, question), save()], "button.secondary"),
    );
  const answersTo = (question) => [
    button(t("act_is_unit"), () => settle(question, null), "button.secondary"),
    button(t("act_is_box"), () => [drop(questions, question), save(), noBox(question.code)]),
  ];

  // A question that is answered: it is a line now, with its maker's number if that was scanned.
  const settle = async (question, second) => {
    drop(questions, question);
    await add({ code: question.code, isLabel: true, name: "", second });
  };
  const add = async (line) => {
    lines.push(line);
    open = {};
    await save();
    answer.tell("kept", t("kept"), shown(line.code), line.name);
  };
  const noBox = (code) => answer.tell("refused", t("act_box_unknown"), shown(code));

  const tellPair = (line) => {
    open = { line };
    const leave = () => {
      open = {};
      told(line);
    };
    const skip = button(t("act_pair_skip"), leave, "button.secondary");
    answer.tell("pair", t("act_pair"), shown(line.code), line.name, [skip]);
  };
  const told = (line) => answer.tell("kept", t("kept"), shown(line.code), line.name);
  const prove = async (line, second) => {
    Object.assign(line, { second, isListed: false });
    open = {};
    await save();
    told(line);
  };

  // A maker's number, whatever is known of it: of what was scanned just before, or a question.
  const takeNumber = async (found) => {
    const number = found.second ?? found.code;
    const { line, question } = open;
    const isOther = line?.unit && found.second && line.unit !== found.unit;
    if (isOther) return answer.tell("refused", t("act_other_unit"), number);
    if (line) return prove(line, number);
    if (question?.isLabel) return settle(question, number);
    if (found.second) return takeUnit(found);
    questions.push({ code: number, isLabel: false });
    open = { question: questions.at(-1) };
    await save();
    answer.tell("pair", t("act_whose"), number);
  };
  /** @param {Meaning} found */
  const takeUnit = async ({ code, unit, name: product, second, wantsNumber }, isScanned = true) => {
    if (!(await isHere(code, await unitNamed(unit), product))) return;
    const number = second ?? numberBefore();
    const isListed = !isScanned && !number;
    const line = { code, isLabel: true, name: product, second: number, unit, isListed };
    await add(line);
    if (wantsNumber && !number) tellPair(line);
  };
  // The number that was scanned just before its label.
  const numberBefore = () => {
    const { question } = open;
    if (!question || question.isLabel) return null;
    drop(questions, question);
    return question.code;
  };
  const takeLabel = async ({ code }) => {
    const number = numberBefore();
    if (number) return add({ code, isLabel: true, name: "", second: number });
    const question = { code, isLabel: true };
    questions.push(question);
    open = { question };
    await save();
    answer.tell("pair", t("act_pair"), shown(code), t("act_unknown_label"), answersTo(question));
  };
  /** @param {Meaning} found */
  const takeBox = async ({ code, name: boxName, units }) => {
    if (!units) return noBox(code);
    const more = units.filter((unit) => !lines.some((line) => line.code === unit.code));
    if (!units.length) return answer.tell("refused", t("act_box_empty"), boxName);
    if (!more.length) return answer.tell("again", t("again"), boxName);
    if (!(await isHere(code, await unitNamed(code), boxName))) return;
    for (const unit of more) lines.push(lineOf(unit, code, boxName));
    await save();
    const known = boxNamed(taken, code) && !navigator.onLine;
    const when = known ? t("act_box_as_of", { when: atTime(taken.taken_at) }) : "";
    answer.tell("kept", t("act_box_opened", { units: many("units", more.length) }), boxName, when);
  };
  // Whether to list it, after what there was to ask of the place where it should be.
  const isHere = async (code, known, what) => {
    const location = await whereabouts(answer, where);
    const accepting = { code, step: "accepting", location };
    if (await settled(answer, accepting, known, taken)) return true;
    answer.tell("again", t("nothing_recorded"), shown(code), what);
    return false;
  };
  const takeAgain = async (line, found, isScanned) => {
    const isNews = line.isListed && isScanned;
    if (isNews) {
      line.isListed = false;
      await save();
    }
    if (found.second && !line.second) return prove(line, found.second);
    if (!line.second && (found.wantsNumber || found.kind === "label")) return tellPair(line);
    if (isNews) return answer.tell("kept", t("sighted"), shown(line.code), line.name);
    answer.tell("again", t("again"), shown(line.code), line.name);
  };

  const take = async (text, isScanned = true) => {
    const found = await meaningOf(text, taken, unitNamed);
    const { kind, code } = found;
    if (kind === "unreadable") return answer.tell("refused", found.problem, code);
    if (kind === "foreign")
      return answer.tell("refused", t("foreign", { host: found.host }), shown(code));
    const has = (one) => [one.code, one.unit, one.second].includes(code);
    const line = lines.find(has);
    const isNumber = kind === "number" || found.second;
    if (line && !(isNumber && line === open.line)) return takeAgain(line, found, isScanned);
    if (questions.some(has)) return answer.tell("again", t("again"), shown(code));
    if (isNumber) return takeNumber(found);
    if (kind === "unit") return takeUnit(found, isScanned);
    if (kind === "label") return takeLabel(found);
    if (kind === "box") return takeBox(found);
    if (kind !== "gone") return answer.tell("refused", t(`act_${kind}`), shown(code));
    const yes = button(t("act_again"), () => takeUnit(found, isScanned), "button.secondary");
    const status = name("status", found.status);
    answer.tell("again", t("act_gone", { status }), shown(code), found.name, [yes]);
  };

  // What was a question without a network may be none with one.
  const askAgain = async () => {
    for (const question of [...questions]) {
      const found = await meaningOf(question.code, taken, unitNamed);
      if (!["unit", "box"].includes(found.kind)) continue;
      drop(questions, question);
      open = {};
      await take(question.code);
    }
  };
  const goOn = async () => {
    await askAgain();
    if (open.line) return; // its maker's number is asked for
    const problems = questions.length ? [t("act_questions")] : [];
    if (!lines.length) problems.push(t("act_need_units"));
    if (!problems.length) problems.push(...(await changesSaid(lines)));
    if (!problems.length) return move("sides");
    said.hidden = false;
    said.replaceChildren(...problems.map((one) => h("p", one)));
    said.scrollIntoView({ block: "center" });
  };

  /** @type {Promise<unknown>} */
  let queue = Promise.resolve();
  const reading = scanner((codes) => {
    const others = codes.filter((one) => !isProduct(one.text.trim()));
    for (const one of others.length ? others : codes) queue = queue.then(() => take(one.text));
  });
  save();
  const ready = () => {
    reading.ready();
    queue = queue.then(() => whereabouts(answer, where));
    if (first) queue = queue.then(() => take(first, isFirstScanned));
  };
  const on = button(t("on"), () => (queue = queue.then(goOn)), "button.wide");
  return {
    parts: [
      h("h2", t("act_scan")),
      h("p.soft", t("act_scan_hint")),
      field(t("where"), where),
      answer.part,
      reading.part,
      asked,
      count,
      list,
      said,
      on,
    ],
    ready,
    leave: reading.leave,
  };
}

const asks = (question) => (question.isLabel ? "act_unknown_label" : "act_whose");

const lineOf = (unit, box, boxName) => ({
  code: unit.code,
  isLabel: true,
  name: productName(unit),
  second: null,
  unit: unit.code,
  box,
  boxName,
  isListed: true,
});

/**
 * What the server says is not so in a list, in words; empty where all is well, or nobody to ask.
 * @param {PileLine[]} lines
 */
export async function changesSaid(lines) {
  const found = (await changesOf(lines)) ?? [];
  const names = new Map(lines.map((line) => [line.box, line.boxName]));
  return found.map(({ code, kind, status, box }) =>
    t(`act_change_${kind}`, {
      unit: shown(code),
      status: name("status", status),
      box: names.get(box) ?? "",
    }),
  );
}
