import { listen } from "/static/scan/wedge.js";

const at = (name) => document.getElementById(name);
window.heard = [];
window.presses = 0;

for (const name of ["link", "tick"]) at(name).addEventListener("click", () => presses++);
at("form").addEventListener("submit", (event) => {
  event.preventDefault();
  presses++;
});

window.focusOn = (name) => (name === "body" ? document.activeElement.blur() : at(name).focus());
window.seen = () => ({
  focus: document.activeElement.id,
  field: at("field").value,
  tick: at("tick").checked,
  choice: at("choice").value,
  address: location.hash,
  presses,
});
// A machine that notices keys when it does, however late the page hears of them.
let noticed = null;
window.notice = (time) => {
  noticed = time;
};
addEventListener(
  "keydown",
  (event) => noticed === null || Object.defineProperty(event, "timeStamp", { value: noticed }),
  true,
);
// A page that moves the focus by itself, after so many keys.
window.moveFocusAfter = (many, name) => {
  addEventListener("keyup", () => --many === 0 && focusOn(name), true);
};
window.stop = listen((text) => heard.push(text), { field: at("field") });
document.body.dataset.ready = "yes";
