import { openCamera, readPhoto, Sightings } from "/static/scan/camera.js";

const video = document.getElementById("video");
window.told = []; // [text, ms since the first picture]
window.problems = [];
window.streams = [];
let shownAt = 0;

const ask = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
if (ask) {
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await ask(wanted);
    streams.push(stream);
    return stream;
  };
}
video.addEventListener("loadeddata", () => (shownAt = performance.now()));

window.open = async (options = {}) => {
  const onCodes = (codes) => {
    for (const { text, format } of codes) told.push([text, format, performance.now() - shownAt]);
  };
  window.camera = await openCamera(video, onCodes, {
    onProblem: (word) => problems.push(word),
    ...options,
  });
  return camera.problem;
};
window.live = () =>
  streams.flatMap((one) => one.getTracks()).filter((one) => one.readyState === "live").length;
window.hide = (hidden) => {
  Object.defineProperty(document, "hidden", { configurable: true, value: hidden });
  document.dispatchEvent(new Event("visibilitychange"));
};
// What is reported of a list of looks: [ms, [texts]].
window.looks = (all) => {
  const sightings = new Sightings();
  return all.map(([now, texts]) =>
    sightings
      .look(
        texts.map((text) => ({ text })),
        now,
      )
      .map((one) => one.text),
  );
};
// A track that can do more than the made-up camera's; what it is told to do.
window.lend = (abilities) => {
  window.lent = [];
  camera.track.getCapabilities = () => abilities;
  camera.track.applyConstraints = async (wanted) => lent.push(...wanted.advanced);
};
// A browser with a detector of its own.
window.ownDetector = (formats, fails) => {
  window.BarcodeDetector = class {
    static getSupportedFormats = async () => formats;
    async detect() {
      if (fails) throw new DOMException("no service", "NotSupportedError");
      return [{ rawValue: "OWN", format: "qr_code" }];
    }
  };
};
window.readChosen = () => readPhoto(document.getElementById("photo").files[0]);
document.body.dataset.ready = "yes";
