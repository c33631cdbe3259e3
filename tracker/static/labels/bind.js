// A scanner ends what it types with Enter: after the label, on to the barcode.
const label = /** @type {HTMLInputElement} */ (document.getElementById("label"));
const barcode = /** @type {HTMLInputElement} */ (document.getElementById("barcode"));
label.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || barcode.value) return;
  event.preventDefault();
  if (label.value.trim()) barcode.focus();
});
