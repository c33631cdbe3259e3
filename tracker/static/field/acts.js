// The handover act as both sides read it before they sign.
import { show as shown } from "./codes.js";
import { h } from "./dom.js";
import { locale, many, t } from "./words.js";

export const partyName = (party) =>
  [party.name, party.code && `ЄДРПОУ ${party.code}`].filter(Boolean).join(", ");

// `lines`: [{ code, name, second, boxName }]; `giver`, `receiver`: parties.
export function actPaper({ giver, receiver, site, purpose, lines, at }) {
  const side = (label, party) => h("p", h("strong", `${label}: `), partyName(party));
  const rows = lines.map((line, place) =>
    h(
      "tr",
      h("td", String(place + 1)),
      h("td", [line.name || "—", line.boxName].filter(Boolean).join(" · ")),
      h("td.code", shown(line.code)),
      h("td", line.second ? "✓" : ""),
    ),
  );
  return h("article.paper", [
    h("h2", t("act")),
    h(
      "p.soft",
      new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "Europe/Kyiv" }).format(at),
    ),
    side(t("giver"), giver),
    side(t("receiver"), receiver),
    site && h("p", h("strong", `${t("site")}: `), site),
    h("p", h("strong", `${t("purpose")}: `), purpose),
    h("p", t("act_clause")),
    h("p", many("units", lines.length)),
    h("table", h("tbody", rows)),
    h("p.soft", t("act_number_later")),
  ]);
}
