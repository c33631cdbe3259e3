// A keyboard-wedge scanner types: a burst of keys, then Enter, Tab or nothing. `listen` hands each
// burst over whole and once, whatever has the focus, so that no button is pressed, no choice is
// changed and the focus stays. What a person types into `field` is handed over by Enter. Other
// text fields are left alone. The text is passed on as it came, in the layout it was typed in.

const PAUSE = 80; // ms: a longer silence ends a burst
const HICCUP = 300; // ms: so long a radio link may stop where a scanner is known to end its scans
const STALL = 2000; // ms: the same where the keys stand in our own field, on a busy computer
const AVERAGE = 40; // ms from key to key of a scanner; a person is slower over a whole code
const SHORTEST = 4; // characters
const LATE_END = 250; // ms in which a second Enter or Tab still belongs to the scan before it
const MODIFIERS = ["Shift", "CapsLock", "AltGraph", "Control", "Alt", "NumLock"];
const PRESSED = ["button", "submit", "reset", "image", "checkbox", "radio", "file", "color"];

// What a key would do at `target`: be typed, choose from a list, or press something.
function kind(target, field) {
  if (target === field) return "field";
  if (!(target instanceof HTMLElement)) return "page";
  if (target.localName === "select") return "choice";
  if (target.localName === "textarea" || target.isContentEditable) return "text";
  return target instanceof HTMLInputElement && !PRESSED.includes(target.type) ? "text" : "page";
}

// A character that a scanner sends with Ctrl: the separator of GS1 is Ctrl+]; others mean nothing.
function character(event) {
  if (event.getModifierState("AltGraph")) return event.key;
  if (event.ctrlKey && !event.altKey && !event.metaKey)
    return event.code === "BracketRight" ? "\x1d" : "";
  return event.ctrlKey || event.altKey || event.metaKey ? "" : event.key;
}

// The keys of one burst, and what they change where they are typed, to be put back.
class Burst {
  constructor(at) {
    this.text = "";
    this.first = at;
    this.last = at;
    this.stood = 0; // how long it stood still in between
    this.typed = null; // what stood in the field before
    this.isRest = false; // whether that came just before, and is the beginning of the same scan
    this.isMixed = false; // whether something was pasted or composed amid the keys
    this.isOutside = false; // whether a key of it was pressed where nobody types
    this.choices = new Map(); // what was chosen in a list before
  }

  isFast() {
    return this.last - this.first - this.stood <= AVERAGE * (this.text.length - 1);
  }

  // Where nobody types the keys need not be as fast.
  isScan() {
    return this.text.length >= SHORTEST && !this.isMixed && (this.isOutside || this.isFast());
  }

  goesOn(time, hasEnd) {
    const silence = time - this.last;
    return (
      silence <= PAUSE ||
      (hasEnd && silence <= this.patience() && (this.isOutside || this.isFast()))
    );
  }

  // How long it may stop where a scanner is known to end its scans with a key.
  patience() {
    return this.typed === null ? HICCUP : STALL;
  }

  add(text, event, place) {
    if (place === "page") this.isOutside = true;
    if (place === "field") this.typed ??= event.target.value;
    if (place === "choice" && !this.choices.has(event.target)) {
      this.choices.set(event.target, event.target.selectedIndex);
    }
    if (event.timeStamp - this.last > PAUSE) this.stood += event.timeStamp - this.last;
    this.text += text;
    this.last = event.timeStamp;
  }

