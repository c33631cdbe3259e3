// The two pads of a handover act: what is drawn goes into the form's hidden fields as JSON.
import { pad } from "../scan/signature.js";

for (const found of document.querySelectorAll("svg[data-signature]")) {
  const box = /** @type {SVGSVGElement} */ (found);
  const field = /** @type {HTMLInputElement} */ (document.getElementById(box.dataset.signature));
  const made = pad(box, (strokes) => {
    field.value = strokes.length ? JSON.stringify(strokes) : "";
  });
  document
    .querySelector(`[data-clear="${box.dataset.signature}"]`)
    .addEventListener("click", made.clear);
}
