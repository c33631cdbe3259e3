// Everything this phone recorded and what became of it; sending now; files; the end of a shift.

/** @import { Carried } from "../types" */
import { scanLine } from "./answers.js";
import { show as shown } from "./codes.js";
import { button, h } from "./dom.js";
import { bring, exported } from "./files.js";
import { onChange, tell } from "./outbox.js";
import { countInLedger, send } from "./sending.js";
import { all, counts, keepSelf, newest, outstanding, since } from "./store.js";
import { many, onDay, t } from "./words.js";

const PAGE = 50;

export async function unsentPage(_, { device }) {
  let shownMany = PAGE;
  const list = h("ol.lately", { id: "scans" });
  const above = h("div");
  const showMore = () => {
    shownMany += 4 * PAGE;
    return fill();
  };
  const more = button(t("show_more"), showMore, "button.secondary");
  await keepSelf("news", null);
  const fill = async () => {
    const rows = await newest(shownMany);
    list.replaceChildren(...rows.map(scanLine));
    more.hidden = rows.length < shownMany;
    above.replaceChildren(...(await summary(device)));
  };
  await fill();
  const parts = [
    h("h1", t("outbox")),
    above,
    h(
      "div.actions",
      [
        device.ended ? null : sendButton(),
        exportButton(),
        device.ended ? null : importButton(),
      ].filter(Boolean),
    ),
    h("p.soft", t("export_hint")),
    device.ended ? null : shift(),
    list,
    more,
  ].filter(Boolean);
  return { title: t("outbox"), parts, leave: onChange(fill) };
}

async function summary(device) {
  const [{ kept, confirmed, needs }, { waiting, needing }, acts, photos, carried] =
    await Promise.all([counts(), outstanding(), all("acts"), all("photos"), all("carried")]);
  const told = [];
  if (device.ended)
    told.push(h("p.notice.notice-error", { role: "alert" }, `${t("ended")} ${t("ended_hint")}`));
  told.push(
    h("dl.counts", [
      h("div.count-kept", h("dt", t("state_kept")), h("dd", { id: "many-kept" }, String(kept))),
      h(
        "div.count-confirmed",
        h("dt", t("state_confirmed")),
        h("dd", { id: "many-confirmed" }, String(confirmed)),
      ),
      h("div.count-needs", h("dt", t("state_needs")), h("dd", { id: "many-needs" }, String(needs))),
    ]),
  );
  if (!waiting && !needing) told.push(h("p.notice", confirmed ? t("all_sent") : t("nothing")));
  for (const act of acts.slice(-10).reverse()) {
    told.push(
      h(
        `p.act.act-${act.unbooked?.length ? "needs" : act.state}`,
        `${actSaid(act)} · ${many("units", act.many)}`,
        act.unbooked?.length ? ` · ${unbookedSaid(act.unbooked)}` : "",
      ),
    );
  }
  const unsent = photos.filter((photo) => photo.state === "kept").length;
  if (unsent) told.push(h("p.soft", `${t("photos_wait")} ${many("photos", unsent)}.`));
  for (const photo of photos.filter((one) => one.state === "needs"))
    told.push(h("p.act.act-needs", t("photo_needs", { why: photo.why ?? "" })));
  for (const file of carried)
    told.push(
      h("p.soft", `${file.name}: ${file.state === "kept" ? t("import_kept") : broughtSaid(file)}`),
    );
  return told;
}

const unbookedSaid = (lines) =>
  `${many("unbooked", lines.length)}: ${lines.map((line) => shown(line.code)).join(", ")}`;

function actSaid(act) {
  if (act.state === "sent") return t("act_number", { number: act.number });
  if (act.state === "aside") return t("act_aside");
  return act.state === "needs" ? t("act_needs", { why: act.why ?? "" }) : t("act_waits");
}

/** @type {(file: Carried) => string} */
const broughtSaid = ({ scans, good, broken, brought }) => {
  const refused = scans.length - (good ?? 0);
  return [
    many("brought", good ?? 0),
    refused && many("brought_refused", refused),
    broken && many("brought_broken", broken),
    ...(brought ?? []).map(actSaid),
  ]
    .filter(Boolean)
    .join(" · ");
};

function sendButton() {
  const said = h("span.soft", { role: "status", id: "sending-said" });
  const made = button(t("send_now"), async () => {
    made.disabled = true;
    said.textContent = t("sending");
    const { problem } = await send({ force: true }).catch((error) => ({ problem: String(error) }));
    said.textContent =
      problem === "network"
        ? t("problem_network")
        : problem && problem !== "busy"
          ? t("problem_other")
          : "";
    made.disabled = false;
  });
  made.id = "send-now";
  return h("span", made, said);
}

function exportButton() {
  return button(
    t("export"),
    async () => {
      const address = URL.createObjectURL(await exported());
      const link = h("a", {
        href: address,
        download: `kittrail-unsent-${new Date().toISOString().slice(0, 10)}.json`,
      });
      link.click();
      setTimeout(() => URL.revokeObjectURL(address), 60e3);
    },
    "button.secondary",
  );
}

function importButton() {
  const input = h("input.away", { type: "file", accept: "application/json,.json", id: "bring" });
  const said = h("span.soft", { role: "status" });
  input.addEventListener("change", async () => {
    const [file] = input.files;
    input.value = "";
    const isGood = await bring(file);
    said.textContent = t(isGood ? "import_kept" : "import_bad");
    if (!isGood) return;
    tell();
    send().catch(() => {});
  });
  return h("span", h("label.file-button", { for: "bring" }, t("import")), input, said);
}

// Acts and photos that the server does not have, in words.
async function besideScans() {
  const isOpen = (row) => row.state === "kept" || row.state === "needs";
  const [acts, photos] = await Promise.all([all("acts"), all("photos")]);
  const found = { acts: acts.filter(isOpen).length, photos: photos.filter(isOpen).length };
  return Object.entries(found)
    .filter(([, n]) => n)
    .map(([key, n]) => many(key, n))
    .join(", ");
}

// "You made 47, the ledger has 47."
function shift() {
  const said = h("p", { role: "status", id: "shift-said" });
  const ask = async () => {
    const day = new Date();
    day.setHours(0, 0, 0, 0);
    const rows = await since(day.toISOString());
    said.textContent = many("made", rows.length);
    try {
      const found = await countInLedger(rows.map((row) => row.id));
      const rest = await besideScans();
      const has = `${many("made", rows.length)}, ${t("ledger_has", { many: found })}.`;
      said.textContent = rest ? `${has} ${t("also_unsent", { what: rest })}` : has;
      const isGood = found === rows.length && !rest;
      said.className = isGood ? "good" : "notice notice-warning";
    } catch {
      said.textContent += `. ${t("shift_offline")}`;
    }
  };
  return h(
    "section",
    h("h2", `${t("shift")}, ${onDay(Date.now())}`),
    button(t("shift_ask"), ask, "button.secondary"),
    said,
  );
}
