// What is said of a scan: the panel of the last one, and a line for each in a list.
import { signal } from "../scan/signals.js";
import { show as shown } from "./codes.js";
import { button, h } from "./dom.js";
import { inFlight } from "./sending.js";
import { atTime, name, t } from "./words.js";

// The panel of the last answer: colour, shape and word say the same. `ask` puts a question in it,
// with `choices`, [[text, value], ...], and gives the value; null if it was dropped, because what
// it asked was said otherwise.
export function answerPanel() {
  const use = h("use", { href: "#shape-ready" });
  const [title, code, note] = [
    h("p.answer-title", t("scan_hint")),
    h("p.answer-code"),
    h("p.answer-note"),
  ];
  const buttons = h("div.actions");
  const part = h(
    "section.answer.answer-ready",
    { id: "answer", "aria-live": "polite" },
    h("svg.shape", { viewBox: "0 0 24 24", "aria-hidden": "true" }, use),
    h("div", [title, code, note, buttons]),
  );
  const SOUND = {
    kept: "recorded",
    again: "again",
    refused: "refused",
    pair: "pair",
    ask: "gap",
    ready: "setting",
  };
  let settle = null; // what waits for the answer to an open question
  const look = (sort, text, what = "", more = "", actions = []) => {
    part.className = `answer answer-${sort}`;
    use.setAttribute("href", `#shape-${sort}`);
    title.textContent = text;
    code.textContent = what;
    note.textContent = more;
    buttons.replaceChildren(...actions);
  };
  const tell = (sort, ...said) => {
    part.hidden = false;
    look(sort, ...said);
    signal(SOUND[sort] ?? "setting");
  };
  const ask = (sentence, choices, what = "") =>
    new Promise((go) => {
      const wasHidden = part.hidden;
      settle = (said) => {
        settle = null;
        part.hidden = wasHidden;
        look("ready", t("scan_hint"));
        go(said);
      };
      const answers = choices.map(([text, said], at) =>
        button(text, () => settle?.(said), at ? "button.secondary" : "button"),
      );
      tell("ask", sentence, what, "", answers);
      part.scrollIntoView({ block: "center" });
    });
  return { part, tell, ask, drop: () => settle?.(null), isAsking: () => Boolean(settle) };
}

// One scan in a list: what, when, and which of the four it is.
export function scanLine(row) {
  const state = inFlight.has(row.id) ? "sent" : row.state;
  const { answer } = row;
  const isAside = answer?.outcome === "set_aside";
  const isAsked = state === "confirmed" && answer?.discrepancy && !row.decided;
  const word = isAside ? "aside" : isAsked ? "asked" : state;
  const look = isAsked ? "line-asked" : `line-${state}`;
  return h(`li.line.${look}`, { "data-id": row.id, "data-state": state }, [
    h("span.line-what", `${name("done", row.scan.step)} · ${shown(row.scan.code)}`),
    h("span.line-when", atTime(row.made_at)),
    h("span.line-state", t(`state_${word}`)),
    ...whatElse(row).map((text) => h("span.line-why", text)),
  ]);
}

// What no flag of a scan says, but the case that it opened.
const CASES = ["left_box", "second_person"];

// Why a scan needs somebody, or what was odd about it and what was decided.
function whatElse(row) {
  const { answer } = row;
  const told = row.scan.sighted === false ? [t("unsighted_line")] : [];
  if (!answer) return told;
  if (row.state === "needs" && answer.outcome !== "set_aside")
    told.push(answer.problem?.detail || t(answer.outcome));
  if (answer.gap?.length)
    told.push(t("gap", { steps: answer.gap.map((step) => name("step", step)).join(", ") }));
  if (!row.decided && ["misfit", "unknown_code"].includes(answer.outcome))
    told.push(t(answer.outcome));
  if (CASES.includes(answer.discrepancy)) told.push(name("kind", answer.discrepancy));
  for (const flag of answer.flags ?? []) if (flag !== "repeat") told.push(name("flag", flag));
  for (const one of row.decided ?? [])
    told.push(
      !one.decision
        ? t("healed")
        : t(one.isWrong ? "decided_wrong" : "decided", { decision: one.decision }),
    );
  if (row.state === "confirmed" && answer.receipt && !told.length)
    told.push(t("ledger_number", { number: answer.receipt.item_seq }));
  return told;
}
