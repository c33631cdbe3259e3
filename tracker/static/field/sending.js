// Sending what is kept: in small batches, resumable, as often as it takes. Nothing leaves the queue
// but by an answer of ours that names it: no error, no other page and no silence empties it.
/** @import { Named, Party } from "../types" */
import { receiptFits } from "./keys.js";
import { tell } from "./outbox.js";
import { all, change, forget, keepSelf, lastNumber, one, self, sweep, unsent } from "./store.js";

const BATCH = 100;
const PIECE = 256 * 1024;
const PATIENCE = 30e3; // ms for one answer
const SHORT_PATIENCE = 4e3; // while somebody stands there and waits
const ASKED = 500; // codes in one question
const TAKE_AGAIN = 5 * 60e3;
const ASK_AGAIN = 10 * 60e3;
const SECOND = 1e3;
const PROMPT = 5e3; // an exchange that took less tells how wrong this clock is
const KEPT = ["recorded", "misfit", "unknown_code", "duplicate"];

export const inFlight = new Set(); // ids of the scans that are on their way just now

class Later extends Error {} // no network, a server that is not well, another page than ours
class Ended extends Error {}
class Refused extends Error {
  constructor(problem) {
    super(problem?.detail ?? "");
    this.problem = problem ?? {};
  }
}

/**
 * Ask the server; JSON of its own answer. `Later` for all that may be better another time.
 * @param {string} path
 * @param {{ method?: string, body?: BodyInit, headers?: Record<string, string>, token?: string,
 *   patience?: number }} [how]
 */
async function ask(path, { method = "GET", body, headers = {}, token, patience = PATIENCE } = {}) {
  let answer;
  const asked_at = Date.now();
  try {
    const signal = AbortSignal.timeout(patience);
    const told = { ...headers, "Accept-Language": (await self("locale")) ?? "uk" };
    const whole = token ? { ...told, Authorization: `Bearer ${token}` } : told;
    answer = await fetch(path, {
      method,
      body,
      headers: whole,
      signal,
      redirect: "error",
      cache: "no-store",
      credentials: "omit",
    });
  } catch {
    throw new Later("network");
  }
  const answered_at = Date.now();
  const kind = answer.headers.get("Content-Type") ?? "";
  let told = null;
  try {
    told = /json/.test(kind) ? await answer.json() : null;
  } catch {
    throw new Later("cut");
  }
  if (!told || typeof told !== "object") throw new Later(`status ${answer.status}`);
  if (answer.ok) {
    if (told.told_at) await noteExchange(asked_at, told.told_at, answered_at);
    else await noteExchange(asked_at, headerDate(answer), answered_at, PROMPT - SECOND);
    return told;
  }
  if (!String(told.type ?? "").startsWith("/problems/")) throw new Later(`status ${answer.status}`);
  if (told.type === "/problems/device-ended") throw new Ended();
  if ([403, 404, 409, 410, 422].includes(answer.status)) throw new Refused(told);
  if (answer.status === 413) throw new Refused({ ...told, isTooLarge: true });
  throw new Later(`status ${answer.status}`);
}

// The server's time to the second, in an answer that may be the same as the last one: the end of
// that second, so that no clock is taken to be further ahead than it is.
function headerDate(answer) {
  const at = Date.parse(answer.headers.get("Date") ?? "");
  return Number.isNaN(at) ? null : new Date(at + SECOND - 1).toISOString();
}

// What the server needs to know how wrong this clock is, however long a batch is on its way.
async function noteExchange(asked, told_at, answered, prompt = PROMPT) {
  if (typeof told_at !== "string") return;
  await keepSelf("told_at", told_at);
  if (answered < asked || answered - asked >= prompt) return;
  const asked_at = new Date(asked).toISOString();
  await keepSelf("exchange", { asked_at, told_at, answered_at: new Date(answered).toISOString() });
}

const post = (path, said, token) =>
  ask(path, {
    method: "POST",
    body: JSON.stringify(said),
    headers: { "Content-Type": "application/json" },
    token,
  });

