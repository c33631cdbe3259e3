// Intake: a blank label begins a unit, the maker's codes follow, the next label or the last code
// that its product needs ends it. Units are kept in the page until the server has answered for
// them.
import { read } from "../field/codes.js";
import { signal, unlock } from "../scan/signals.js";
import { listen } from "../scan/wedge.js";

const root = document.getElementById("intake");
const words = JSON.parse(root.dataset.words);
const counts = new Set(
  Object.values(JSON.parse(root.dataset.wanted)).map((schemes) => schemes.length),
);
const ENOUGH = counts.size === 1 ? [...counts][0] : Infinity; // codes after which a unit is whole
const KEPT = `kittrail-intake-${root.dataset.reader}`;
const MOST_SHOWN = 12;
/** @type {(name: string) => HTMLElement} */
const at = (name) => document.getElementById(name);
const input = /** @type {HTMLInputElement} */ (at("scan"));

let unit = null; // { id, label, numbers } that is being scanned
const queue = stored();
let sending = false;
let wait = 500;

function stored() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "[]");
  } catch {
    return [];
  }
}

function store() {
  try {
    localStorage.setItem(KEPT, JSON.stringify(queue));
    return true;
  } catch {
    return false;
  }
}

function take(text) {
  if (/^\s*KITTRAIL:\s*DONE\s*$/i.test(text)) return unit && finish();
  let said;
  try {
    said = read(text);
  } catch {
    return show({ sort: "unreadable", title: words.unreadable, code: text.slice(0, 60) });
  }
  if (said.isLabel) {
    if (unit?.numbers.length) finish();
    unit = { id: crypto.randomUUID(), label: text, numbers: [] };
    show({ sort: "setting", title: words.label, code: said.code });
  } else if (!unit) {
    show({ sort: "refused", title: words.first, code: text });
  } else if (unit.numbers.includes(text)) {
    show({ sort: "again", title: words.twice, code: text });
  } else {
    unit.numbers.push(text);
    if (unit.numbers.length >= ENOUGH) return finish();
    show({ sort: "pair", title: words.number, code: text });
  }
  showUnit();
}

// The unit is whole as far as the page knows: it is kept, and sent.
function finish(more = {}) {
  const { pledge, location } = root.dataset;
  queue.push({ pledge, location, ...unit, ...more });
  if (!store()) {
    queue.pop();
    return show({ sort: "refused", title: words.full });
  }
  unit = null;
  showUnit();
  send();
}

async function send() {
  if (sending || !queue.length) return;
  sending = true;
  while (queue.length) {
    const answer = await post(queue[0]);
    if (!answer) break;
    const sent = queue.shift();
    store();
    tell(answer, sent);
    wait = 500;
  }
  sending = false;
  showWaiting();
  if (queue.length) {
    setTimeout(send, wait * (0.75 + Math.random() / 2));
    wait = Math.min(wait * 1.6, 15000);
  }
}

// The answer, or null for "try again".
async function post(one) {
  try {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": root.dataset.token };
    const answer = await fetch(root.dataset.units, {
      method: "POST",
      headers,
      body: JSON.stringify(one),
      redirect: "error",
    });
    const isJson = answer.headers.get("Content-Type")?.includes("json");
    if (isJson && [403, 404, 422].includes(answer.status)) {
      const problem = await answer.json();
      return { sort: "refused", title: problem.title, lines: [problem.detail] };
    }
    return answer.ok && isJson ? await answer.json() : null;
  } catch {
    return null;
  }
}

function tell(answer, sent) {
  const buttons = [];
  const again = (more) => () => {
    unit = { id: sent.id, label: sent.label, numbers: sent.numbers };
    finish({ product: sent.product, confirm: sent.confirm, ...more });
  };
  for (const [ref, text] of answer.choose ?? [])
    buttons.push(button(text, again({ product: ref })));
  if (answer.sure) buttons.push(button(words.sure, again({ confirm: true })));
  if (answer.over) buttons.push(button(words.over, again({ confirm: true })));
  // A number is missing: the unit stays open, unless the next one has been begun.
  if (answer.missing && !unit) unit = { id: sent.id, label: sent.label, numbers: sent.numbers };
  if (answer.missing) buttons.push(button(words.drop, drop));
  show({ code: sent.label, ...answer }, buttons);
  showUnit();
}

function drop() {
  unit = null;
  showUnit();
  at("answer-buttons").replaceChildren();
}

function show(answer, buttons = []) {
  at("answer").className = `answer answer-${answer.sort}`;
  at("answer-shape").setAttribute("href", `#shape-${answer.sort}`);
  at("answer-title").textContent = answer.title;
  at("answer-code").textContent = [answer.code, answer.name].filter(Boolean).join(" · ");
  const lines = (answer.lines ?? []).filter((line) => line && line !== answer.title);
  at("answer-lines").replaceChildren(...lines.map((line) => element("li", line)));
  at("answer-buttons").replaceChildren(...buttons);
  const row = element("li", [answer.title, answer.code, ...lines].filter(Boolean).join(" · "));
  row.className = `said said-${answer.sort}`;
  at("lately").prepend(row);
  while (at("lately").children.length > MOST_SHOWN) at("lately").lastChild.remove();
  signal(answer.sort);
}

function showUnit() {
  at("unit").textContent = unit ? [unit.label, ...unit.numbers].join(" · ") : "";
}

function showWaiting() {
  at("waiting").hidden = !queue.length;
  at("waiting-many").textContent = queue.length;
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

// With a script one field is enough: what is typed by hand is taken like a scan.
at("numbers-field").hidden = true;
at("scan-label").textContent = words.typed;
at("typed").querySelector("button").hidden = true;
at("typed").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = input.value.trim();
  input.value = "";
  if (text) take(text);
});
addEventListener("pointerdown", unlock);
addEventListener("keydown", unlock);
addEventListener("online", send);
setInterval(() => sending || showWaiting(), 1000);
listen(take, { field: input });
root.dataset.ready = "yes";
send();
