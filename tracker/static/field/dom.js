// Elements in few words: h("p.soft", { id: "x" }, "text", other).
const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} kind
 * @param {...any} rest what is put inside; first its attributes, if any
 * @returns {any} an element of the kind named
 */
export function h(kind, ...rest) {
  const [tag, ...classes] = kind.split(".");
  const made =
    tag === "svg" || tag === "path" || tag === "use"
      ? document.createElementNS(SVG, tag)
      : document.createElement(tag);
  if (classes.length) made.setAttribute("class", classes.join(" "));
  const [first] = rest;
  const isPlain =
    first && typeof first === "object" && !(first instanceof Node) && !Array.isArray(first);
  if (isPlain) for (const [key, value] of Object.entries(rest.shift())) put(made, key, value);
  made.append(...rest.flat().filter((one) => one !== null && one !== undefined && one !== false));
  return made;
}

/**
 * @param {any} made
 * @param {string} key
 * @param {any} value
 */
function put(made, key, value) {
  if (value === null || value === undefined || value === false) return;
  if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
  else if (key === "value") made.value = value;
  else made.setAttribute(key, value === true ? "" : value);
}

let last = 0;
/**
 * A field with its label and hint.
 * @param {string} label
 * @param {HTMLElement} input
 * @param {string | null} [hint]
 * @returns {HTMLElement}
 */
export function field(label, input, hint = null) {
  input.id ||= `field-${++last}`;
  const told = hint && h("small", { id: `${input.id}-hint` }, hint);
  if (told) input.setAttribute("aria-describedby", told.id);
  return h("div.field", h("label", { for: input.id }, label), input, told);
}

/**
 * @param {string[][]} choices pairs of word and name
 * @param {string | null | undefined} chosen
 * @param {string | null} [empty] what stands for none
 * @returns {HTMLSelectElement}
 */
export function select(choices, chosen, empty = null) {
  const made = h(
    "select",
    empty === null ? null : h("option", { value: "" }, empty),
    choices.map(([value, text]) => h("option", { value }, text)),
  );
  made.value = chosen ?? "";
  return made;
}

/**
 * One of several, as big buttons: a radio group. `made.value` is the chosen word, or null.
 * @param {string} label
 * @param {string[][]} choices pairs of word and name
 * @param {(value: string) => unknown} [onPick]
 * @returns {any} the fieldset, with a `value` of its own
 */
export function choice(label, choices, onPick = () => {}) {
  const group = `choice-${++last}`;
  const made = h("fieldset.choice", h("legend", label));
  for (const [value, text] of choices) {
    const input = h("input", { type: "radio", name: group, value, onchange: () => onPick(value) });
    made.append(h("label", input, h("span", text)));
  }
  Object.defineProperty(made, "value", {
    get: () => made.querySelector("input:checked")?.value ?? null,
    set: (value) => made.querySelector(`input[value="${value}"]`)?.click(),
  });
  return made;
}

/**
 * @type {(text: string, onclick: (event: Event) => unknown, kind?: string) => HTMLButtonElement}
 */
export const button = (text, onclick, kind = "button") =>
  h(kind, { type: "button", onclick }, text);
