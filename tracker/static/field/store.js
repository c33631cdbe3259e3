// What stands on this phone, in IndexedDB. A write is finished, on the disk, before anybody is told.
import { openDB } from "../vendor/idb.js";

const NAME = "kittrail-field";
const VERSION = 2;
const STRICT = { durability: "strict" };
const RECEIPTS_KEPT = 90 * 86400e3;

export class Full extends Error {}

let opened = null;

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

// The stores: `self` (key: what), `scans`, `acts`, `photos`, `carried`, `sites`.
export function database() {
  opened ??= openDB(NAME, VERSION, {
    upgrade(made, before, _now, on) {
      if (before < 1) lay(made);
      // What waits, in the order in which it was made.
      on.objectStore("scans").createIndex("queue", ["state", "seq"]);
    },
    blocking(_was, _is, event) {
      event.target.close(); // a newer version of the app waits
      opened = null;
    },
    terminated() {
      opened = null;
    },
  });
  return opened;
}

async function guarded(write) {
  try {
    return await write();
  } catch (problem) {
    const name = problem?.name ?? "";
    if (name === "QuotaExceededError" || problem?.inner?.name === "QuotaExceededError") throw new Full();
    throw problem;
  }
}

export async function self(what) {
  return (await database()).get("self", what);
}

export function keepSelf(what, value) {
  return guarded(async () => {
    const on = (await database()).transaction("self", "readwrite", STRICT);
    on.store.put(value, what);
    await on.done;
  });
}

// The next `many` numbers of this device's scans; a number that is not used then is a harmless gap.
export function nextNumbers(many) {
  return guarded(async () => {
    const on = (await database()).transaction("self", "readwrite", STRICT);
    const last = (await on.store.get("seq")) ?? 0;
    on.store.put(last + many, "seq");
    await on.done;
    return Array.from({ length: many }, (_, at) => last + 1 + at);
  });
}

// Keep scans, and what goes with them, all or none. Full where the phone has no room.
export function keep({ scans = [], acts = [], photos = [], carried = [] }) {
  return guarded(async () => {
    const names = ["scans", "acts", "photos", "carried"];
    const on = (await database()).transaction(names, "readwrite", STRICT);
    for (const scan of scans) on.objectStore("scans").add(scan);
    for (const act of acts) on.objectStore("acts").put(act);
    for (const photo of photos) on.objectStore("photos").put(photo);
    for (const file of carried) on.objectStore("carried").put(file);
    await on.done;
  });
}

// Change rows that are there: `change(row)` for each id, in one write.
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

export async function all(store) {
  return (await database()).getAll(store);
}

export async function one(store, key) {
  return (await database()).get(store, key);
}

// Where an assigned site is: until its time is over, and never on a map.
export function keepSite(site) {
  return guarded(async () => (await database()).put("sites", site));
}

export async function unsent(most) {
  const waiting = IDBKeyRange.bound(["kept"], ["kept", []]);
  return (await database()).getAllFromIndex("scans", "queue", waiting, most);
}

export async function counts() {
  const on = (await database()).transaction("scans");
  const index = on.store.index("state");
  const [kept, confirmed, needs] = await Promise.all(["kept", "confirmed", "needs"].map((state) => index.count(state)));
  return { kept, confirmed, needs };
}

// The newest scans first, `most` of them, for a list that opens at once however long it is.
export async function newest(most, state = null) {
  const index = (await database()).transaction("scans").store.index(state ? "queue" : "seq");
  const range = (from, to) => (state ? IDBKeyRange.bound([state, from], [state, to]) : IDBKeyRange.bound(from, to));
  const last = await index.openKeyCursor(range(0, Infinity), "prev");
  const rows = [];
  let [to, step] = [last ? (state ? last.key[1] : last.key) : 0, most];
  while (rows.length < most && to > 0) {
    const from = Math.max(1, to - step + 1);
    rows.push(...(await index.getAll(range(from, to))).reverse());
    [to, step] = [from - 1, step * 2]; // numbers have gaps
  }
  return rows.slice(0, most);
}

// What this phone recorded of one code, newest first.
export async function ofCode(code) {
  const rows = await (await database()).getAllFromIndex("scans", "code", code);
  return rows.sort((a, b) => b.seq - a.seq);
}

export async function since(moment) {
  return (await database()).getAllFromIndex("scans", "made_at", IDBKeyRange.lowerBound(moment));
}

// What may not stay: where sites are after their time, confirmed scans after their receipts' time.
export async function sweep(now = Date.now()) {
  const on = (await database()).transaction(["sites", "scans", "photos"], "readwrite");
  for (const site of await on.objectStore("sites").getAll()) {
    if (Date.parse(site.until) <= now) on.objectStore("sites").delete(site.ref);
  }
  const old = new Date(now - RECEIPTS_KEPT).toISOString();
  let cursor = await on.objectStore("scans").index("made_at").openCursor(IDBKeyRange.upperBound(old));
  while (cursor) {
    if (cursor.value.state === "confirmed") cursor.delete();
    cursor = await cursor.continue();
  }
  for (const photo of await on.objectStore("photos").getAll()) {
    if (photo.state === "sent" && photo.blob) on.objectStore("photos").put({ ...photo, blob: null });
  }
  await on.done;
}

// After the access has ended: unsent scans, acts and photos stay, and what it takes to hand them over.
export async function forget(device) {
  const on = (await database()).transaction(["self", "sites", "scans"], "readwrite", STRICT);
  await Promise.all(["taken", "giver", "defaults"].map((name) => on.objectStore("self").delete(name)));
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
