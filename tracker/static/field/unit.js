// Units as this phone knows them: what it took along, and what it has recorded since.
import { read as readCode, show as shown } from "./codes.js";
import { button, h } from "./dom.js";
import { formOf } from "./forms.js";
import { record } from "./outbox.js";
import { answerPanel, followers, opensForm, scanLine } from "./scan.js";
import { Full, ofCode, self } from "./store.js";
import { name, productName, steps as known, t } from "./words.js";

const PLAIN = ["collecting", "receiving", "returning", "finding", "counting"]; // need no more than the scan

// { code, product, status, ... } or null. What was recorded here counts before what the server said.
export async function unitNamed(code) {
  const taken = await self("taken");
  const unit = taken?.units.find((each) => each.code === code);
  const mine = (await ofCode(code)).filter((row) => row.state !== "needs");
  if (!unit && !mine.length) return null;
  let status = unit?.status ?? null;
  for (const row of [...mine].reverse()) {
    const step = known()[row.scan.step];
    if (step?.to && Date.parse(row.made_at) > (taken?.taken_at ?? 0) - 1) status = step.to;
  }
  return { ...unit, code, status, product: unit ? productName(unit) : "", mine };
}

export async function unitPage(code, { go }) {
  const taken = (await self("taken")) ?? { steps: [], places: [], units: [] };
  const unit = await unitNamed(code);
  const answer = answerPanel();
  const place = h("div");
  const steps = stepChoice(unit, taken, choose);
  let form = null;

  function choose(step) {
    if (step === "accepting") return go(`#/handover/${encodeURIComponent(code)}`);
    form = formOf(step, { taken });
    const said = h("p.notice.notice-error", { role: "alert", hidden: true });
    const submit = async (event) => {
      event.preventDefault();
      const read = form.read();
      said.hidden = !read.problem;
      said.textContent = read.problem ?? "";
      if (read.problem) return said.scrollIntoView({ block: "center" });
      try {
        await record([{ ...readCode(code), step, name: unit?.product, ...read.scan }], { photos: read.photos });
      } catch (problem) {
        return tell("refused", problem instanceof Full ? t("full") : t("broken"), shown(code));
      }
      tell("kept", t("kept"), shown(code), name("done", step));
      form.leave();
      place.replaceChildren(h("nav.big", h("a.big-button.first", { href: "#/scan" }, t("scan")), h("a.big-button", { href: "#/" }, t("back"))));
    };
    const back = button(t("back"), () => [form.leave(), place.replaceChildren(), (steps.hidden = false)], "button.secondary");
    place.replaceChildren(h("form.card", { onsubmit: submit }, h("h2", name("step", step)), form.part, said, h("button.wide", { type: "submit" }, t("record")), h("div.actions", back)));
    steps.hidden = true;
    scrollTo(0, 0);
  }
  function tell(...said) {
    answer.part.hidden = false;
    answer.tell(...said);
    answer.part.scrollIntoView({ block: "center" });
  }
  answer.part.hidden = true;
  const parts = [
    h("h1.code", shown(code)),
    unit ? h("p.lead", [unit.product, unit.status && name("status", unit.status)].filter(Boolean).join(" · ")) : h("p.notice", t("unknown")),
    unit && h("p.soft", t("as_known")),
    answer.part,
    steps,
    place,
    unit?.mine.length ? h("ol.lately", unit.mine.slice(0, 5).map(scanLine)) : null,
  ].filter(Boolean);
  return { title: shown(code), parts, leave: () => form?.leave() };
}

// What may happen to a unit now, the likeliest first and big; misfortunes are asked for.
function stepChoice(unit, taken, choose) {
  const after = unit?.status ? followers(unit.status) : Object.keys(known());
  const possible = after.filter((step) => taken.steps.includes(step) && (opensForm(step) || PLAIN.includes(step)));
  const isBad = (step) => known()[step].needs.includes("report");
  const big = (step, first) => button(name("step", step), () => choose(step), first ? "button.big-button.first" : "button.big-button");
  const [good, bad] = [possible.filter((step) => !isBad(step)), possible.filter(isBad)];
  return h("section", [
    h("h2", t("next")),
    h("div.big", good.map((step, at) => big(step, !at))),
    bad.length ? h("details", h("summary", t("more_steps")), h("div.big", bad.map((step) => big(step, false)))) : null,
  ]);
}
