// A pad to sign on with a finger, a pen or a mouse. Points are kept from 0 to 1, across and down,
// to three digits; a signature is thinned to what the eye needs.
const NEAREST = 0.004; // of the pad's width, between two points

export function pad(svg, onChange) {
  let strokes = [];
  let current = null;
  let path = null;

  const place = (event) => {
    const box = svg.getBoundingClientRect();
    const within = (part) => Math.min(1, Math.max(0, Math.round(part * 1000) / 1000));
    return [within((event.clientX - box.left) / box.width), within((event.clientY - box.top) / box.height)];
  };

  const draw = () => {
    const [first, ...rest] = current.map(([x, y]) => `${x * 1000} ${y * 333}`);
    path.setAttribute("d", `M${first}L${(rest.length ? rest : [first]).join("L")}`);
  };

  svg.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    svg.setPointerCapture(event.pointerId);
    current = [place(event)];
    path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    svg.append(path);
    draw();
  });

  svg.addEventListener("pointermove", (event) => {
    if (!current) return;
    const [x, y] = place(event);
    const [lastX, lastY] = current.at(-1);
    if (Math.hypot(x - lastX, (y - lastY) / 3) < NEAREST) return;
    current.push([x, y]);
    draw();
  });

  const end = () => {
    if (!current) return;
    strokes.push(current);
    current = null;
    onChange(strokes);
  };
  svg.addEventListener("pointerup", end);
  svg.addEventListener("pointercancel", end);

  return {
    clear() {
      strokes = [];
      svg.replaceChildren();
      onChange(strokes);
    },
  };
}
