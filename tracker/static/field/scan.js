// Scanning in a row: one step and one place for all that is scanned, and a line for each.
import { unlock } from "../scan/signals.js";
import { answerPanel, scanLine } from "./answers.js";
import { isMakers, show as shown } from "./codes.js";
import { button, field, h, select } from "./dom.js";
import { unitNamed } from "./known.js";
import { onChange, record } from "./outbox.js";
import { needsPlace, placeChoice, settled, whereabouts } from "./questions.js";
import { readText, scanner } from "./reading.js";
import { leadTo } from "./session.js";
import { Full, keepSelf, newest, self } from "./store.js";
import { isOffered, name, steps, t } from "./words.js";

const LATELY = 8;

const inARow = () => Object.keys(steps()).filter((step) => isOffered(step, "row"));

const steady = () => {
  addEventListener("pointerdown", unlock, { once: true });
  addEventListener("keydown", unlock, { once: true });
};

export async function scanPage(_, { go }) {
  const taken = (await self("taken")) ?? { steps: [], places: [] };
  const before = (await self("bench")) ?? {};
  const possible = inARow().filter((step) => taken.steps.includes(step));
  const what = select(
    possible.map((step) => [step, name("step", step)]),
    possible.includes(before.step) ? before.step : "",
    t("look_only"),
  );
  const where = placeChoice(taken.places, before.place);
  const answer = answerPanel();
  const remember = () => keepSelf("bench", { step: what.value, place: where.value });
  const findOut = () => what.value && whereabouts(answer, where, needsPlace(what.value));
  let queue = Promise.resolve(); // what was scanned, and what is asked, one after another
  what.addEventListener("change", () => {
    remember();
    queue = queue.then(findOut);
  });
  where.addEventListener("change", () => {
    remember();
    answer.drop();
  });
  const lately = h("ol.lately", { id: "lately" });
  const list = async () => lately.replaceChildren(...(await newest(LATELY)).map(scanLine));
  const lastly = new Map(); // code and step -> when, so that one look does not record twice

  const take = async ({ text }, isSure = false) => {
    const said = readText(text);
    if (said.problem) return answer.tell("refused", said.problem, text.slice(0, 60));
    if (said.foreign)
      return answer.tell("refused", t("foreign", { host: said.foreign }), shown(said.code));
    if (!isSure && !said.isLabel && !isMakers(said.code)) {
      const yes = button(t("all_the_same"), () => take({ text }, true), "button.secondary");
      return answer.tell("again", t("not_a_label"), said.code, "", [yes]);
    }
    const lookUp = () => {
      leadTo(said.code);
      go(`#/u/${encodeURIComponent(said.code)}`);
    };
    if (!what.value) return lookUp();
    const step = what.value;
    const unit = await unitNamed(said.code);
    const title = unit?.product ?? "";
    const key = `${step} ${said.code}`;
    if (Date.now() - (lastly.get(key) ?? 0) < 3000)
      return answer.tell("again", t("again"), shown(said.code), title);
    lastly.set(key, Date.now());
    let place = "";
    try {
      place = await whereabouts(answer, where, needsPlace(step));
      const { code, isLabel } = said;
      const scan = { code, isLabel, step, location: place, name: title };
      const scans = await settled(answer, scan, unit, taken);
      if (!scans) {
        lastly.delete(key);
        return answer.tell("again", t("nothing_recorded"), shown(code), title);
      }
      await record(scans);
    } catch (problem) {
      lastly.delete(key);
      return answer.tell(
        "refused",
        problem instanceof Full ? t("full") : t("broken"),
        shown(said.code),
      );
    }
    const others = possible.length ? [button(t("next"), lookUp, "button.secondary")] : [];
    if (!place && needsPlace(step))
      return answer.tell("again", t("kept"), shown(said.code), t("place_unsaid"), others);
    answer.tell("kept", t("kept"), shown(said.code), title, others);
  };
  const reading = scanner((codes) => {
    for (const one of codes) queue = queue.then(() => take(one));
  });
  await list();
  steady();
  const off = onChange(list);
  const ready = async () => {
    await reading.ready();
    queue = queue.then(findOut);
  };
  const parts = [
    h("h1", t("scan")),
    possible.length ? h("div.setting", [field(t("what"), what), field(t("where"), where)]) : null,
    answer.part,
    reading.part,
    h("h2", t("last_scans")),
    lately,
  ].filter(Boolean);
  return { title: t("scan"), parts, ready, leave: () => [off(), reading.leave()] };
}
