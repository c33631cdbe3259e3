// Scans, acts and photos as they are made: signed, numbered and kept, before anything turns green.
/** @import { Act, ActRow, Photo, Row, Said, Scan } from "../types" */
import { sign } from "./keys.js";
import { actStatement, newSalt, statement } from "./statements.js";
import { database, keep, nextNumbers, self } from "./store.js";

const listeners = new Set();
const channel = globalThis.BroadcastChannel ? new BroadcastChannel("kittrail-field") : null;
channel?.addEventListener("message", () => tell(false));

/**
 * Told whenever something was kept, sent or answered, here or in another tab; answers how to stop.
 * @param {() => unknown} listener
 */
export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function tell(others = true) {
  for (const listener of [...listeners]) listener();
  if (others) channel?.postMessage("changed");
}

/**
 * Keep one scan or several; the rows as they are kept. Raises Full where the phone has no room:
 * nothing was kept then, and nothing may turn green.
 * @param {Said[]} said
 * @param {{ acts?: ActRow[], photos?: Photo[] }} [with]
 */
export async function record(said, { acts = [], photos = [] } = {}) {
  const rows = await signed(said);
  await keep({
    scans: rows,
    acts,
    photos: photos.map((photo) => ({ ...photo, of: namer(photo.sha, rows, acts) })),
  });
  tell();
  return rows;
}

/**
 * Which of them names a photo, for a server that takes none without: the access may end before it
 * is sent.
 * @param {string} sha
 * @param {Row[]} rows
 * @param {ActRow[]} acts
 */
function namer(sha, rows, acts) {
  const act = acts.find((one) => JSON.parse(one.text).photos.includes(sha));
  return (act ?? rows.find((row) => row.scan.evidence?.includes(sha)))?.id ?? null;
}

/**
 * @param {Said[]} said
 * @returns {Promise<Row[]>}
 */
async function signed(said) {
  await database();
  const device = await self("device");
  const numbers = await nextNumbers(said.length);
  const made_at = new Date().toISOString();
  return Promise.all(
    said.map(async ({ isLabel, name, ...scan }, at) => {
      /** @type {Scan} */
      const whole = {
        id: crypto.randomUUID(),
        occurred_at: made_at,
        ...scan,
        device_seq: numbers[at],
      };
      for (const [key, value] of Object.entries(whole))
        if (value === null || value === undefined || value === "")
          Reflect.deleteProperty(whole, key);
      if (whole.note) whole.note = whole.note.normalize("NFC");
      if (whole.second_identifier === whole.code) delete whole.second_identifier;
      if (!isLabel || whole.second_identifier) whole.salt = newSalt();
      whole.signature = await sign(device.keys, await statement(whole, isLabel));
      return {
        id: whole.id,
        seq: numbers[at],
        made_at,
        state: "kept",
        name: name ?? null,
        scan: whole,
        answer: null,
      };
    }),
  );
}

/**
 * An act and the scans of its units, in one write.
 * @param {Act} act what both sides have signed
 * @param {Said[]} said
 * @param {Photo[]} photos
 */
export async function recordAct(act, said, photos) {
  const device = await self("device");
  const text = JSON.stringify(act);
  const signature = await sign(device.keys, await actStatement(text));
  /** @type {ActRow} */
  const row = {
    id: act.id,
    made_at: act.made_at,
    state: "kept",
    text,
    signature,
    number: null,
    receiver: act.receiver,
    many: act.lines.length,
    why: null,
  };
  return record(said, { acts: [row], photos });
}
