// The file of what waits on a phone: written by one that has no network or no access, brought by
// another.
/** @import { Carried, Photo } from "../types" */
import { sha256 } from "./statements.js";
import { all, keep, newest, self, unsent } from "./store.js";

const KIND = "kittrail-unsent-1";
const MOST = 10000;

// Scans, acts and photos that the server has not taken, as JSON.
export async function exported() {
  const [device, waiting, aside, acts, photos] = await Promise.all([
    self("device"),
    unsent(),
    newest(MOST, "needs"),
    all("acts"),
    all("photos"),
  ]);
  const told = {
    kittrail: KIND,
    device: device.number,
    name: device.name,
    sent_at: new Date().toISOString(),
    scans: [...waiting, ...aside].map((row) => row.scan),
    acts: acts
      .filter((act) => act.state !== "sent")
      .map(({ text, signature }) => ({ text, signature })),
    photos: await Promise.all(
      photos.filter((photo) => photo.state !== "sent" && photo.blob).map(asText),
    ),
  };
  return new Blob([JSON.stringify(told, null, 1)], { type: "application/json" });
}

async function asText({ sha, blob }) {
  const reader = new FileReader();
  await new Promise((resolve, reject) => {
    Object.assign(reader, { onload: resolve, onerror: reject });
    reader.readAsDataURL(blob);
  });
  return { sha, jpeg: String(reader.result).split(",")[1] };
}

// Keep what another phone's file holds, to go with the next sending; false for any other file.
export async function bring(file) {
  let told = null;
  try {
    told = JSON.parse(await file.text());
  } catch {
    return false;
  }
  if (told?.kittrail !== KIND || !Number.isInteger(told.device)) return false;
  if (![told.scans, told.acts, told.photos].every(Array.isArray)) return false;
  const photos = (await Promise.all(told.photos.map(asPhoto))).filter(Boolean);
  const { device, scans, acts } = told;
  await keep({
    carried: [
      carried({
        device,
        name: String(told.name ?? ""),
        scans,
        acts,
        broken: told.photos.length - photos.length,
      }),
    ],
    photos,
  });
  return true;
}

// What another device made, or this phone while it was another device, as it waits to be brought.
export const carried = (what) => ({
  id: crypto.randomUUID(),
  ...what,
  state: "kept",
  done: 0,
  good: 0,
});

/**
 * Null for what is not the photo that it says it is.
 * @param {{ sha?: string, jpeg?: string }} one
 * @returns {Promise<Photo | null>}
 */
async function asPhoto(one) {
  try {
    const { sha, jpeg } = one;
    const bytes = Uint8Array.from(atob(jpeg), (letter) => letter.charCodeAt(0));
    if ((await sha256(bytes)) !== sha) return null;
    return {
      sha,
      blob: new Blob([bytes], { type: "image/jpeg" }),
      size: bytes.length,
      state: "kept",
      made_at: new Date().toISOString(),
    };
  } catch {
    return null;
  }
}
