// The scanning bench. Every scan is kept in the page before anything else, sent in order, and
// leaves the page only when the server has answered for it. What is set with the mouse waits in the
// same order, so that no scan is read as if it had been made somewhere else.

import { isMuted, mute, signal, unlock } from "./signals.js";
import { listen } from "./wedge.js";

const root = document.getElementById("bench");
const words = JSON.parse(root.dataset.words);
const PREFIX = `kittrail-bench-${root.dataset.reader}-`;
sessionStorage.bench ??= crypto.randomUUID();
const KEPT = PREFIX + sessionStorage.bench; // a bench in another tab keeps its own
const MOST_SHOWN = 12;
const TRIES = 5;
const PROMPT = 5e3; // ms of an exchange that tells what time it is
/** @type {(name: string) => HTMLElement} */
const at = (name) => document.getElementById(name);
/** @type {(name: string) => HTMLInputElement} */
const input = (name) => /** @type {HTMLInputElement} */ (at(name));
/** @type {(selector: string) => NodeListOf<HTMLElement>} */
const every = (selector) => document.querySelectorAll(selector);

let bench = JSON.parse(root.dataset.bench);
let queue = [];
let sending = false;
let failed = 0;
let wait = 500;
let exchange = pageExchange();
let asked = null; // the answer that waits for yes or no

function read(key) {
  try {
    const kept = JSON.parse(localStorage.getItem(key));
    return Array.isArray(kept?.queue) ? kept : { bench, queue: [] };
  } catch {
    return { bench, queue: [] };
  }
}

function keep() {
  try {
    if (queue.length) localStorage.setItem(KEPT, JSON.stringify({ bench, queue }));
    else localStorage.removeItem(KEPT);
    return true;
  } catch {
    return false;
  }
}

// What this bench kept before it was loaded again, and what closed ones left: their scans go first,
// each as its own bench was set.
async function takeOver() {
  const { held } = await navigator.locks.query();
  const open = new Set(held.map((lock) => lock.name));
  const keys = Object.keys(localStorage).filter(
    (key) => key === KEPT || (key.startsWith(PREFIX) && !open.has(key)),
  );
  const left = keys.map(read).filter((one) => one.queue.length);
  const [first, ...rest] = [...left, { bench, queue: [] }];
  bench = first.bench;
  queue = [...first.queue, ...rest.flatMap((one) => [{ set: one.bench }, ...one.queue])];
  if (keep()) for (const key of keys) if (key !== KEPT) localStorage.removeItem(key);
  navigator.locks.request(KEPT, () => new Promise(() => {}));
}

// The bench as it will be when everything before is done.
function ahead() {
  return Object.assign({}, bench, ...queue.map((one) => one.set));
}

function change(set) {
  queue.push({ set });
  keep();
  send();
}

function add(text, more = {}) {
  for (const one of every(".setup:popover-open")) one.hidePopover();
  const scan = { id: crypto.randomUUID(), text, made_at: new Date().toISOString(), ...more };
  queue.push(scan);
  if (!keep()) {
    queue.pop();
    show({ sort: "refused", title: words.full, lines: [], code: text });
    return;
  }
  showWaiting();
  send();
}

async function send() {
  if (sending || !queue.length) return;
  sending = true;
  while (queue.length) {
    const [head] = queue;
    const answer = head.set ? { bench: { ...bench, ...head.set } } : await post(head);
    if (!answer) break;
    queue.shift();
    failed = 0;
    if (answer.bench) bench = answer.bench;
    keep();
    if (answer.sort) take(answer);
    wait = 500;
  }
  sending = false;
  showWaiting();
  if (queue.length) {
    setTimeout(send, wait * (0.75 + Math.random() / 2));
    wait = Math.min(wait * 1.6, 15000);
  }
}

// The answer, or null for "try again": no network, a server that starts, a session that has ended.
async function post(scan) {
  const began = Date.now();
  const body = { ...scan, sent_at: new Date(began).toISOString(), exchange, bench };
  try {
    const answer = await fetch(root.dataset.reads, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": root.dataset.token },
      body: JSON.stringify(body),
      redirect: "error",
    });
    const isJson = answer.headers.get("Content-Type")?.includes("json");
    if (answer.status === 422 && isJson) {
      return { sort: "unreadable", title: words.unreadable, lines: [], code: scan.text, bench };
    }
    if (answer.status === 500 && ++failed >= TRIES && (await worksOtherwise()))
      return setAside(scan);
    at("signed-out").hidden = answer.status !== 401 && answer.status !== 400;
    if (!answer.ok || !isJson) return null;
    const answered = Date.now();
    const told = await answer.json();
    exchange = exchanged(began, told.told_at, answered) ?? exchange;
    return told;
  } catch {
    return null;
  }
}

// A question and its answer, by this computer's clock before and after: what the server needs to
// know how wrong that clock is, however long a scan is on its way. Null if it took too long.
function exchanged(began, told_at, answered) {
  if (!told_at || answered < began || answered - began >= PROMPT) return null;
  const [asked_at, answered_at] = [began, answered].map((at) => new Date(at).toISOString());
  return { asked_at, told_at, answered_at };
}

