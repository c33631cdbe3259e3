// The first page: four big buttons, and what should not be overlooked.
import { h } from "./dom.js";
import { onChange } from "./outbox.js";
import { outstanding, room, self } from "./store.js";
import { many, onDay, t } from "./words.js";

const OLD = 86400e3;

export async function homePage(_, { device }) {
  const notes = h("div");
  const fill = async () => notes.replaceChildren(...(await notices()));
  await fill();
  const taken = await self("taken");
  const mayHandOver = (taken?.steps ?? []).includes("accepting");
  const parts = [
    h("h1", t("hello")),
    notes,
    h("nav.big", { "aria-label": t("hello") }, [
      h("a.big-button.first", { href: "#/scan" }, t("scan")),
      mayHandOver && h("a.big-button", { href: "#/handover" }, t("handover")),
      h("a.big-button", { href: "#/units" }, t("units")),
      h("a.big-button", { href: "#/unsent" }, t("outbox")),
      h("a.big-button.quiet", { href: "#/settings" }, t("settings")),
    ]),
    h("p.soft", device.name),
  ];
  const [off, workers] = [onChange(fill), navigator.serviceWorker];
  workers?.addEventListener("controllerchange", fill);
  const leave = () => [off(), workers?.removeEventListener("controllerchange", fill)];
  return { title: t("title"), parts, leave };
}

async function notices() {
  const [{ waiting, oldest }, { part }, draft, news] = await Promise.all([
    outstanding(),
    room(),
    self("draft"),
    self("news"),
  ]);
  const told = [];
  if (oldest && Date.now() - Date.parse(oldest) > OLD)
    told.push(
      h(
        "p.notice.notice-warning",
        { role: "alert" },
        `${t("pill_waiting", { many: waiting })}. ${t("old", { day: onDay(oldest) })}`,
      ),
    );
  if (navigator.serviceWorker && !navigator.serviceWorker.controller && navigator.onLine) {
    told.push(h("p.notice", { id: "keeping", role: "status" }, t("keeping")));
  }
  if (part > 0.9) told.push(h("p.notice.notice-error", { role: "alert" }, t("storage_nearly")));
  if (news?.length)
    told.push(
      h("p.notice", { id: "news" }, h("a", { href: "#/unsent" }, many("decided", news.length))),
    );
  if (draft) told.push(h("p.notice", h("a", { href: "#/handover" }, t("draft"))));
  return told;
}
