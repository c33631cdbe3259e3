import { pad, thinned } from "/static/scan/signature.js";

const svg = document.getElementById("pad");
window.events = [];
window.changes = [];
for (const name of ["input", "change"]) svg.addEventListener(name, () => events.push(name));
window.made = pad(svg, (strokes) => changes.push(strokes));
window.thinned = thinned;
document.body.dataset.ready = "yes";
