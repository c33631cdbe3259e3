// Reading codes with the camera. `openCamera` stays open and reports each code once per sighting;
// `readPhoto` reads a chosen picture. Pictures never leave the device: they are read by the
// browser's own detector where it knows all our formats, else by the decoder that we serve.

/** @import { Detector } from "../types" */

const FORMATS = ["qr_code", "data_matrix", "code_128", "code_39", "ean_13"];
const BETWEEN = 100; // ms from look to look
const SURE_BETWEEN = 30; // ms until the second look at a code that was seen once
const GONE = 1500; // ms out of view after which a code is seen anew
const WIDEST = 1280; // pixels of a picture that is decoded
const VENDOR = new URL("../vendor/", import.meta.url);

// The detectors

async function ownDetector(formats) {
  try {
    const known = await globalThis.BarcodeDetector.getSupportedFormats();
    if (formats.every((one) => known.includes(one)))
      return new globalThis.BarcodeDetector({ formats });
  } catch {
    // This browser has none.
  }
  return servedDetector(formats);
}

async function servedDetector(formats) {
  const { BarcodeDetector, prepareZXingModule } = await import(
    new URL("barcode-detector.js", VENDOR).href
  );
  const overrides = { locateFile: (name) => new URL(name, VENDOR).href };
  await prepareZXingModule({ overrides, fireImmediately: true });
  return new BarcodeDetector({ formats });
}

// Finds codes in one picture at a time; a browser's own detector that fails is replaced by ours.
class Reader {
  formats = FORMATS;
  isOurs = false;
  /** @type {Detector} */
  detector;
  canvas = document.createElement("canvas");
  brush = this.canvas.getContext("2d", { willReadFrequently: true });

  static async open({ formats = FORMATS, ours = false } = {}) {
    const reader = new Reader();
    reader.formats = formats;
    reader.isOurs = ours;
    reader.detector = await (ours ? servedDetector(formats) : ownDetector(formats));
    return reader;
  }

  // The codes in a part of a picture (left, top, width, height), scaled down where it is large.
  async read(picture, left, top, width, height) {
    const scale = Math.min(1, WIDEST / Math.max(width, height));
    this.canvas.width = Math.max(1, Math.round(width * scale));
    this.canvas.height = Math.max(1, Math.round(height * scale));
    this.brush.drawImage(
      picture,
      left,
      top,
      width,
      height,
      0,
      0,
      this.canvas.width,
      this.canvas.height,
    );
    const found = await this.detect();
    return found
      .map((one) => ({ text: one.rawValue, format: one.format }))
      .filter((one) => one.text);
  }

  async detect() {
    try {
      return await this.detector.detect(this.canvas);
    } catch (problem) {
      if (this.isOurs) throw problem;
      this.isOurs = true;
      this.detector = await servedDetector(this.formats);
      return this.detector.detect(this.canvas);
    }
  }
}

// Which codes are new: read in two looks running, and not reported since they came into view.
export class Sightings {
  constructor() {
    this.known = new Map(); // text -> { at, looks, isReported }
  }

  // The codes of `found` to report at the time `now`; call it once for every look.
  look(found, now) {
    for (const [text, one] of this.known) if (now - one.at > GONE) this.known.delete(text);
    const inView = new Map(found.map((code) => [code.text, code]));
    for (const [text, one] of this.known) if (!inView.has(text)) one.looks = 0;
    const sure = [];
    for (const [text, code] of inView) {
      const one = this.known.get(text) ?? { looks: 0, isReported: false };
      one.at = now;
      one.looks += 1;
      this.known.set(text, one);
      if (one.looks < 2 || one.isReported) continue;
      one.isReported = true;
      sure.push(code);
    }
    return sure;
  }

  isUnsure() {
    return [...this.known.values()].some((one) => one.looks === 1 && !one.isReported);
  }
}

// The camera

const WORDS = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "none",
  OverconstrainedError: "none",
  NotReadableError: "busy",
  AbortError: "busy",
};

async function openStream() {
  if (!globalThis.isSecureContext) throw new Problem("insecure");
  if (!navigator.mediaDevices?.getUserMedia) throw new Problem("none");
  const video = { facingMode: "environment", width: { ideal: WIDEST }, height: { ideal: 720 } };
  try {
    return await navigator.mediaDevices.getUserMedia({ video, audio: false });
  } catch (problem) {
    throw new Problem(WORDS[problem.name] ?? "none");
  }
}

class Problem extends Error {}

class Camera {
  /** @type {Reader | undefined} */
  reader;

