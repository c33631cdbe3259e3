// Photos: made anew from pixels on this phone, so that nothing a camera adds leaves it.
/** @import { Found, Photo } from "../types" */
import { readPhoto } from "../scan/camera.js";
import { readOnServer } from "./sending.js";
import { sha256 } from "./statements.js";

const LONGEST = 1600; // pixels
const QUALITY = 0.82;

/**
 * What is kept of a chosen picture, at most 1600 px a side; null for what is none.
 * @param {File} file
 * @returns {Promise<Photo | null>}
 */
export async function prepare(file) {
  let picture;
  try {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return null;
  }
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  if (!blob) return null;
  const sha = await sha256(await blob.arrayBuffer());
  return { sha, blob, size: blob.size, state: "kept", made_at: new Date().toISOString() };
}

/**
 * The codes in a picture: read here, else by the server, where there is a network.
 * @param {File} file
 * @param {Photo | null} [photo] what `prepare` made of it, if that is done already: the server gets
 *   nothing else
 * @returns {Promise<Found[]>}
 */
export async function codesIn(file, photo = null) {
  const found = await readPhoto(file).catch(() => []);
  if (found?.length) return found;
  const made = photo ?? (await prepare(file));
  return made && navigator.onLine ? readOnServer(made.blob) : [];
}
