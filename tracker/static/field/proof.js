// Where a unit was chosen in a list: scanning it proves that the person stands before it.
import { isMakers, show as shown } from "./codes.js";
import { button, h } from "./dom.js";
import { readText, scanner } from "./reading.js";
import { t } from "./words.js";

// A panel that waits for the unit's label, or its maker's barcode, and puts into `sight` what was
// scanned: `isScanned`, or `makers`, its number. `lead(code)` goes to another unit's page.
export function proof(code, answer, sight, lead) {
  const read = (codes) => {
    if (answer.isAsking()) return;
    for (const { text } of codes) look(readText(text), text);
  };
  const reading = scanner(read);
  const part = h(
    "section",
    { id: "proof" },
    h("p.notice.notice-warning", t("listed")),
    reading.part,
  );
  const leave = () => reading.leave();

  function look(said, text) {
    if (said.problem || said.foreign) {
      const why = said.problem ?? t("foreign", { host: said.foreign });
      return answer.tell("refused", why, text.slice(0, 60));
    }
    if (said.code === code) sight.isScanned = true;
    else if (said.isLabel) {
      const there = button(t("next"), () => lead(said.code), "button.secondary");
      return answer.tell("refused", t("other_unit"), shown(said.code), "", [there]);
    } else if (isMakers(said.code)) sight.makers = said.code;
    else {
      const isIt = () => proved({ makers: said.code });
      const yes = button(t("all_the_same"), isIt, "button.secondary");
      return answer.tell("again", t("not_a_label"), said.code, "", [yes]);
    }
    proved();
  }

  function proved(more = {}) {
    Object.assign(sight, more);
    leave();
    part.replaceChildren(h("p.good", { role: "status" }, t("sighted")));
    answer.tell("ready", t("sighted"), shown(code));
  }

  const end = () => {
    leave();
    part.remove();
  };
  return { part, ready: reading.ready, leave, end };
}
