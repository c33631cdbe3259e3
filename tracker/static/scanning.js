// The scanning bench. Every scan is kept in the page before anything else, sent in order, and
// leaves the page only when the server has answered for it.
import { listen } from "./scan/wedge.js";
import { isMuted, mute, signal, unlock } from "./scan/signals.js";

const root = document.getElementById("bench");
const words = JSON.parse(root.dataset.words);
const KEPT = `kittrail-bench-${root.dataset.reader}`;
const MOST_SHOWN = 12;
const at = (name) => document.getElementById(name);

let bench = JSON.parse(root.dataset.bench);
let queue = read();
let sending = false;
let wait = 500;
let undoable = null;

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "[]");
  } catch {
    return [];
  }
}

function keep() {
  try {
    localStorage.setItem(KEPT, JSON.stringify(queue));
    return true;
  } catch {
    return false;
  }
}

function add(text, more = {}) {
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
    const answer = await post(queue[0]);
    if (!answer) break;
    queue.shift();
    keep();
    take(answer);
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
  const body = { ...scan, sent_at: new Date().toISOString(), bench };
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
    at("signed-out").hidden = answer.status !== 401 && answer.status !== 400;
    return answer.ok && isJson ? await answer.json() : null;
  } catch {
    return null;
  }
}

function take(answer) {
  if (answer.bench) bench = answer.bench;
  undoable = answer.undo ? { event: answer.undo, code: answer.undo_code } : null;
  if (answer.undo) {
    const mine = undoable;
    setTimeout(() => {
      if (undoable === mine) undoable = null;
      showButtons(answer);
    }, 60000);
  }
  if (answer.card === "undo") {
    undoLast();
    return;
  }
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
  at("answer-code").textContent = [answer.code, answer.name].filter(Boolean).join(" · ");
  at("answer-lines").replaceChildren(...(answer.lines ?? []).map((line) => element("li", line)));
  showButtons(answer);
  showBench(answer);
  const row = element("li", [answer.title, answer.code, ...(answer.lines ?? [])].filter(Boolean).join(" · "));
  row.className = `said said-${answer.sort}`;
  at("lately").prepend(row);
  while (at("lately").children.length > MOST_SHOWN) at("lately").lastChild.remove();
}

function showButtons(answer) {
  const buttons = [];
  if (answer.keep) buttons.push(button(words.keep, () => add(answer.undo_code ?? answer.code, { confirm: true })));
  if (undoable && answer.undo) buttons.push(button(words.undo, undoLast));
  if (answer.close) buttons.push(turn(words.close, answer.close, "close"));
  if (answer.reopen) buttons.push(turn(words.reopen, answer.reopen, "reopen"));
  at("answer-buttons").replaceChildren(...buttons);
}

function turn(text, code, way) {
  return button(text, async () => {
    const form = new FormData();
    form.append("csrf_token", root.dataset.token);
    const answer = await fetch(`/boxes/${code}/${way}`, { method: "POST", body: form });
    if (answer.ok) add(code);
  });
}

function showBench(answer) {
  if (!answer.names) return;
  for (const each of document.querySelectorAll("[data-doing]")) {
    each.setAttribute("aria-pressed", String(each.dataset.doing === bench.doing));
  }
  for (const name of ["location", "consignment"]) {
    const field = at(name);
    if (field) field.value = bench[name] ?? "";
  }
  at("names").textContent = [answer.names.box, answer.names.count, answer.names.act].filter(Boolean).join(" · ");
  const tally = answer.tally;
  at("tally").hidden = !tally;
  if (tally) {
    at("done").textContent = tally.done;
    at("expected").textContent = tally.expected === null ? "" : `/ ${tally.expected}`;
    const part = tally.expected ? Math.min(1, tally.done / tally.expected) : 0;
    at("bar").setAttribute("width", String(1000 * part));
    at("bar-box").toggleAttribute("hidden", tally.expected === null);
  }
  at("close-box").hidden = !(bench.doing === "packing" && bench.box);
  at("pair").checked = bench.pair;
  at("damaged").setAttribute("aria-pressed", String(bench.condition === "damaged"));
}

function showWaiting() {
  const many = queue.length;
  const late = many && Date.now() - Date.parse(queue[0].made_at) > 1500;
  at("waiting").hidden = !late;
  at("waiting-many").textContent = many;
  if (late && !at("answer").classList.contains("answer-waiting")) {
    at("answer").className = "answer answer-waiting";
    at("answer-shape").setAttribute("href", "#shape-waiting");
    at("answer-title").textContent = words.waiting;
    at("answer-code").textContent = queue.at(-1).text;
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

for (const each of document.querySelectorAll("[data-card]")) {
  each.addEventListener("click", () => add(each.dataset.card));
}
for (const name of ["location", "consignment"]) {
  at(name)?.addEventListener("change", (event) => {
    bench = { ...bench, [name]: event.target.value || null };
    at("scan").focus();
  });
}
at("pair").addEventListener("change", (event) => {
  bench = { ...bench, pair: event.target.checked, first: null };
});
at("mute").addEventListener("click", (event) => {
  mute(!isMuted());
  event.currentTarget.setAttribute("aria-pressed", String(isMuted()));
});
at("mute").setAttribute("aria-pressed", String(isMuted()));
at("typed").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = at("scan").value.trim();
  at("scan").value = "";
  if (text) add(text);
});
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
    const { openCamera } = await import("./scan/camera.js");
    at("video").hidden = false;
    const each = (codes) => codes.forEach((one) => add(one.text));
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
at("photo").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  event.target.value = "";
  if (!file) return;
  const { readPhoto } = await import("./scan/camera.js");
  const found = (await readPhoto(file)) ?? [];
  found.forEach((one) => add(one.text));
  say(found.length ? null : words.photo_empty);
});
root.dataset.ready = "yes";
send();
