// What this phone took along: its places, and the units there by what is to be done with them.
import { show as shown } from "./codes.js";
import { button, h } from "./dom.js";
import { unitsNow } from "./known.js";
import { openSite } from "./sending.js";
import { all, keepSite, self } from "./store.js";
import { many, name, onDay, placeName, productName, t } from "./words.js";

const TASKS = {
  to_deliver: ["in_stock", "packed", "in_transit"],
  to_deploy: ["handed_over"],
  to_inspect: ["deployed"],
};
const MOST = 300; // lines in one list

export async function unitsPage() {
  const taken = (await self("taken")) ?? { units: [], places: [] };
  const sites = new Map((await all("sites")).map((site) => [site.ref, site]));
  const units = await unitsNow(taken);
  const tasks = Object.entries(TASKS).map(([task, statuses]) =>
    taskList(
      task,
      units.filter((unit) => statuses.includes(unit.status)),
    ),
  );
  const parts = [
    h("h1", t("tasks")),
    taken.places.length
      ? h(
          "ul.places",
          taken.places.map((place) => placeCard(place, sites.get(place.ref))),
        )
      : h("p.soft", t("no_tasks")),
    h("h1", t("units")),
    h("p.soft", `${t("units_hint")} ${many("units", units.length)}.`),
    ...tasks,
    units.length ? null : h("p.soft", t("no_units")),
  ].filter(Boolean);
  return { title: t("units"), parts };
}

function taskList(task, units) {
  if (!units.length) return null;
  const lines = units
    .slice(0, MOST)
    .map((unit) =>
      h(
        "li",
        h(
          "a.unit",
          { href: `#/u/${unit.code}` },
          h("strong.code", shown(unit.code)),
          h("span", productName(unit)),
          h(
            "span.soft",
            [name("status", unit.status), unit.location ?? unit.consignment]
              .filter(Boolean)
              .join(" · "),
          ),
        ),
      ),
    );
  return h(
    "details",
    { open: true },
    h("summary", h("h2", `${t(task)}: ${units.length}`)),
    h("ul.units", lines),
  );
}

function placeCard(place, known) {
  const told = h("dl.facts");
  const fill = (facts) =>
    told.replaceChildren(
      ...Object.entries(facts).map(([key, fact]) =>
        h("div", h("dt", name("fact", key)), h("dd", fact)),
      ),
    );
  if (known) fill(known.facts);
  const said = h("small", { role: "status" }, t("open_site_hint"));
  const open = button(
    t("open_site"),
    async () => {
      try {
        const { facts, until } = await openSite(place.ref);
        await keepSite({ ref: place.ref, facts, until });
        fill(facts);
        open.remove();
      } catch (problem) {
        said.textContent = problem.problem?.detail || t("open_site_offline");
      }
    },
    "button.secondary",
  );
  const isSealed = place.kind === "site" && !known;
  return h("li.card", [
    h("strong", placeName(place)),
    place.until && h("span.soft", ` ${t("task_until", { day: onDay(place.until) })}`),
    told,
    isSealed && open,
    isSealed && said,
  ]);
}
