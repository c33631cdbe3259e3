// What stands on this phone, in IndexedDB. A write is finished, on the disk, before anybody is
// told.
/**
 * @import { IDBPDatabase } from "idb"
 * @import { ActRow, Carried, Device, FieldStores, Photo, Row, Site, State } from "../types"
 */
import { openDB } from "../vendor/idb.js";

const NAME = "kittrail-field";
const VERSION = 2;
/** @type {IDBTransactionOptions} */
const STRICT = { durability: "strict" };
const RECEIPTS_KEPT = 90 * 86400e3;

export class Full extends Error {}

/** @type {Promise<IDBPDatabase<FieldStores>> | null} */
let opened = null;

/** @param {IDBPDatabase<FieldStores>} made */
function lay(made) {
  made.createObjectStore("self");
  const scans = made.createObjectStore("scans", { keyPath: "id" });
  scans.createIndex("state", "state");
  scans.createIndex("seq", "seq");
  scans.createIndex("code", "scan.code");
  scans.createIndex("made_at", "made_at");
  made.createObjectStore("acts", { keyPath: "id" });
  made.createObjectStore("photos", { keyPath: "sha" });
  made.createObjectStore("carried", { keyPath: "id" });
  made.createObjectStore("sites", { keyPath: "ref" });
}

/**
 * The stores: `self` (key: what), `scans`, `acts`, `photos`, `carried`, `sites`.
 * @returns {Promise<IDBPDatabase<FieldStores>>}
 */
export function database() {
  opened ??= openDB(NAME, VERSION, {
    upgrade(made, before, _now, on) {
      if (before < 1) lay(made);
      // What waits, in the order in which it was made.
      on.objectStore("scans").createIndex("queue", ["state", "seq"]);
    },
    blocking(_was, _is, event) {
      /** @type {IDBDatabase} */ (event.target).close(); // a newer version of the app waits
      opened = null;
    },
    terminated() {
      opened = null;
    },
  });
  return opened;
}

/**
 * @template T
 * @param {() => Promise<T>} write
 */
async function guarded(write) {
  try {
    return await write();
  } catch (problem) {
    const told = /** @type {{ name?: string, inner?: Error } | null} */ (problem);
    if ([told?.name, told?.inner?.name].includes("QuotaExceededError")) throw new Full();
    throw problem;
  }
}

/** @param {string} what */
export async function self(what) {
  return (await database()).get("self", what);
}

/**
 * @param {string} what
 * @param {unknown} value
 */
export function keepSelf(what, value) {
  return guarded(async () => {
    const on = (await database()).transaction("self", "readwrite", STRICT);
    on.store.put(value, what);
    await on.done;
  });
}

/**
 * The next `many` numbers of this device's scans; a number that is not used then is a harmless gap.
 * @param {number} many
 */
export function nextNumbers(many) {
  return guarded(async () => {
    const on = (await database()).transaction("self", "readwrite", STRICT);
    const last = (await on.store.get("seq")) ?? 0;
    on.store.put(last + many, "seq");
    await on.done;
    return Array.from({ length: many }, (_, at) => last + 1 + at);
  });
}

// The number of the newest scan of this phone.
export const lastNumber = async () => (await self("seq")) ?? 0;

/**
 * The scans with larger numbers than `seq`, and those that wait to be sent. By their numbers and
 * not by the clock, which may have been set meanwhile.
 * @param {number} seq
 */
export async function madeSince(seq) {
  const newer = IDBKeyRange.lowerBound(seq, true);
  const [rows, waiting] = await Promise.all([
    (await database()).getAllFromIndex("scans", "seq", newer),
    unsent(),
  ]);
  return [...waiting.filter((row) => row.seq <= seq), ...rows];
}

/**
 * Keep scans, and what goes with them, all or none. Full where the phone has no room.
 * @param {{ scans?: Row[], acts?: ActRow[], photos?: Photo[], carried?: Carried[] }} rows
 */
export function keep({ scans = [], acts = [], photos = [], carried = [] }) {
  return guarded(async () => {
    const names = /** @type {const} */ (["scans", "acts", "photos", "carried"]);
    const on = (await database()).transaction(names, "readwrite", STRICT);
    const writes = [
      ...scans.map((scan) => on.objectStore("scans").add(scan)),
      ...acts.map((act) => on.objectStore("acts").put(act)),
      ...photos.map((photo) => on.objectStore("photos").put(photo)),
      ...carried.map((file) => on.objectStore("carried").put(file)),
    ];
    for (const write of writes) write.catch(() => {}); // what failed, `done` says
    await on.done;
  });
}

/**
 * Change rows that are there: `change(row)` for each id, in one write.
 * @template {"scans" | "acts" | "photos" | "carried"} S
 * @param {S} store
 * @param {string[]} ids
 * @param {(row: FieldStores[S]["value"]) => FieldStores[S]["value"] | undefined} edit
 */
export function change(store, ids, edit) {
  return guarded(async () => {
    const on = (await database()).transaction(store, "readwrite", STRICT);
    for (const id of ids) {
      const row = await on.store.get(id);
      if (row) on.store.put(edit(row) ?? row);
    }
    await on.done;
  });
}

/**
 * @template {"scans" | "acts" | "photos" | "carried" | "sites"} S
 * @param {S} store
 * @returns {Promise<FieldStores[S]["value"][]>}
 */
export async function all(store) {
  return (await database()).getAll(store);
}

