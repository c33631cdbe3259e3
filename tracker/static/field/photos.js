// Photos: made anew from pixels on this phone, so that nothing a camera adds leaves it.
import { readPhoto } from "../scan/camera.js";
import { readOnServer } from "./sending.js";
import { sha256 } from "./statements.js";

const LONGEST = 1600; // pixels
const QUALITY = 0.82;

// { sha, blob, size, state } of a chosen picture; null for what is none. At most 1600 px a side.
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
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  if (!blob) return null;
  const sha = await sha256(await blob.arrayBuffer());
  return { sha, blob, size: blob.size, state: "kept", made_at: new Date().toISOString() };
}

// The codes in a picture: read here, else by the server, where there is a network. `photo` is what
// `prepare` made of it, if that is done already: the server gets nothing else.
export async function codesIn(file, photo = null) {
  const found = await readPhoto(file).catch(() => []);
  if (found?.length) return found;
  const made = photo ?? (await prepare(file));
  return made && navigator.onLine ? readOnServer(made.blob) : [];
}
