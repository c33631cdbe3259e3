// The field app: which page is shown, what stands above it, and when things are sent.
import { button, h } from "./dom.js";
import { enrolPage } from "./enrol.js";
import { handoverPage } from "./handover.js";
import { homePage } from "./home.js";
import { onChange } from "./outbox.js";
import { scanPage } from "./scan.js";
import { send } from "./sending.js";
import { applySettings, settingsPage } from "./settings.js";
import { outstanding, self, sweep } from "./store.js";
import { unitPage } from "./unit.js";
import { unitsPage } from "./units.js";
import { unsentPage } from "./unsent.js";
import { load, t } from "./words.js";

const PAGES = {
  "": homePage,
  scan: scanPage,
  u: unitPage,
  units: unitsPage,
  handover: handoverPage,
  unsent: unsentPage,
  settings: settingsPage,
  enrol: enrolPage,
};
const main = document.getElementById("app");
const [SOON, LATEST] = [2e3, 300e3]; // ms between tries while it does not work

let leave = null; // what the page that is shown wants done when it goes
let turn = 0;
let wait = SOON;
let timer = 0;
let waiting = null; // a newer version of the app

async function show() {
  const mine = ++turn;
  const device = await self("device");
  const [, kind = "", rest = ""] = /^#\/?([a-z]*)[/=]?(.*)$/.exec(location.hash) ?? [];
  const isEnrolling = kind === "enrol" || !device;
  const page = isEnrolling ? enrolPage : device.ended ? unsentPage : (PAGES[kind] ?? homePage);
  const given = decodeURIComponent(rest);
  if (mine !== turn) return;
  leave?.();
  leave = null;
  const made = await page(given, { device, go, again: show });
  if (mine !== turn) return made.leave?.();
  leave = made.leave ?? null;
  main.replaceChildren(...made.parts);
  main.dataset.page = isEnrolling ? "enrol" : kind || "home";
  document.title = `${made.title} · KitTrail`;
  main.focus({ preventScroll: true });
  scrollTo(0, 0);
  made.ready?.();
}

const go = (path) => {
  if (location.hash === path) show();
  else location.hash = path;
};

// The line above: where one is, whether there is a network, what is unsent.
async function showTop() {
  const [device, { waiting: unsent, needing }] = await Promise.all([self("device"), outstanding()]);
  const parts = [h("a.product", { href: "#/" }, "KitTrail")];
  if (device) {
    const text = unsent
      ? t("pill_waiting", { many: unsent })
      : needing
        ? `${t("state_needs")}: ${needing}`
        : t("pill_sent");
    const look = unsent ? "waiting" : needing ? "needs" : "sent";
    parts.push(h(`a.pill.pill-${look}`, { href: "#/unsent", id: "pill" }, text));
  }
  parts.push(
    h(
      "p.net",
      { role: "status", id: "net", class: navigator.onLine ? "net" : "net net-off" },
      navigator.onLine ? "" : t("offline"),
    ),
  );
  if (waiting)
    parts.push(
      h(
        "p.notice",
        { role: "status" },
        `${t("update")} `,
        button(t("update_now"), () => waiting.postMessage("start")),
      ),
    );
  document.getElementById("top").replaceChildren(...parts);
  if (unsent) navigator.setAppBadge?.(unsent).catch(() => {});
  else navigator.clearAppBadge?.().catch(() => {});
}

// Send now; again after a while, longer each time it does not work, never at a fixed beat.
async function trySending() {
  clearTimeout(timer);
  let problem = "";
  try {
    ({ problem } = await send());
  } catch (error) {
    problem = String(error);
  }
  if (problem === "ended") show();
  const { waiting: unsent } = await outstanding();
  wait = problem && problem !== "busy" ? Math.min(LATEST, wait * 1.7) : SOON;
  const next = unsent || problem ? wait : LATEST;
  timer = setTimeout(trySending, next * (0.7 + Math.random() * 0.6));
}

function sendSoon() {
  wait = SOON;
  trySending();
}

async function startWorker() {
  if (!navigator.serviceWorker) return;
  /** @type {RegistrationOptions} */
  const options = { scope: "/field/", updateViaCache: "none" };
  let registration;
  try {
    registration = await navigator.serviceWorker.register("/field/worker.js", {
      ...options,
      type: "module",
    });
  } catch {
    registration = await navigator.serviceWorker.register("/field/worker-plain.js", options);
  }
  const look = (worker) => {
    if (!worker || !navigator.serviceWorker.controller) return;
    const isReady = () => {
      if (worker.state !== "installed") return;
      waiting = worker;
      showTop();
    };
    worker.addEventListener("statechange", isReady);
    isReady();
  };
  look(registration.waiting);
  registration.addEventListener("updatefound", () => look(registration.installing));
  let isReloading = false;
  const had = Boolean(navigator.serviceWorker.controller);
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (!had || isReloading) return;
    isReloading = true;
    location.reload(); // every write is finished before anything is shown as kept
  });
  onChange(async () => {
    if ((await outstanding()).waiting) registration.sync?.register("send").catch(() => {});
  });
}

async function start() {
  const chosen = (await self("locale")) ?? "uk";
  await load(chosen);
  await applySettings();
  navigator.storage?.persist?.().catch(() => {}); // a browser may say no today and yes tomorrow
  await sweep();
  addEventListener("hashchange", show);
  addEventListener("online", () => [showTop(), sendSoon()]);
  addEventListener("offline", showTop);
  document.addEventListener("visibilitychange", () => document.hidden || sendSoon());
  navigator.serviceWorker?.addEventListener(
    "message",
    (event) => event.data === "send" && sendSoon(),
  );
  onChange(showTop);
  let queued = 0;
  onChange(() => {
    clearTimeout(queued);
    queued = setTimeout(
      async () =>
        (await outstanding()).waiting && navigator.onLine && wait === SOON && trySending(),
      150,
    );
  });
  await Promise.all([show(), showTop()]);
  document.documentElement.dataset.ready = "yes";
  await startWorker();
  trySending();
}

start().catch((problem) => {
  main.replaceChildren(
    h("p.notice.notice-error", { role: "alert" }, t("broken")),
    h("pre.soft", String(problem)),
  );
  throw problem;
});
