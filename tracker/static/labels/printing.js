// The first sheet is drawn anew by itself, and a click on it names the first free place.
/** @type {HTMLFormElement} */
const form = document.querySelector("form.printing");
const sheet = document.getElementById("sheet");
const start = /** @type {HTMLInputElement} */ (document.getElementById("start"));

/** @type {(text: string) => number[]} */
const pair = (text) => text.split(" ").map(Number);

let asked = 0;

async function draw() {
  const mine = ++asked;
  const said = new FormData(form);
  said.append("as", "show");
  const answer = await fetch(form.action, { method: "POST", body: said });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const drawn = page.getElementById("sheet");
  if (mine !== asked || !drawn) return;
  document.getElementById("amount").replaceWith(page.getElementById("amount"));
  for (const name of ["width", "height", "src"]) sheet.setAttribute(name, drawn.getAttribute(name));
}

form.addEventListener("change", (event) => {
  const field = /** @type {HTMLInputElement} */ (event.target);
  if (field.name === "stock") {
    const [columns, rows] = pair(field.dataset.grid);
    start.max = String(columns * rows);
    start.value = String(Math.min(Number(start.value), columns * rows));
    document.getElementById("paper").textContent = field.value;
  }
  if (form.checkValidity()) draw();
});

sheet.addEventListener("click", (event) => {
  /** @type {HTMLInputElement | null} */
  const chosen = form.querySelector('input[name="stock"]:checked');
  if (!chosen) return;
  const [width, height] = pair(chosen.dataset.page);
  const [columns, rows] = pair(chosen.dataset.grid);
  const [left, top] = pair(chosen.dataset.corner);
  const [right, down] = pair(chosen.dataset.pitch);
  const box = sheet.getBoundingClientRect();
  const x = ((event.clientX - box.left) / box.width) * width;
  const y = ((event.clientY - box.top) / box.height) * height;
  const within = (place, most) => Math.max(0, Math.min(most - 1, Math.floor(place)));
  const column = within((x - left) / right, columns);
  const row = within((y - top) / down, rows);
  start.value = String(row * columns + column + 1);
  draw();
});
