// The first sheet is drawn anew by itself, and a click on it names the first free place.
const form = document.querySelector("form.printing");
const sheet = document.getElementById("sheet");
const start = document.getElementById("start");
const pair = (text) => text.split(" ").map(Number);

function paper() {
  return form.querySelector('input[name="stock"]:checked');
}

function draw() {
  const said = new URLSearchParams(new FormData(form));
  said.delete("csrf_token");
  sheet.src = `${form.dataset.preview}?${said}`;
}

form.addEventListener("change", (event) => {
  const chosen = paper();
  if (event.target.name === "stock") {
    const [columns, rows] = pair(chosen.dataset.grid);
    const [width, height] = pair(chosen.dataset.page);
    start.max = columns * rows;
    start.value = Math.min(start.value, start.max);
    sheet.width = Math.round(width);
    sheet.height = Math.round(height);
    document.getElementById("paper").textContent = chosen.value;
  }
  if (form.checkValidity()) draw();
});

sheet.addEventListener("click", (event) => {
  const chosen = paper();
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
  start.value = row * columns + column + 1;
  draw();
});
