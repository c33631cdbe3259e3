// What reads codes: a camera that stays open, a scanner that types, a photo, or letters typed by
// hand.
/** @import { Understood } from "../types" */
import { openCamera } from "../scan/camera.js";
import { listen } from "../scan/wedge.js";
import { hostOf, isMakers, read, typing } from "./codes.js";
import { button, h } from "./dom.js";
import { codesIn } from "./photos.js";
import { keepSelf, self } from "./store.js";
import { many, t } from "./words.js";

// A panel that reports every text it reads: `onCodes([{ text }])`. `leave` closes the camera.
// Inside a form, which has its own field, it is the camera alone.
export function scanner(onCodes, { inForm = false } = {}) {
  const video = h("video", { playsinline: true, hidden: true });
  video.muted = true;
  const said = h("p.notice.notice-warning", { role: "status", hidden: true });
  const say = (text) => {
    said.textContent = text ?? "";
    said.hidden = !text;
  };
  const input = h("input", {
    id: "typed",
    maxlength: "200",
    autocomplete: "off",
    autocapitalize: "characters",
    spellcheck: "false",
    enterkeyhint: "send",
  });
  const help = h("small", { id: "typed-help", "aria-live": "polite" });
  input.setAttribute("aria-describedby", help.id);
  input.addEventListener("input", () => {
    const told = input.value ? typing(input.value) : {};
    help.textContent = told.missing
      ? many("letters", told.missing)
      : told.fits === true
        ? t("check_good")
        : told.fits === false
          ? t("check_bad")
          : "";
  });
  const give = (text) => {
    input.value = help.textContent = "";
    onCodes([{ text }]);
  };
  const switchLight = () => {
    lit = !lit;
    return camera?.torch(lit);
  };
  const torch = button(t("light"), switchLight, "button.secondary");
  const zoom = h("input", {
    type: "range",
    "aria-label": t("zoom"),
    hidden: true,
    oninput: (event) => camera?.zoom(Number(event.target.value)),
  });
  torch.hidden = true;
  let [camera, lit, opening] = [null, false, false];

  const problem = (word) => say(word ? t(`camera_${word}`) : null);
  const close = () => {
    camera?.close();
    camera = null;
    showCamera();
  };
  const showCamera = () => {
    video.hidden = !camera;
    torch.hidden = !camera?.hasTorch;
    const range = camera?.zoomRange;
    zoom.hidden = !range;
    if (range) Object.assign(zoom, { min: range.min, max: range.max, step: range.step });
    toggle.textContent = camera ? t("camera_close") : t("camera_open");
  };
  const open = async () => {
    if (opening) return;
    opening = true;
    video.hidden = false;
    camera = await openCamera(video, (found) => onCodes(labelsFirst(found)), {
      onProblem: problem,
    });
    opening = false;
    problem(camera.problem);
    if (camera.problem) camera = null;
    showCamera();
    await keepSelf("camera", Boolean(camera));
  };
  const toggle = button(t("camera_open"), () =>
    camera ? [close(), keepSelf("camera", false)] : open(),
  );
  if (!inForm) toggle.id = "camera";
  const photo = h("input.away", {
    type: "file",
    accept: "image/*",
    capture: "environment",
    id: inForm ? "code-photo" : "photo",
  });
  photo.addEventListener("change", async () => {
    const [file] = photo.files;
    photo.value = "";
    if (!file) return;
    const found = await codesIn(file);
    say(found.length ? null : t("photo_empty"));
    if (found.length) onCodes(labelsFirst(found));
  });
  const typed = (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (text) give(text);
  };
  const part = h("div.scanner", [
    video,
    said,
    h("div.actions", [
      toggle,
      torch,
      zoom,
      h("label.file-button", { for: photo.id }, t("read_photo")),
      photo,
    ]),
    !inForm &&
      h("form", { onsubmit: typed }, [
        h("label", { for: "typed" }, t("type")),
        h("div.scan-box", [input, h("button", { type: "submit" }, t("enter"))]),
        help,
      ]),
  ]);
  let stop = null;
  return {
    part,
    ready: async () => {
      if (!inForm) stop = listen(give, { field: input });
      if (inForm || (await self("camera"))) open();
    },
    leave: () => {
      stop?.();
      close();
    },
  };
}

// Of several codes in view our labels come first, so that a maker's barcode beside one is its
// proof; where there is a label, what is neither (a price, a parcel's number) says nothing.
function labelsFirst(found) {
  const read = found.map((one) => ({ one, said: readText(one.text) }));
  const labels = read.filter(({ said }) => said.isLabel);
  const others = read.filter(
    ({ said }) => !said.isLabel && (!labels.length || isMakers(said.code)),
  );
  return [...labels, ...others].map(({ one }) => one);
}

/**
 * What a text says, or why it says nothing.
 * @param {string} text
 * @returns {Understood}
 */
export function readText(text) {
  const host = hostOf(text);
  const isForeign = host && host !== location.host;
  try {
    return { ...read(text), foreign: isForeign ? host : null };
  } catch (problem) {
    return { problem: t(`bad_${problem.message}`) };
  }
}