  putBack(field) {
    if (this.typed !== null) field.value = this.typed;
    for (const [list, index] of this.choices) {
      if (list.selectedIndex === index) continue;
      list.selectedIndex = index;
      list.dispatchEvent(new Event("input", { bubbles: true }));
      list.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }
}

// `listen(add, { field })` calls `add(text)` for every scan; what it returns stops it.
export function listen(onText, { field = null } = {}) {
  let burst = null;
  let hasEnd = false; // whether the last scan was ended by a key
  let expected = ""; // the character that the last key puts into the field
  let ended = -Infinity; // when the last scan was
  let fieldAt = -Infinity; // when something was typed into the field
  let isHasty = false; // whether that came as from a scanner: at once after another, or first
  let timer = 0;
  const swallowed = new Set();

  function forget() {
    clearTimeout(timer);
    burst = null;
  }

  function swallow(event) {
    event.preventDefault();
    swallowed.add(event.code);
  }

  function handOver(at, byKey) {
    const scan = burst;
    forget();
    [ended, hasEnd] = [at, byKey];
    const beginning = byKey && scan.isRest ? (scan.typed ?? "") : "";
    if (beginning) scan.typed = "";
    scan.putBack(field);
    onText(beginning + scan.text);
  }

  // A timer that comes late was held up by the page, and so may keys be: they get another turn.
  function awaitSilence() {
    clearTimeout(timer);
    const silence = hasEnd ? burst.patience() : PAUSE;
    const due = performance.now() + silence;
    timer = setTimeout(() => {
      if (performance.now() > due + PAUSE / 2) awaitSilence();
      else if (burst?.isScan()) handOver(performance.now(), false);
      else forget();
    }, silence);
  }

  function onEnd(event, here) {
    if (burst?.goesOn(event.timeStamp, hasEnd) && burst.isScan()) {
      swallow(event);
      handOver(event.timeStamp, true);
    } else if (
      !burst &&
      event.timeStamp - ended <= LATE_END &&
      !(here === "field" && field.value)
    ) {
      swallow(event);
    } else {
      forget();
      if (event.key === "Enter" && here === "field") handTyped(event);
    }
  }

  function handTyped(event) {
    const text = field.value;
    swallow(event);
    field.value = "";
    if (text.trim()) onText(text);
  }

  function onCharacter(event, here) {
    const key = character(event);
    if (!burst?.goesOn(event.timeStamp, hasEnd)) forget();
    if (!key && !burst) return; // a shortcut of the browser
    if (key === " " && !burst) return; // a person presses a button, or scrolls
    add(key, event, here);
    expected = key;
    const pressesOrFinds = here === "page" || !key || (here === "choice" && key === " ");
    if (pressesOrFinds) swallow(event);
  }

  // Some scanners of phones put text into the field without a key, all of it or parts.
  function onInput(event) {
    if (event.target !== field || !event.data) return;
    const isTyped = event.inputType === "insertText" && !event.isComposing;
    if (isTyped && event.data === expected) {
      expected = "";
      return;
    }
    if (!burst?.goesOn(event.timeStamp, hasEnd)) forget();
    add(event.data, event, "field");
    if (!isTyped) burst.isMixed = true;
  }

  function add(text, event, here) {
    if (!burst) {
      burst = new Burst(event.timeStamp);
      burst.isRest = here === "field" && isHasty && event.timeStamp - fieldAt <= STALL;
    }
    if (here === "field") {
      isHasty = event.timeStamp - fieldAt <= PAUSE || !field.value;
      fieldAt = event.timeStamp;
    }
    burst.add(text, event, here);
    awaitSilence();
  }

  function onKeyDown(event) {
    if (event.isComposing || event.key === "Process" || event.key === "Dead") return;
    let here = kind(event.target, field);
    const goesOn = burst?.goesOn(event.timeStamp, hasEnd);
    if (here === "text" && goesOn) here = "page"; // the page moved the focus into the middle of it
    const isEnd = event.key === "Enter" || event.key === "Tab";
    if (event.repeat && swallowed.has(event.code)) swallow(event);
    else if (here === "text" || event.repeat) forget();
    else if (isEnd) onEnd(event, here);
    else if ([...event.key].length === 1) onCharacter(event, here);
    else if (!MODIFIERS.includes(event.key)) forget();
    else if (goesOn) {
      burst.last = event.timeStamp;
      awaitSilence();
    }
    if (isEnd && event.defaultPrevented) event.stopPropagation();
  }

  // Firefox presses a button when Space comes up, though it was swallowed when it went down.
  function onKeyUp(event) {
    if (!swallowed.delete(event.code)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  addEventListener("keydown", onKeyDown, true);
  addEventListener("beforeinput", onInput, true);
  addEventListener("keyup", onKeyUp, true);
  return () => {
    forget();
    removeEventListener("keydown", onKeyDown, true);
    removeEventListener("beforeinput", onInput, true);
    removeEventListener("keyup", onKeyUp, true);
  };
}
