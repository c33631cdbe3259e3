// Scanning: a camera that stays open, a scanner that types, a photo, or letters typed by hand.
import { openCamera } from "../scan/camera.js";
import { signal, unlock } from "../scan/signals.js";
import { listen } from "../scan/wedge.js";
import { hostOf, isMakers, read, show as shown, typing } from "./codes.js";
import { button, field, h, select } from "./dom.js";
import { onChange, record } from "./outbox.js";
import { codesIn } from "./photos.js";
import { inFlight } from "./sending.js";
import { Full, keepSelf, newest, self } from "./store.js";
import { unitNamed } from "./unit.js";
import { atTime, many, name, steps, t } from "./words.js";

const LATELY = 8;
const FORMS = ["accepting", "deploying", "inspecting", "reporting_lost", "reporting_stolen", "destroying"];
const IN_A_ROW = ["receiving", "counting", "collecting", "returning", "entering_exiting", "finding"];

// A panel that reports every text it reads: `onCodes([{ text }])`. `leave` closes the camera.
// Inside a form, which has its own field, it is the camera alone.
export function scanner(onCodes, { inForm = false } = {}) {
  const video = h("video", { playsinline: true, hidden: true });
  video.muted = true;
  const said = h("p.notice.notice-warning", { role: "status", hidden: true });
  const say = (text) => {
    said.textContent = text ?? "";
    said.hidden = !text;
  };
  const input = h("input", { id: "typed", maxlength: "200", autocomplete: "off", autocapitalize: "characters", spellcheck: "false", enterkeyhint: "send" });
  const help = h("small", { id: "typed-help", "aria-live": "polite" });
  input.setAttribute("aria-describedby", help.id);
  input.addEventListener("input", () => {
    const told = input.value ? typing(input.value) : {};
    help.textContent = told.missing ? many("letters", told.missing) : told.fits === true ? t("check_good") : told.fits === false ? t("check_bad") : "";
  });
  const give = (text) => {
    input.value = help.textContent = "";
    onCodes([{ text }]);
  };
  const torch = button(t("light"), () => camera?.torch((lit = !lit)), "button.secondary");
  const zoom = h("input", { type: "range", "aria-label": t("zoom"), hidden: true, oninput: (event) => camera?.zoom(Number(event.target.value)) });
  torch.hidden = true;
  let [camera, lit, opening] = [null, false, false];

  const problem = (word) => say(word ? t(`camera_${word}`) : null);
  const close = () => {
    camera?.close();
    camera = null;
    showCamera();
  };
  const showCamera = () => {
    video.hidden = !camera;
    torch.hidden = !camera?.hasTorch;
    const range = camera?.zoomRange;
    zoom.hidden = !range;
    if (range) Object.assign(zoom, { min: range.min, max: range.max, step: range.step });
    toggle.textContent = camera ? t("camera_close") : t("camera_open");
  };
  const open = async () => {
    if (opening) return;
    opening = true;
    video.hidden = false;
    camera = await openCamera(video, (found) => onCodes(labelsFirst(found)), { onProblem: problem });
    opening = false;
    problem(camera.problem);
    if (camera.problem) camera = null;
    showCamera();
    await keepSelf("camera", Boolean(camera));
  };
  const toggle = button(t("camera_open"), () => (camera ? [close(), keepSelf("camera", false)] : open()));
  if (!inForm) toggle.id = "camera";
  const photo = h("input.away", { type: "file", accept: "image/*", capture: "environment", id: inForm ? "code-photo" : "photo" });
  photo.addEventListener("change", async () => {
    const [file] = photo.files;
    photo.value = "";
    if (!file) return;
    const found = await codesIn(file);
    say(found.length ? null : t("photo_empty"));
    if (found.length) onCodes(labelsFirst(found));
  });
  const typed = (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (text) give(text);
  };
  const part = h("div.scanner", [
    video,
    said,
    h("div.actions", [toggle, torch, zoom, h("label.file-button", { for: photo.id }, t("read_photo")), photo]),
    !inForm &&
      h("form", { onsubmit: typed }, [
        h("label", { for: "typed" }, t("type")),
        h("div.scan-box", [input, h("button", { type: "submit" }, t("enter"))]),
        help,
      ]),
  ]);
  let stop = null;
  return {
    part,
    ready: async () => {
      if (!inForm) stop = listen(give, { field: input });
      if (inForm || (await self("camera"))) open();
    },
    leave: () => {
      stop?.();
      close();
    },
  };
}

// Of several codes in view our labels come first, so that a maker's barcode beside one is its proof;
// where there is a label, what is neither (a price, a parcel's number) says nothing.
function labelsFirst(found) {
  const read = found.map((one) => ({ one, said: readText(one.text) }));
  const labels = read.filter(({ said }) => said.isLabel);
  const others = read.filter(({ said }) => !said.isLabel && (!labels.length || isMakers(said.code)));
  return [...labels, ...others].map(({ one }) => one);
}

// What a text says, or why it says nothing: { code, isLabel } or { problem }.
export function readText(text) {
  const host = hostOf(text);
  const isForeign = host && host !== location.host;
  try {
    return { ...read(text), foreign: isForeign ? host : null };
  } catch (problem) {
    return { problem: t(`bad_${problem.message}`) };
  }
}