// The first: this page was asked for, and says when it was made.
function pageExchange() {
  const [page] = performance.getEntriesByType("navigation");
  if (!(page instanceof PerformanceNavigationTiming) || !page.responseStart) return null;
  const { timeOrigin } = performance;
  const [began, answered] = [timeOrigin + page.requestStart, timeOrigin + page.responseStart];
  return exchanged(began, root.dataset.toldAt, answered);
}

// Whether the server does its work otherwise: then it is this one scan that it stumbles over.
async function worksOtherwise() {
  const { ok } = await fetch(root.dataset.works, { cache: "no-store" });
  return ok;
}

// A scan that the server stumbles over does not hold up the others: it is tried again when a bench
// is opened the next time.
function setAside(scan) {
  try {
    localStorage.setItem(PREFIX + crypto.randomUUID(), JSON.stringify({ bench, queue: [scan] }));
  } catch {
    return null;
  }
  return { sort: "refused", title: words.aside, lines: [], code: scan.text, bench };
}

function take(answer) {
  if (answer.card === "undo") {
    undoLast();
    return;
  }
  if (asked && (answer.card === "yes" || answer.card === "no")) {
    (answer.card === "yes" ? sayYes : sayNo)(asked);
    return;
  }
  asked = answer.question ? answer : null;
  show(answer);
  signal(answer.sort);
}

let lastUndo = null;
function undoLast() {
  const last = lastUndo;
  lastUndo = null;
  if (last) add(last.code, { undo: last.event });
  else show({ sort: "refused", title: words.nothing_to_undo, lines: [], code: "" });
}

function show(answer) {
  if (answer.undo) lastUndo = { event: answer.undo, code: answer.undo_code };
  const panel = at("answer");
  panel.className = `answer answer-${answer.sort}`;
  at("answer-shape").setAttribute("href", `#shape-${answer.sort}`);
  at("answer-title").textContent = answer.title;
  at("answer-code").textContent = answer.code ?? "";
  at("answer-name").textContent = answer.name ?? "";
  at("answer-lines").replaceChildren(...(answer.lines ?? []).map((line) => element("li", line)));
  showButtons(answer);
  showBench(answer);
  const row = element(
    "li",
    [answer.title, answer.code, ...(answer.lines ?? [])].filter(Boolean).join(" · "),
  );
  row.className = `said said-${answer.sort}`;
  at("lately").prepend(row);
  while (at("lately").children.length > MOST_SHOWN) at("lately").lastChild.remove();
}

function showButtons(answer) {
  const buttons = [];
  if (answer.question) {
    buttons.push(button(answer.question.yes, () => sayYes(answer)));
    buttons.push(button(answer.question.no, () => sayNo(answer)));
  }
  if (answer.keep) buttons.push(button(words.keep, () => keepAllTheSame(answer)));
  if (answer.close) buttons.push(turn(words.close, answer.close, "close"));
  if (answer.reopen) buttons.push(turn(words.reopen, answer.reopen, "reopen"));
  if (answer.begin) buttons.push(button(words.begin, () => beginCount(answer)));
  at("answer-buttons").replaceChildren(...buttons);
}

// Yes: the same scan again, with the answer, which the bench remembers. No: nothing is recorded.
function sayYes({ text, first, undo_code: code, question }) {
  asked = null;
  const answer = question.key;
  if (first) add(text, { first, answer });
  else add(code, { answer });
}

function sayNo(answer) {
  asked = null;
  show({ sort: "refused", title: words.left_alone, lines: [], code: answer.code });
}

function keepAllTheSame({ text, first, undo_code: code }) {
  if (first) add(text, { first, confirm: true });
  else add(code, { confirm: true });
}

function turn(text, code, way) {
  return button(text, async () => {
    if (await posted(`/boxes/${code}/${way}`)) add(code);
  });
}

async function beginCount({ begin: location, undo_code: code }) {
  if (await posted(root.dataset.counts, { location })) add(code);
}

async function posted(address, fields = {}) {
  const form = new FormData();
  for (const [name, value] of Object.entries({ csrf_token: root.dataset.token, ...fields }))
    form.append(name, value);
  const answer = await fetch(address, { method: "POST", body: form });
  return answer.ok;
}

function showBench(answer) {
  if (!answer.names) return;
  const now = ahead();
  for (const each of every("[data-doing]")) {
    each.setAttribute("aria-pressed", String(each.dataset.doing === now.doing));
  }
  for (const name of ["location", "consignment"]) {
    const field = input(name);
    if (field) field.value = now[name] ?? "";
  }
  at("now-doing").textContent = answer.doing_name || words.choose;
  at("now-where").textContent = [now.location, now.consignment].filter(Boolean).join(" · ");
  at("names").textContent = [answer.names.box, answer.names.count, answer.names.act]
    .filter(Boolean)
    .join(" · ");
  const tally = answer.tally;
  at("tally").hidden = !tally;
  if (tally) {
    at("done").textContent = tally.done;
    at("expected").textContent = tally.expected === null ? "" : `/ ${tally.expected}`;
    at("unopened").textContent = answer.unopened ?? "";
    const part = tally.expected ? Math.min(1, tally.done / tally.expected) : 0;
    at("bar").setAttribute("width", String(1000 * part));
    at("bar-box").toggleAttribute("hidden", tally.expected === null);
  }
  at("close-box").hidden = !(now.doing === "packing" && now.box);
  input("pair").checked = now.pair;
  showOddity();
}