export const enrolWith = (code, name, key) =>
  post("/api/v1/enrolments", { code, name, public_key: key });
export const openSite = async (ref) =>
  post(`/api/v1/field/sites/${encodeURIComponent(ref)}`, {}, (await self("device")).token);

/**
 * What the server says that codes name, by code; null where it cannot be asked just now.
 * @param {string[]} codes
 * @returns {Promise<Map<string, Named> | null>}
 */
export async function namesOf(codes) {
  const device = await self("device");
  if (!navigator.onLine || !device?.token || device.ended) return null;
  const told = new Map();
  try {
    for (let at = 0; at < codes.length; at += ASKED) {
      const { named } = await ask("/api/v1/field/codes", {
        method: "POST",
        body: JSON.stringify({ codes: codes.slice(at, at + ASKED) }),
        headers: { "Content-Type": "application/json" },
        token: device.token,
        patience: SHORT_PATIENCE,
      });
      if (!Array.isArray(named)) return null;
      for (const one of named) told.set(one.code, one);
    }
  } catch {
    return null;
  }
  return told;
}

/**
 * Who has a number in the register: a party, null if nobody, undefined where nobody can be asked.
 * @param {string} number
 * @returns {Promise<Party | null | undefined>}
 */
export async function partyByNumber(number) {
  try {
    const { token } = await self("device");
    const path = `/api/v1/field/parties/${encodeURIComponent(number)}`;
    return await ask(path, { token, patience: SHORT_PATIENCE });
  } catch (problem) {
    return problem instanceof Refused ? null : undefined;
  }
}

// The codes in a photo that this phone could not read by itself: [{ text, format }], none offline.
export async function readOnServer(photo) {
  try {
    const { token } = await self("device");
    const { codes } = await ask("/api/v1/symbols", {
      method: "POST",
      body: photo,
      token,
      headers: { "Content-Type": "image/jpeg" },
    });
    return Array.isArray(codes) ? codes : [];
  } catch {
    return [];
  }
}

// Send all there is. { sent, left, problem }: problem is empty, "network" or what else was in the
// way.
export async function send({ force = false } = {}) {
  const work = async () => {
    const device = await self("device");
    if (!device?.token) return { sent: 0, problem: "" };
    let sent = 0;
    try {
      if (!device.ended) {
        // Scans first: an act is held against them when it comes, as its paper says.
        sent += await sendScans(device, "/api/v1/scans");
        await sendActs(device, "/api/v1/field/acts");
        await sendCarried(device);
        await sendPhotos(device, "/api/v1/evidence/");
        await askResults(device, force);
        await take(device, force);
      } else {
        sent += await sendScans(device, "/api/v1/late-scans");
        await sendActs(device, "/api/v1/late-acts");
        await sendPhotos(device, "/api/v1/late-evidence/");
      }
      await keepSelf("sent_at", new Date().toISOString());
      return { sent, problem: "" };
    } catch (problem) {
      if (problem instanceof Ended) {
        await forget({ ...device, ended: new Date().toISOString() });
        return { sent, problem: "ended" };
      }
      if (problem instanceof Later) return { sent, problem: problem.message };
      throw problem;
    } finally {
      await sweep();
      tell();
    }
  };
  if (!globalThis.navigator?.locks) return work();
  return navigator.locks.request("kittrail-sending", { ifAvailable: true }, (lock) =>
    lock ? work() : { sent: 0, problem: "busy" },
  );
}

async function sendScans(device, path) {
  let [sent, size] = [0, BATCH];
  for (;;) {
    const rows = await unsent(size);
    if (!rows.length) return sent;
    for (const row of rows) inFlight.add(row.id);
    tell();
    try {
      sent += await sendBatch(device, path, rows);
      size = Math.min(BATCH, size * 2);
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      if (rows.length > 1)
        size = Math.max(1, Math.floor(rows.length / 4)); // one of them is the reason
      else await need([rows[0].id], problem.problem);
    } finally {
      inFlight.clear();
    }
    tell();
  }
}