// The panel of the last answer: colour, shape and word say the same.
export function answerPanel() {
  const use = h("use", { href: "#shape-ready" });
  const [title, code, note] = [h("p.answer-title", t("scan_hint")), h("p.answer-code"), h("p.answer-note")];
  const buttons = h("div.actions");
  const part = h("section.answer.answer-ready", { id: "answer", "aria-live": "polite" }, h("svg.shape", { viewBox: "0 0 24 24", "aria-hidden": "true" }, use), h("div", [title, code, note, buttons]));
  const SOUND = { kept: "recorded", again: "again", refused: "refused", pair: "pair", ready: "setting" };
  const tell = (sort, text, what = "", more = "", actions = []) => {
    part.className = `answer answer-${sort}`;
    use.setAttribute("href", `#shape-${sort}`);
    title.textContent = text;
    code.textContent = what;
    note.textContent = more;
    buttons.replaceChildren(...actions);
    signal(SOUND[sort] ?? "setting");
  };
  return { part, tell };
}

const steady = () => {
  addEventListener("pointerdown", unlock, { once: true });
  addEventListener("keydown", unlock, { once: true });
};

export async function scanPage(_, { go }) {
  const taken = (await self("taken")) ?? { steps: [], places: [] };
  const before = (await self("bench")) ?? {};
  const possible = IN_A_ROW.filter((step) => taken.steps.includes(step));
  const what = select(possible.map((step) => [step, name("step", step)]), possible.includes(before.step) ? before.step : "", t("look_only"));
  const where = select(taken.places.map((one) => [one.ref, placeName(one)]), before.place ?? (taken.places.length === 1 ? taken.places[0].ref : ""), t("no_place"));
  const remember = () => keepSelf("bench", { step: what.value, place: where.value });
  what.addEventListener("change", remember);
  where.addEventListener("change", remember);
  const answer = answerPanel();
  const lately = h("ol.lately", { id: "lately" });
  const list = async () => lately.replaceChildren(...(await newest(LATELY)).map(scanLine));
  const lastly = new Map(); // code and step -> when, so that one look does not record twice

  const take = async ({ text }, isSure = false) => {
    const said = readText(text);
    if (said.problem) return answer.tell("refused", said.problem, text.slice(0, 60));
    if (said.foreign) return answer.tell("refused", t("foreign", { host: said.foreign }), shown(said.code));
    if (!isSure && !said.isLabel && !isMakers(said.code)) {
      const yes = button(t("all_the_same"), () => take({ text }, true), "button.secondary");
      return answer.tell("again", t("not_a_label"), said.code, "", [yes]);
    }
    const unit = await unitNamed(said.code);
    const title = unit?.product ?? "";
    if (!what.value) return go(`#/u/${encodeURIComponent(said.code)}`);
    const key = `${what.value} ${said.code}`;
    if (Date.now() - (lastly.get(key) ?? 0) < 3000) return answer.tell("again", t("again"), shown(said.code), title);
    lastly.set(key, Date.now());
    try {
      await record([{ ...said, foreign: undefined, step: what.value, location: where.value, name: title }]);
    } catch (problem) {
      lastly.delete(key);
      return answer.tell("refused", problem instanceof Full ? t("full") : t("broken"), shown(said.code));
    }
    const others = possible.length ? [button(t("next"), () => go(`#/u/${encodeURIComponent(said.code)}`), "button.secondary")] : [];
    answer.tell("kept", t("kept"), shown(said.code), title, others);
  };
  let queue = Promise.resolve();
  const reading = scanner((codes) => {
    for (const one of codes) queue = queue.then(() => take(one));
  });
  await list();
  steady();
  const off = onChange(list);
  const parts = [
    h("h1", t("scan")),
    possible.length ? h("div.setting", [field(t("what"), what), field(t("where"), where)]) : null,
    answer.part,
    reading.part,
    h("h2", t("last_scans")),
    lately,
  ].filter(Boolean);
  return { title: t("scan"), parts, ready: reading.ready, leave: () => [off(), reading.leave()] };
}

export const placeName = (place) => [place.ref, place.sector && name("sector", place.sector), place.name_uk].filter(Boolean).join(" · ");
export const opensForm = (step) => FORMS.includes(step);
export const followers = (status) => Object.entries(steps()).filter(([, step]) => step.from.includes(status)).map(([id]) => id);

// One scan in a list: what, when, and which of the four it is.
export function scanLine(row) {
  const state = inFlight.has(row.id) ? "sent" : row.state;
  const { answer } = row;
  const isAside = answer?.outcome === "set_aside";
  return h(`li.line.line-${state}`, { "data-id": row.id, "data-state": state }, [
    h("span.line-what", `${name("done", row.scan.step)} · ${shown(row.scan.code)}`),
    h("span.line-when", atTime(row.made_at)),
    h("span.line-state", isAside ? t("state_aside") : t(`state_${state}`)),
    ...whatElse(row).map((text) => h("span.line-why", text)),
  ]);
}

// Why a scan needs somebody, or what was odd about it and what was decided.
function whatElse(row) {
  const { answer } = row;
  if (!answer) return [];
  const told = [];
  if (row.state === "needs" && answer.outcome !== "set_aside") told.push(answer.problem?.detail || t(answer.outcome));
  if (answer.gap?.length) told.push(t("gap", { steps: answer.gap.map((step) => name("step", step)).join(", ") }));
  if (!row.decided && ["misfit", "unknown_code"].includes(answer.outcome)) told.push(t(answer.outcome));
  for (const flag of answer.flags ?? []) if (flag !== "repeat") told.push(name("flag", flag));
  for (const one of row.decided ?? []) told.push(!one.decision ? t("healed") : t(one.isWrong ? "decided_wrong" : "decided", { decision: one.decision }));
  if (row.state === "confirmed" && answer.receipt && !told.length) told.push(t("ledger_number", { number: answer.receipt.item_seq }));
  return told;
}
