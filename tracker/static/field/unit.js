// A unit as this phone knows it, and the steps that may be taken with it here and now.
import { answerPanel, scanLine } from "./answers.js";
import { read as readCode, show as shown } from "./codes.js";
import { button, h } from "./dom.js";
import { formOf } from "./forms.js";
import { boxNamed, unitNamed } from "./known.js";
import { record } from "./outbox.js";
import { proof } from "./proof.js";
import { needsPlace, settled, whereabouts } from "./questions.js";
import { leadTo, ledBy } from "./session.js";
import { Full, self } from "./store.js";
import { isOffered, steps as known, name, t } from "./words.js";

export async function unitPage(code, { go }) {
  const sight = { isScanned: ledBy(code), makers: null };
  const taken = (await self("taken")) ?? { steps: [], places: [], units: [] };
  const unit = await unitNamed(code);
  const answer = answerPanel();
  const place = h("div");
  const steps = stepChoice(unit, taken, choose);
  const lead = (other) => {
    leadTo(other);
    go(`#/u/${encodeURIComponent(other)}`);
  };
  const proving = sight.isScanned ? null : proof(code, answer, sight, lead);
  let form = null;

  function choose(step) {
    if (known()[step].needs.includes("act")) {
      if (sight.isScanned || sight.makers) leadTo(code);
      return go(`#/handover/${encodeURIComponent(code)}`);
    }
    form = formOf(step, { taken });
    const said = h("p.notice.notice-error", { role: "alert", hidden: true });
    const keep = h("button.wide", { type: "submit" }, t("record"));
    const submit = async (event) => {
      event.preventDefault();
      const read = form.read();
      said.hidden = !read.problem;
      said.textContent = read.problem ?? "";
      if (read.problem) return said.scrollIntoView({ block: "center" });
      keep.disabled = true;
      const isDone = await take(step, form, read);
      keep.disabled = false;
      if (!isDone) return answer.part.scrollIntoView({ block: "center" });
      form.leave();
      proving?.end();
      place.replaceChildren(
        h(
          "nav.big",
          h("a.big-button.first", { href: "#/scan" }, t("scan")),
          h("a.big-button", { href: "#/" }, t("back")),
        ),
      );
      answer.part.scrollIntoView({ block: "center" });
    };
    const goBack = () => {
      form.leave();
      place.replaceChildren();
      steps.hidden = false;
    };
    const back = button(t("back"), goBack, "button.secondary");
    form.where.addEventListener("change", answer.drop);
    place.replaceChildren(
      h(
        "form.card",
        { onsubmit: submit },
        h("h2", name("step", step)),
        form.part,
        said,
        keep,
        h("div.actions", back),
      ),
    );
    steps.hidden = true;
    scrollTo(0, 0);
  }

  // Keep the step, after what there is to ask; whether it was kept.
  async function take(step, { where }, read) {
    const isThere = known()[step].presence === "none";
    try {
      const location = isThere ? where.value : await whereabouts(answer, where, needsPlace(step));
      const second_identifier = read.scan.second_identifier ?? sight.makers;
      const sighted = sight.isScanned || Boolean(second_identifier);
      const said = { ...read.scan, second_identifier, sighted: sighted ? null : false };
      const scan = { ...readCode(code), step, name: unit?.product, location, ...said };
      const isPlaced = location || !known()[step].needs.includes("site");
      const scans = isPlaced && (await settled(answer, scan, unit, taken));
      if (!scans) answer.tell("again", t("nothing_recorded"), shown(code), name("step", step));
      else {
        await record(scans, { photos: read.photos });
        answer.tell("kept", t("kept"), shown(code), notes(scan).join(" · "));
      }
      return Boolean(scans);
    } catch (problem) {
      answer.tell("refused", problem instanceof Full ? t("full") : t("broken"), shown(code));
      return false;
    }
  }

  answer.part.hidden = true;
  const lies = unit?.box && (boxNamed(taken, unit.box)?.name ?? shown(unit.box));
  const about = [
    unit?.product,
    unit?.status && name("status", unit.status),
    lies && t("in_box", { box: lies }),
  ];
  const parts = [
    h("h1.code", shown(code)),
    unit ? h("p.lead", about.filter(Boolean).join(" · ")) : h("p.notice", t("unknown")),
    unit && h("p.soft", t("as_known")),
    answer.part,
    proving?.part,
    steps,
    place,
    unit?.mine.length ? h("ol.lately", unit.mine.slice(0, 5).map(scanLine)) : null,
  ].filter(Boolean);
  const leave = () => [form?.leave(), proving?.leave()];
  return { title: shown(code), parts, ready: proving?.ready, leave };
}

// What is said of a scan that was kept: the step, and what it lacks as a proof.
function notes({ step, location, sighted }) {
  const told = [name("done", step)];
  if (!location && needsPlace(step)) told.push(t("place_unsaid"));
  if (sighted === false && known()[step].presence !== "none") told.push(t("unsighted"));
  return told;
}

// What may happen to a unit now, the likeliest first and big; misfortunes are asked for.
function stepChoice(unit, taken, choose) {
  const after = unit?.status ? followers(unit.status) : Object.keys(known());
  const possible = after.filter((step) => taken.steps.includes(step) && isOffered(step, "unit"));
  const isBad = (step) => known()[step].needs.includes("report");
  const big = (step, first) =>
    button(
      name("step", step),
      () => choose(step),
      first ? "button.big-button.first" : "button.big-button",
    );
  const [good, bad] = [possible.filter((step) => !isBad(step)), possible.filter(isBad)];
  return h("section", [
    h("h2", t("next")),
    h(
      "div.big",
      good.map((step, at) => big(step, !at)),
    ),
    bad.length
      ? h(
          "details",
          h("summary", t("more_steps")),
          h(
            "div.big",
            bad.map((step) => big(step, false)),
          ),
        )
      : null,
  ]);
}

// The steps that may follow a status.
const followers = (status) =>
  Object.entries(known())
    .filter(([, step]) => step.from.includes(status))
    .map(([id]) => id);
