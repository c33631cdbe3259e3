// Settings of this phone: language, size of text, sound; what it is and how much room it has.
import { isMuted, mute } from "../scan/signals.js";
import { button, choice, field, h } from "./dom.js";
import { keepSelf, room, self } from "./store.js";
import { load, locale, name, onDay, t } from "./words.js";

const SIZES = ["100", "125", "150", "200"];
let installing = null;
addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  installing = event;
});

export async function applySettings() {
  const size = Number((await self("size")) ?? 100);
  document.documentElement.style.fontSize = `${size}%`;
  document.documentElement.classList.toggle("large-text", size > 125);
}

export async function settingsPage(_, { device, again }) {
  const [size, { isKept, part }, giver, taken] = [
    (await self("size")) ?? "100",
    await room(),
    (await self("giver")) ?? {},
    await self("taken"),
  ];
  const language = choice(
    t("language"),
    [
      ["uk", "Українська"],
      ["en", "English"],
    ],
    async (chosen) => {
      if (chosen === locale) return;
      await keepSelf("locale", chosen);
      await load(chosen);
      again();
    },
  );
  language.querySelector(`[value="${locale}"]`).checked = true;
  const sizes = choice(
    t("text_size"),
    SIZES.map((one) => [one, `${one} %`]),
    async (chosen) => {
      await keepSelf("size", chosen);
      applySettings();
    },
  );
  sizes.querySelector(`[value="${size}"]`).checked = true;
  const sound = choice(
    t("sound"),
    [
      ["on", t("yes")],
      ["off", t("no")],
    ],
    (chosen) => mute(chosen === "off"),
  );
  sound.querySelector(`[value="${isMuted() ? "off" : "on"}"]`).checked = true;
  const person = h("input", { maxlength: "120", autocomplete: "off" });
  const position = h("input", { maxlength: "120", autocomplete: "off" });
  [person.value, position.value] = [giver.person ?? "", giver.position ?? ""];
  const keepGiver = () =>
    keepSelf("giver", { ...giver, person: person.value.trim(), position: position.value.trim() });
  person.addEventListener("change", keepGiver);
  position.addEventListener("change", keepGiver);
  const parts = [
    h("h1", t("settings")),
    language,
    sizes,
    sound,
    h("fieldset", h("legend", t("me")), field(t("person"), person), field(t("position"), position)),
    h("h2", t("storage")),
    h("p", isKept ? t("storage_kept") : t("storage_loose")),
    h("p.soft", `${(part * 100).toFixed(1)} %`),
    installing && button(t("install"), () => installing.prompt(), "button.secondary"),
    h("h2", t("device")),
    h("p", [device.name, device.role && name("role", device.role)].filter(Boolean).join(" · ")),
    device.until && h("p.soft", t("until", { day: onDay(device.until) })),
    taken && h("p.soft", `№ ${device.number}`),
    h("p", h("a.file-button", { href: "#/enrol" }, t("enrol"))),
  ].filter(Boolean);
  return { title: t("settings"), parts };
}
