// A pad to sign on with a finger, a pen or a mouse: an <svg> into which the strokes are drawn.
// Points are kept from 0 to 1, across and down the pad, to three digits; what the eye would not
// miss is left out, so that a signature has about 600 points at most.

/** @import { Stroke } from "../types" */

const SVG = "http://www.w3.org/2000/svg";
const SIZE = [1000, 333]; // of the drawing, where the <svg> has no viewBox
const NEAREST = 0.001; // between two points that are kept while drawing
const TOLERANCE = 0.0005; // how far the thinned line may lie from the drawn one, to begin with
const MOST = 600; // points

const round = (part) => Math.round(part * 1000) / 1000;
const within = (part) => Math.min(1, Math.max(0, part));
const count = (strokes) => strokes.reduce((sum, stroke) => sum + stroke.length, 0);

// How far `point` lies from the line between `from` and `to`.
function distance([x, y], [fromX, fromY], [toX, toY]) {
  const [wide, high] = [toX - fromX, toY - fromY];
  const square = wide * wide + high * high;
  const along = square ? within(((x - fromX) * wide + (y - fromY) * high) / square) : 0;
  return Math.hypot(x - fromX - along * wide, y - fromY - along * high);
}

// The points of a stroke without which it would lie further off than `tolerance`
// (Ramer, Douglas and Peucker).
function thin(stroke, tolerance) {
  const kept = new Set([0, stroke.length - 1]);
  const parts = [[0, stroke.length - 1]];
  while (parts.length) {
    const [first, last] = parts.pop();
    let [furthest, most] = [0, tolerance];
    for (let at = first + 1; at < last; at++) {
      const off = distance(stroke[at], stroke[first], stroke[last]);
      if (off > most) [furthest, most] = [at, off];
    }
    if (!furthest) continue;
    kept.add(furthest);
    parts.push([first, furthest], [furthest, last]);
  }
  return stroke.filter((_, at) => kept.has(at));
}

export function thinned(strokes) {
  let [tolerance, found] = [TOLERANCE, strokes];
  do {
    found = strokes.map((stroke) => thin(stroke, tolerance));
    tolerance *= 1.5;
  } while (count(found) > MOST && tolerance < 0.5);
  return found.map((stroke) => stroke.map((point) => point.map(round)));
}

/**
 * Make `svg` a pad.
 * @param {SVGSVGElement} svg
 * @param {(strokes: Stroke[]) => unknown} [onChange] gets the strokes after each, as do listeners
 *   to its input event
 */
export function pad(svg, onChange = () => {}) {
  if (!svg.hasAttribute("viewBox")) svg.setAttribute("viewBox", `0 0 ${SIZE.join(" ")}`);
  const { width, height } = svg.viewBox.baseVal;
  let drawn = [];
  let pen = null; // the pointer that draws
  let path = null;
  svg.style.touchAction = "none"; // a finger draws and does not scroll

  function place({ clientX, clientY }) {
    const at = new DOMPoint(clientX, clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [within(at.x / width), within(at.y / height)];
  }

  function draw() {
    const points = drawn.at(-1).map(([x, y]) => `${round(x * width)} ${round(y * height)}`);
    path.setAttribute("d", `M${points[0]}L${points.join("L")}`); // a dot is a line to itself
  }

  function add(event) {
    const [x, y] = place(event);
    const [lastX, lastY] = drawn.at(-1).at(-1);
    if (Math.hypot(x - lastX, y - lastY) >= NEAREST) drawn.at(-1).push([x, y]);
  }

  function tell() {
    onChange(thinned(drawn));
    for (const name of ["input", "change"]) svg.dispatchEvent(new Event(name, { bubbles: true }));
  }

  function onDown(event) {
    if (event.button || pen !== null) return; // another button, or the hand that rests on the pad
    event.preventDefault();
    pen = event.pointerId;
    svg.setPointerCapture(pen);
    path = svg.appendChild(document.createElementNS(SVG, "path"));
    drawn.push([place(event)]);
    draw();
  }

  function onMove(event) {
    if (event.pointerId !== pen) return;
    const between = event.getCoalescedEvents?.() ?? [];
    for (const one of between.length ? between : [event]) add(one);
    draw();
  }

  function onUp(event) {
    if (event.pointerId !== pen) return;
    pen = null;
    tell();
  }

  svg.addEventListener("pointerdown", onDown);
  svg.addEventListener("pointermove", onMove);
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"])
    svg.addEventListener(name, onUp);

  return {
    strokes: () => thinned(drawn),
    get empty() {
      return drawn.length === 0;
    },
    clear() {
      [drawn, pen] = [[], null];
      svg.replaceChildren();
      tell();
    },
  };
}