  constructor(video, onCodes, options) {
    this.video = video;
    this.onCodes = onCodes;
    this.options = options;
    this.sightings = new Sightings();
    this.problem = ""; // insecure, none, refused, busy, decoder; empty while all is well
    this.isWanted = true;
    this.turn = 0; // every start and stop begins a new one: what an older one awaited is dropped
    this.onVisibility = () => (document.hidden ? this.stop() : this.start());
  }

  get track() {
    return this.video.srcObject?.getVideoTracks()[0] ?? null;
  }

  async start() {
    if (document.hidden) return;
    const turn = ++this.turn;
    try {
      const stream = await openStream();
      if (turn !== this.turn) return endAll(stream);
      this.stop(); // an older stream
      const mine = this.turn;
      this.show(stream);
      this.reader ??= await Reader.open(this.options).catch(() =>
        Promise.reject(new Problem("decoder")),
      );
      if (mine !== this.turn) return;
      this.problem = "";
      this.keepLooking(mine);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.stop();
      this.tell(problem.message);
    }
  }

  show(stream) {
    const { video } = this;
    video.muted = true;
    video.playsInline = true;
    video.srcObject = stream;
    video.play().catch(() => {}); // it is hidden, or has been closed
    // Pulled out, or taken by a telephone call: until the page is shown again.
    this.track.addEventListener("ended", () => {
      this.stop();
      this.tell("none");
    });
  }

  // Look at about ten pictures a second, one at a time.
  async keepLooking(turn) {
    while (turn === this.turn) {
      const begun = performance.now();
      if (this.video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) {
        try {
          await this.lookOnce(turn);
        } catch {
          this.stop();
          return this.tell("decoder");
        }
      }
      const between = this.sightings.isUnsure() ? SURE_BETWEEN : BETWEEN;
      await pause(Math.max(10, begun + between - performance.now()));
    }
  }

  async lookOnce(turn) {
    const { video } = this;
    if (video.currentTime === this.lookedAt) return; // the same picture proves nothing
    this.lookedAt = video.currentTime;
    const found = await this.reader.read(video, 0, 0, video.videoWidth, video.videoHeight);
    if (turn !== this.turn) return;
    const sure = this.sightings.look(found, performance.now());
    if (sure.length) queueMicrotask(() => this.onCodes(sure));
  }

  stop() {
    this.turn += 1;
    if (this.video.srcObject) endAll(this.video.srcObject);
    this.video.srcObject = null;
    this.lookedAt = null;
  }

  tell(word) {
    this.problem = word;
    this.options.onProblem?.(word);
  }

  // For good.
  close() {
    document.removeEventListener("visibilitychange", this.onVisibility);
    this.stop();
  }

  get hasTorch() {
    return Boolean(this.track?.getCapabilities?.().torch);
  }

  // { min, max, step } where the camera can zoom, else null.
  get zoomRange() {
    return this.track?.getCapabilities?.().zoom ?? null;
  }

  // Both answer whether the camera did it.
  torch(on) {
    return this.constrain({ torch: Boolean(on) });
  }

  zoom(factor) {
    return this.constrain({ zoom: factor });
  }

  async constrain(wanted) {
    const able = this.track?.getCapabilities?.() ?? {};
    if (!Object.keys(wanted).every((name) => able[name])) return false;
    try {
      await this.track.applyConstraints({ advanced: [wanted] });
      return true;
    } catch {
      return false;
    }
  }
}

const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));

function endAll(stream) {
  for (const track of stream.getTracks()) track.stop();
}

// Open the camera into a <video>. `onCodes` gets [{ text, format }] of what has come into view.
// The answer's `problem` is empty, or a word: insecure, none, refused, busy, decoder.
// Options: formats; onProblem(word), for what happens later; ours, to use our decoder anyway.
export async function openCamera(video, onCodes, options = {}) {
  const camera = new Camera(video, onCodes, options);
  document.addEventListener("visibilitychange", camera.onVisibility);
  await camera.start();
  return camera;
}

// The codes in a picture that a person chose: [{ text, format }]; null where it is no picture.
// The whole is read first; then its quarters, which overlap, for small codes in a large photo.
export async function readPhoto(file, options = {}) {
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    return null;
  }
  const reader = await Reader.open(options);
  const { width, height } = picture;
  let found = await reader.read(picture, 0, 0, width, height);
  const [wide, high] = [Math.ceil(width * 0.6), Math.ceil(height * 0.6)];
  const isLarge = Math.max(width, height) > WIDEST;
  for (const left of isLarge ? [0, width - wide] : []) {
    for (const top of [0, height - high])
      found = found.concat(await reader.read(picture, left, top, wide, high));
  }
  picture.close();
  return [...new Map(found.map((code) => [code.text, code])).values()];
}