// What is said of the next unit alone: a reason, a photo.
function showOddity() {
  const now = ahead();
  at("damaged").setAttribute("aria-pressed", String(now.condition === "damaged"));
  for (const each of every("[data-reason]")) {
    each.setAttribute("aria-pressed", String(each.dataset.reason === now.reason));
  }
  if (at("odd-said")) at("odd-said").textContent = now.photo ? words.photo_kept : "";
}

function chooseReason({ dataset }) {
  const isOff = ahead().reason === dataset.reason;
  const condition = dataset.damage ? { condition: isOff ? null : "damaged" } : {};
  change({ reason: isOff ? null : dataset.reason, ...condition });
  showOddity();
}

async function keepPhoto({ target }) {
  const [file] = target.files;
  target.value = "";
  if (!file) return;
  const form = new FormData();
  form.append("photo", file);
  try {
    const headers = { "X-CSRFToken": root.dataset.token };
    const answer = await fetch(at("oddity").dataset.photos, {
      method: "POST",
      headers,
      body: form,
      redirect: "error",
    });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.detail);
    change({ photo: told.photo });
    showOddity();
  } catch {
    at("odd-said").textContent = words.photo_lost;
  }
}

function showWaiting() {
  const scans = queue.filter((one) => one.text);
  const many = scans.length;
  const late = many && Date.now() - Date.parse(scans[0].made_at) > 1500;
  at("waiting").hidden = !late;
  at("waiting-many").textContent = String(many);
  if (late && !at("answer").classList.contains("answer-waiting")) {
    at("answer").className = "answer answer-waiting";
    at("answer-shape").setAttribute("href", "#shape-waiting");
    at("answer-title").textContent = words.waiting;
    at("answer-code").textContent = scans.at(-1).text;
    at("answer-name").textContent = "";
    at("answer-lines").replaceChildren();
    at("answer-buttons").replaceChildren();
    signal("waiting");
  }
}

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

function button(text, onClick) {
  const made = element("button", text);
  made.type = "button";
  made.className = "secondary";
  made.addEventListener("click", onClick);
  return made;
}

for (const each of every("[data-reason]")) each.addEventListener("click", () => chooseReason(each));
at("odd-photo")?.addEventListener("change", keepPhoto);
for (const each of every("[data-card]")) {
  each.addEventListener("click", () => add(each.dataset.card));
}
for (const name of ["location", "consignment"]) {
  at(name)?.addEventListener("change", () => {
    change({ [name]: input(name).value || null });
    at("scan").focus();
  });
}
at("pair").addEventListener("change", () => {
  change({ pair: input("pair").checked, first: null });
});
at("mute").addEventListener("click", () => {
  mute(!isMuted());
  at("mute").setAttribute("aria-pressed", String(isMuted()));
});
at("mute").setAttribute("aria-pressed", String(isMuted()));
at("typed").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = input("scan").value.trim();
  input("scan").value = "";
  if (text) add(text);
});
await takeOver();
addEventListener("pointerdown", unlock);
addEventListener("keydown", unlock);
addEventListener("online", send);
setInterval(showWaiting, 700);
listen(add, { field: at("scan") });

// The camera stays open while scans go on; what reads them is loaded when it is first asked for.
let camera = null;
const say = (text) => {
  at("camera-says").textContent = text ?? "";
  at("camera-says").hidden = !text;
};

const problem = (word) => say(word ? (words[`camera_${word}`] ?? words.camera_broken) : null);

function closeCamera() {
  camera?.close();
  camera = null;
}

at("camera-open").addEventListener("click", async () => {
  if (camera) {
    closeCamera();
  } else {
    const { openCamera } = await import("./camera.js");
    at("video").hidden = false;
    const each = (codes) => {
      for (const one of codes) add(one.text);
    };
    camera = await openCamera(at("video"), each, { onProblem: problem });
    problem(camera.problem);
    if (camera.problem) closeCamera();
  }
  at("video").hidden = !camera;
  at("camera-light").hidden = !camera?.hasTorch;
  at("camera-open").textContent = camera ? words.camera_close : words.camera_open;
});
let light = false;
at("camera-light").addEventListener("click", () => {
  light = !light;
  camera?.torch(light);
});
at("photo").addEventListener("change", async () => {
  const [file] = input("photo").files;
  input("photo").value = "";
  if (!file) return;
  const { readPhoto } = await import("./camera.js");
  const found = (await readPhoto(file)) ?? [];
  for (const one of found) add(one.text);
  say(found.length ? null : words.photo_empty);
});
root.dataset.ready = "yes";
send();
