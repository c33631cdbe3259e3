// Enrolling: the code of an invitation, from the address or scanned here, and a name for the phone.
import { button, field, h } from "./dom.js";
import { carried } from "./files.js";
import { makeKeys, publicKey } from "./keys.js";
import { scanner } from "./reading.js";
import { enrolWith, take } from "./sending.js";
import { all, change, keep, keepSelf, self, unsent } from "./store.js";
import { t } from "./words.js";

export async function enrolPage(given, { device, go }) {
  const code = h("input", {
    autocomplete: "off",
    spellcheck: "false",
    autocapitalize: "none",
    maxlength: "200",
    value: given,
  });
  const name = h("input", { maxlength: "60", required: true, autocomplete: "off" });
  const said = h("p.notice.notice-error", { role: "alert", hidden: true });
  const say = (text) => {
    said.textContent = text ?? "";
    said.hidden = !text;
  };
  const camera = scanner(
    ([one]) => {
      code.value = one.text;
      name.focus();
    },
    { inForm: true },
  );
  const submit = async (event) => {
    event.preventDefault();
    say(null);
    if (!name.value.trim()) return name.focus();
    try {
      await enrol(codeIn(code.value), name.value.trim());
    } catch (problem) {
      return say(
        problem.problem?.detail && problem.problem.type !== "/problems/invitation-over"
          ? problem.problem.detail
          : problem.problem
            ? t("enrol_over")
            : t("enrol_network"),
      );
    }
    history.replaceState(null, "", "#/"); // the code is used up, and need not be seen again
    go("#/");
  };
  const parts = [
    h("h1", t("enrol")),
    h("p", t("enrol_hint")),
    device && !device.ended && h("p.notice.notice-warning", t("enrolled_already")),
    said,
    h("form", { onsubmit: submit }, [
      given ? null : camera.part,
      given ? null : field(t("enrol_code"), code),
      field(t("enrol_name"), name, t("enrol_name_hint")),
      h("button.wide", { type: "submit" }, t("enrol_do")),
    ]),
    device && button(t("cancel"), () => go("#/"), "button.secondary"),
  ].filter(Boolean);
  return { title: t("enrol"), parts, leave: camera.leave, ready: () => given && name.focus() };
}

const codeIn = (text) => /#enrol=([\w-]+)/.exec(text)?.[1] ?? text.trim();

async function enrol(code, name) {
  const keys = await makeKeys();
  const { device: number, token } = await enrolWith(code, name, await publicKey(keys));
  const device = { number, name, token, keys, enrolled_at: new Date().toISOString(), ended: null };
  await passOn(await self("device"));
  await keepSelf("device", device);
  await navigator.storage?.persist?.();
  await take(device, true).catch(() => {});
  const taken = await self("taken");
  if (taken)
    await keepSelf("device", { ...device, role: taken.device.role, until: taken.device.until });
}

// What this phone has not sent as the device it was: it carries that for it from now on, signed.
async function passOn(old) {
  const rows = await unsent();
  const acts = (await all("acts")).filter((act) => act.state === "kept");
  if (!old || rows.length + acts.length === 0) return;
  const [scans, texts] = [
    rows.map((row) => row.scan),
    acts.map(({ text, signature }) => ({ text, signature })),
  ];
  await keep({ carried: [carried({ device: old.number, name: old.name, scans, acts: texts })] });
  await change(
    "scans",
    rows.map((row) => row.id),
    (row) => ({ ...row, state: "needs", answer: { outcome: "set_aside" } }),
  );
  await change(
    "acts",
    acts.map((act) => act.id),
    (act) => ({ ...act, state: "aside" }),
  );
}