async function sendBatch(device, path, rows) {
  const said = {
    sent_at: new Date().toISOString(),
    mode: "queued",
    exchange: (await self("exchange")) ?? undefined,
    scans: rows.map((row) => row.scan),
  };
  const told = await post(path, said, device.token);
  const results = new Map(
    (Array.isArray(told.results) ? told.results : []).map((result) => [result.id, result]),
  );
  // Only what is named is answered for; the rest is sent again.
  const { receipt_key: key } = (await self("taken")) ?? {};
  const isAnswered = async ({ id }) => {
    const result = results.get(id);
    if (!result || (KEPT.includes(result.outcome) && !result.receipt)) return false;
    // Nor is a receipt that the server did not sign an answer.
    return !result.receipt || (await receiptFits(key, id, result.receipt)) !== false;
  };
  const sure = await Promise.all(rows.map(isAnswered));
  const answered = rows.filter((_, place) => sure[place]).map(({ id }) => id);
  if (!answered.length) throw new Later("answer");
  await change("scans", answered, (row) => {
    const result = results.get(row.id);
    const state = KEPT.includes(result.outcome) ? "confirmed" : "needs";
    return { ...row, state, answer: result, answered_at: new Date().toISOString() };
  });
  return answered.length;
}

const need = (ids, problem) =>
  change("scans", ids, (row) => ({
    ...row,
    state: "needs",
    answer: { outcome: "invalid", problem },
  }));

async function sendActs(device, path) {
  for (const act of await all("acts")) {
    if (act.state !== "kept") continue;
    try {
      const told = await post(path, { text: act.text, signature: act.signature }, device.token);
      if (!told.number && told.outcome !== "set_aside") throw new Later("answer");
      const state = told.number ? "sent" : "aside";
      await change("acts", [act.id], (row) => ({
        ...row,
        state,
        number: told.number ?? null,
        strays: told.strays ?? [],
        unbooked: told.unbooked ?? [],
      }));
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      await change("acts", [act.id], (row) => ({
        ...row,
        state: "needs",
        why: problem.problem.detail,
      }));
    }
    tell();
  }
}

// Scans that another phone exported and this one brings.
async function sendCarried(device) {
  for (const file of await all("carried")) {
    if (file.state !== "kept") continue;
    for (let at = file.done ?? 0; at < file.scans.length; at += BATCH) {
      const part = file.scans.slice(at, at + BATCH);
      const said = { device: file.device, sent_at: new Date().toISOString(), scans: part };
      let outcome = [];
      try {
        outcome = (await post("/api/v1/handed-over-scans", said, device.token)).results;
        if (!Array.isArray(outcome) || outcome.length !== part.length) throw new Later("answer");
      } catch (problem) {
        if (!(problem instanceof Refused)) throw problem;
        outcome = part.map(() => ({ outcome: "forbidden" }));
      }
      const good = outcome.filter(
        (one) => KEPT.includes(one.outcome) || one.outcome === "set_aside",
      ).length;
      await change("carried", [file.id], (row) => ({
        ...row,
        done: at + part.length,
        good: (row.good ?? 0) + good,
      }));
    }
    const brought = [];
    for (const act of file.acts ?? [])
      brought.push(await bringAct(device, { device: file.device, ...act }));
    await change("carried", [file.id], (row) => ({ ...row, state: "sent", brought }));
  }
}

// What became of an act that another phone exported, as `acts` of our own tell it.
async function bringAct(device, act) {
  try {
    const told = await post("/api/v1/handed-over-acts", act, device.token);
    if (!told.number && told.outcome !== "set_aside") throw new Later("answer");
    return { state: told.number ? "sent" : "aside", number: told.number };
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
    return { state: "needs", why: problem.problem.detail };
  }
}

