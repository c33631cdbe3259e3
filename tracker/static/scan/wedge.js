// A keyboard-wedge scanner types: a burst of keys, then Enter, Tab, or nothing. `listen` hands over
// each burst whole, wherever the focus is, so that no button is pressed and no character is lost.
// A person who types slowly into `field` ends with Enter. Other fields are left alone.

const BURST = 60; // ms between two keys of a scanner; people are slower
const PAUSE = 90; // ms after which a burst without an ending is over
const SHORTEST = 4; // characters of a burst that is taken without an ending

const typesElsewhere = (target, field) =>
  target !== field &&
  target instanceof Element &&
  target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

export function listen(onText, { field } = {}) {
  let text = "";
  let last = 0;
  let fast = true;
  let timer = 0;

  const reset = () => {
    clearTimeout(timer);
    text = "";
    fast = true;
  };

  const hand = (said) => {
    reset();
    if (field) field.value = "";
    if (said.trim()) onText(said.trim());
  };

  const whole = () => (field && document.activeElement === field ? field.value : text);

  const onKey = (event) => {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    if (typesElsewhere(event.target, field)) return;
    const now = event.timeStamp;
    const gap = now - last;
    if (event.key === "Enter" || event.key === "Tab") {
      const burst = text.length >= SHORTEST && fast && gap < BURST * 3;
      // What came by other ways than keys (pasted, composed) stands in the field alone.
      const said = burst && !whole().endsWith(text) ? text : whole();
      // Tab moves the focus, and Enter presses a button, unless a scanner or the field sent it.
      if (!burst && (event.key === "Tab" || event.target !== field)) return reset();
      event.preventDefault();
      event.stopPropagation();
      hand(said);
      return;
    }
    if (event.key.length !== 1) return;
    if (gap > BURST && text) {
      fast = false;
      if (event.target !== field) reset();
    }
    last = now;
    text += event.key;
    if (event.target !== field) event.preventDefault();
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (fast && text.length >= SHORTEST && text.length > 5) hand(text);
      else if (event.target !== field) reset();
      else {
        text = "";
        fast = true;
      }
    }, PAUSE * 2);
  };

  document.addEventListener("keydown", onKey, true);
  return () => document.removeEventListener("keydown", onKey, true);
}