/**
 * @template {"scans" | "acts" | "photos" | "carried" | "sites"} S
 * @param {S} store
 * @param {string} key
 */
export async function one(store, key) {
  return (await database()).get(store, key);
}

/**
 * Where an assigned site is: until its time is over, and never on a map.
 * @param {Site} site
 */
export function keepSite(site) {
  return guarded(async () => (await database()).put("sites", site));
}

/** @param {number} [most] */
export async function unsent(most) {
  const waiting = IDBKeyRange.bound(["kept"], ["kept", []]);
  return (await database()).getAllFromIndex("scans", "queue", waiting, most);
}

// How many scans are kept, confirmed and need somebody.
export async function counts() {
  const on = (await database()).transaction("scans");
  const index = on.store.index("state");
  const [kept, confirmed, needs] = await Promise.all(
    ["kept", "confirmed", "needs"].map((state) => index.count(state)),
  );
  return { kept, confirmed, needs };
}

// All that waits for the network and all that needs somebody: scans, acts, photos, others' files.
// Only where both are 0 may it be said that everything is sent. `oldest` is when the oldest of
// what waits was made.
export async function outstanding() {
  const [scans, [first], acts, photos, carried] = await Promise.all([
    counts(),
    unsent(1),
    all("acts"),
    all("photos"),
    all("carried"),
  ]);
  const ours = [...acts, ...photos];
  const kept = ours.filter((row) => row.state === "kept");
  const refused = ours.filter((row) => row.state === "needs").length;
  const unbooked = acts.filter((act) => act.unbooked?.length).length;
  const made = [first, ...kept].flatMap((row) => row?.made_at ?? []);
  const files = carried.filter((file) => file.state === "kept").length;
  return {
    waiting: scans.kept + kept.length + files,
    needing: scans.needs + refused + unbooked,
    oldest: made.sort()[0] ?? null,
  };
}

/**
 * The newest scans first, `most` of them, for a list that opens at once however long it is.
 * @param {number} most
 * @param {State | null} [state]
 */
export async function newest(most, state = null) {
  const index = (await database()).transaction("scans").store.index(state ? "queue" : "seq");
  /** @type {(from: number, to: number) => IDBKeyRange} */
  const range = (from, to) =>
    state ? IDBKeyRange.bound([state, from], [state, to]) : IDBKeyRange.bound(from, to);
  const last = await index.openKeyCursor(range(0, Infinity), "prev");
  const rows = [];
  const top = Array.isArray(last?.key) ? last.key[1] : last?.key;
  let [to, step] = [top ?? 0, most];
  while (rows.length < most && to > 0) {
    const from = Math.max(1, to - step + 1);
    rows.push(...(await index.getAll(range(from, to))).reverse());
    [to, step] = [from - 1, step * 2]; // numbers have gaps
  }
  return rows.slice(0, most);
}

/**
 * What this phone recorded of one code, newest first.
 * @param {string} code
 */
export async function ofCode(code) {
  const rows = await (await database()).getAllFromIndex("scans", "code", code);
  return rows.sort((a, b) => b.seq - a.seq);
}

/** @param {string} moment */
export async function since(moment) {
  return (await database()).getAllFromIndex("scans", "made_at", IDBKeyRange.lowerBound(moment));
}

// What may not stay: where sites are after their time, confirmed scans after their receipts' time.
// Both by the server's time, where one is known: this clock may show any.
export async function sweep(at = 0) {
  const now = at || Date.parse(await self("told_at")) || Date.now();
  const on = (await database()).transaction(["sites", "scans", "photos"], "readwrite");
  for (const site of await on.objectStore("sites").getAll()) {
    if (Date.parse(site.until) <= now) on.objectStore("sites").delete(site.ref);
  }
  const old = new Date(now - RECEIPTS_KEPT).toISOString();
  let cursor = await on
    .objectStore("scans")
    .index("made_at")
    .openCursor(IDBKeyRange.upperBound(old));
  while (cursor) {
    const { state, answer, made_at } = cursor.value;
    const kept_at = answer?.receipt?.recorded_at ?? made_at;
    if (state === "confirmed" && kept_at <= old) cursor.delete();
    cursor = await cursor.continue();
  }
  for (const photo of await on.objectStore("photos").getAll()) {
    if (photo.state === "sent" && photo.blob)
      on.objectStore("photos").put({ ...photo, blob: null });
  }
  await on.done;
}

/**
 * After the access has ended: unsent scans, acts and photos stay, and what it takes to hand them
 * over.
 * @param {Device} device
 */
export async function forget(device) {
  const on = (await database()).transaction(["self", "sites", "scans"], "readwrite", STRICT);
  await Promise.all(
    ["taken", "parties", "giver", "defaults"].map((name) => on.objectStore("self").delete(name)),
  );
  on.objectStore("self").put(device, "device");
  on.objectStore("sites").clear();
  for (const scan of await on.objectStore("scans").getAll()) {
    if (scan.state === "confirmed") on.objectStore("scans").delete(scan.id);
  }
  await on.done;
}

// Whether the browser promises to keep the storage, and how full it is (from 0 to 1).
export async function room() {
  const [isKept, { usage = 0, quota = 1 } = {}] = await Promise.all([
    navigator.storage?.persisted?.() ?? false,
    navigator.storage?.estimate?.() ?? {},
  ]);
  return { isKept, part: quota ? usage / quota : 1 };
}