async function sendPhotos(device, folder) {
  for (const photo of await all("photos")) {
    if (photo.state !== "kept" || !photo.blob) continue;
    const path = folder + photo.sha;
    try {
      let { received, kept } = device.ended
        ? { received: 0, kept: false }
        : await ask(path, { token: device.token });
      while (!kept) {
        const piece = photo.blob.slice(received, received + PIECE);
        const signed = device.ended ? `&signed=${photo.of}` : "";
        const query = `?offset=${received}&size=${photo.blob.size}${signed}`;
        const told = await ask(path + query, {
          method: "PUT",
          body: piece,
          token: device.token,
          headers: { "Content-Type": "application/octet-stream" },
        });
        if (!told.kept && told.received === received) throw new Later("answer");
        ({ received, kept } = told);
      }
      await change("photos", [photo.sha], (row) => ({ ...row, state: "sent" }));
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      await change("photos", [photo.sha], (row) => ({
        ...row,
        state: "needs",
        why: problem.problem.detail,
      }));
    }
  }
}

// Which scans that did not fit fit now, because the missing one has come.
async function askResults(device, force) {
  const last = (await self("asked_at")) ?? 0;
  if (!force && isRecent(last, ASK_AGAIN)) return;
  const open = (await all("scans")).filter(
    (row) => row.state === "confirmed" && row.answer?.discrepancy && !row.decided,
  );
  for (let at = 0; at < open.length; at += 500) {
    const ids = open.slice(at, at + 500).map((row) => row.id);
    const { results } = await post("/api/v1/field/results", { ids }, device.token);
    const found = new Map((results ?? []).map((one) => [one.id, one.discrepancies]));
    await change("scans", ids, (row) => {
      const cases = found.get(row.id) ?? [];
      const isHealed = cases.length > 0 && cases.every((one) => one.state === "healed");
      return isHealed ? { ...row, decided: cases } : row;
    });
  }
  await keepSelf("asked_at", Date.now());
}

// How many of these scans the ledger has: what is said at the end of a shift.
export async function countInLedger(ids) {
  const device = await self("device");
  let many = 0;
  for (let at = 0; at < ids.length; at += 1000) {
    const { results } = await post(
      "/api/v1/field/results",
      { ids: ids.slice(at, at + 1000) },
      device.token,
    );
    many += (results ?? []).length;
  }
  return many;
}

// Whether that was less than `ago` before now. A moment in the future was told by a clock that has
// been set since: nobody knows when that was.
const isRecent = (at, ago) => Date.now() >= at && Date.now() - at < ago;

// What the phone takes along: places, units, parties.
export async function take(device, force = false) {
  const before = await self("taken");
  if (!force && before && isRecent(before.taken_at, TAKE_AGAIN)) return;
  const seq = await lastNumber();
  const told = await ask("/api/v1/field", { token: device.token });
  if (!Array.isArray(told.units)) throw new Later("answer");
  const { decisions = [], ...taken } = told;
  await keepSelf("taken", { ...taken, taken_at: Date.now(), seq });
  await learn(decisions);
  await reportClock(device);
}

// How wrong this clock is, so that the server knows it even if a file of ours is brought by others.
async function reportClock(device) {
  const exchange = await self("exchange");
  if (!exchange) return;
  const offset = Date.parse(exchange.told_at) - Date.parse(exchange.asked_at);
  const told = await self("clock_told");
  if (told?.device === device.number && Math.abs(offset - told.offset) < PROMPT) return;
  await ask("/api/v1/field/clock", {
    method: "PUT",
    body: JSON.stringify(exchange),
    headers: { "Content-Type": "application/json" },
    token: device.token,
  });
  await keepSelf("clock_told", { device: device.number, offset });
}

// What people decided about this phone's scans; what is new is said on the first page.
async function learn(decisions) {
  const told = new Map(decisions.map((one) => [one.id, one]));
  const news = [];
  await change("scans", [...told.keys()], (row) => {
    const { decision, is_wrong: isWrong } = told.get(row.id);
    if (row.decided?.some((one) => one.decision === decision)) return row;
    news.push(row.id);
    return { ...row, decided: [{ decision, isWrong }] };
  });
  if (news.length) await keepSelf("news", [...((await self("news")) ?? []), ...news]);
}

export const photoOf = (sha) => one("photos", sha);
