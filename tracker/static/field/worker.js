// The service worker: one whole version of the app, checked by its hashes, and sending in the
// background where the browser lets it. The lines above this one come from the server.
/** @type {FieldWorker} */
const worker = /** @type {any} */ (self);
const NAME = `kittrail-${Object.values(FILES)
  .join("")
  .replace(/(.{8}).{56}/g, "$1")}`;
const READY = ["qr_code", "data_matrix", "code_128", "code_39", "ean_13"];

async function readsByItself() {
  try {
    const known = await worker.BarcodeDetector.getSupportedFormats();
    return READY.every((one) => known.includes(one));
  } catch {
    return false;
  }
}

/** @type {(bytes: ArrayBuffer) => string} */
const hex = (bytes) =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * A file and its bytes, where it is what the server promised.
 * @param {string} address
 * @param {string} hash
 * @param {RequestCache} cache
 * @returns {Promise<[Response, ArrayBuffer] | null>}
 */
async function fits(address, hash, cache) {
  const answer = await fetch(address, { cache, credentials: "omit", redirect: "error" });
  const bytes = await answer.clone().arrayBuffer();
  return answer.ok && hex(await crypto.subtle.digest("SHA-256", bytes)) === hash
    ? [answer, bytes]
    : null;
}

/**
 * A file that is not what the server promised is not kept: a half-new app, or another page, is
 * none.
 * @param {Cache} cache
 * @param {string} address
 * @param {string} hash
 */
async function keep(cache, address, hash) {
  // What the page has just loaded need not come again; if the browser kept another, it comes anew.
  const fitting = (await fits(address, hash, "no-cache")) ?? (await fits(address, hash, "reload"));
  if (!fitting) throw new Error(address);
  const [answer, bytes] = fitting;
  const headers = new Headers();
  for (const name of [
    "Content-Type",
    "Content-Security-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "Permissions-Policy",
  ]) {
    const value = answer.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  await cache.put(address, new Response(bytes, { headers }));
}

async function install() {
  const isEnough = await readsByItself();
  const wanted = Object.entries(FILES).filter(
    ([address]) => !isEnough || !DECODER.includes(address),
  );
  const [cache, old] = [await caches.open(NAME), await caches.keys()];
  for (const [address, hash] of wanted) {
    const had = await found(old, address, hash);
    if (had) await cache.put(address, had);
    else await keep(cache, address, hash);
  }
}

/**
 * The same file in an older version: the big ones seldom change.
 * @param {string[]} names
 * @param {string} address
 * @param {string} hash
 */
async function found(names, address, hash) {
  for (const name of names) {
    const answer = await (await caches.open(name)).match(address);
    if (
      answer &&
      hex(await crypto.subtle.digest("SHA-256", await answer.clone().arrayBuffer())) === hash
    )
      return answer;
  }
  return null;
}

async function clean() {
  for (const name of await caches.keys())
    if (name.startsWith("kittrail-") && name !== NAME) await caches.delete(name);
  await worker.clients.claim();
}

/**
 * @param {Request} request
 * @param {string} address
 */
async function answer(request, address) {
  const cache = await caches.open(NAME);
  return (await cache.match(address)) ?? fetch(request);
}

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(clean()));
worker.addEventListener("message", (event) => event.data === "start" && worker.skipWaiting());
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  const address =
    request.mode === "navigate" && pathname.startsWith("/field/") ? "/field/" : pathname;
  if (address in FILES) event.respondWith(answer(request, address));
});
worker.addEventListener("sync", (event) => {
  if (event.tag !== "send") return;
  const work = async () => {
    const pages = await worker.clients.matchAll({ type: "window" });
    if (pages.length) for (const page of pages) page.postMessage("send");
    else if (send && (await send()).problem) throw new Error("later"); // the browser tries again
  };
  event.waitUntil(work());
});
