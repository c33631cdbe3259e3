// The forms of steps that need more than a scan: deployment, inspection, a loss.
/** @import { Photo } from "../types" */
import { button, choice, field, h, select } from "./dom.js";
import { prepare } from "./photos.js";
import { placeChoice } from "./questions.js";
import { readText, scanner } from "./reading.js";
import { name, placeName, steps, t } from "./words.js";

const YES_NO = () => [
  ["yes", t("yes")],
  ["no", t("no")],
];

/**
 * Photos as they are added: `list` holds what `photos.prepare` made.
 * @param {(file: File, photo: Photo) => unknown} [onPhoto] is told of each
 */
export function photoPicker(onPhoto = () => {}) {
  /** @type {Photo[]} */
  const list = [];
  const said = h("p.notice.notice-error", { role: "alert", hidden: true }, t("photo_wrong"));
  const row = h("div.photos");
  const input = h("input.away", {
    type: "file",
    accept: "image/*",
    capture: "environment",
    id: `photo-${Math.random().toString(36).slice(2)}`,
  });
  const draw = () =>
    row.replaceChildren(
      ...list.map((photo) => {
        const address = URL.createObjectURL(photo.blob);
        const picture = h("img", {
          src: address,
          alt: t("photo"),
          onload: () => URL.revokeObjectURL(address),
        });
        return h(
          "figure",
          picture,
          button(
            t("remove"),
            () => [list.splice(list.indexOf(photo), 1), draw()],
            "button.secondary",
          ),
        );
      }),
    );
  input.addEventListener("change", async () => {
    const [file] = input.files;
    input.value = "";
    const photo = file && (await prepare(file));
    said.hidden = Boolean(photo);
    if (photo && !list.some((one) => one.sha === photo.sha)) list.push(photo);
    draw();
    if (photo) onPhoto(file, photo);
  });
  return {
    list,
    part: h("div.field", [
      h("p", h("label.file-button", { for: input.id }, t("photo_add")), input),
      h("small", t("photo_hint")),
      said,
      row,
    ]),
  };
}

// The maker's barcode of the unit in front of the person.
function secondField() {
  const input = h("input", {
    maxlength: "64",
    autocomplete: "off",
    autocapitalize: "characters",
    spellcheck: "false",
  });
  const reading = scanner(
    ([one]) => {
      const said = readText(one.text);
      input.value = said.code ?? one.text;
    },
    { inForm: true },
  );
  const more = h("details", h("summary", t("camera_open")), reading.part);
  more.addEventListener("toggle", () => (more.open ? reading.ready() : reading.leave()));
  return {
    part: h("div", field(t("second"), input, `${t("second_hint")} ${t("second_later")}`), more),
    value: () => input.value.trim(),
    leave: reading.leave,
  };
}

const needsSite = (step) => steps()[step]?.needs.includes("site");

// Where the person stands who takes the step; of a loss, where it was, which nobody presets.
function placeField(step, { places }) {
  const fitting = places.filter((place) => !needsSite(step) || place.kind === "site");
  const options = fitting.map((one) => [one.ref, placeName(one)]);
  return steps()[step]?.presence === "none"
    ? select(options, "", t("no_place"))
    : placeChoice(fitting);
}

// { part, where, read, leave } of the form of a step. `read()` gives what to record but for the
// place, which is chosen in `where`, or { problem }.
export function formOf(step, { taken }) {
  const where = placeField(step, taken);
  const second = steps()[step]?.second ? secondField() : null;
  const photos = photoPicker();
  const note = h("textarea", { rows: "2", maxlength: "1500" });
  const form = moreOf(step);
  const part = h("div", [
    field(needsSite(step) ? t("site") : t("where"), where),
    second?.part,
    ...form.parts,
    photos.part,
    field(t("note"), note),
  ]);
  const read = () => {
    const said = form.read();
    if (said.problem) return said;
    if (needsSite(step) && !where.value) return { problem: t("say_site") };
    const number = second?.value();
    const proof = number ? readText(number) : null;
    if (proof?.problem) return { problem: proof.problem };
    const words = [said.note, note.value.trim()].filter(Boolean).join("\n");
    return {
      scan: {
        ...said.scan,
        second_identifier: proof?.code,
        note: words || null,
        evidence: photos.list.map((one) => one.sha),
      },
      photos: photos.list,
    };
  };
  return { part, where, read, leave: () => second?.leave() };
}

// What a step asks beside where, a photo and a note. A deployment asks more than any other: whether
// the unit works, who was trained, how fast it is.
function moreOf(step) {
  if (step === "deploying") return deploying();
  const { needs, asks } = steps()[step];
  return needs.includes("findings") ? inspecting(asks) : losing(step);
}

function deploying() {
  const works = choice(t("works"), YES_NO());
  const condition = select(
    ["good", "damaged", "unserviceable"].map((one) => [one, name("condition", one)]),
    "good",
  );
  const trained = h("input", { maxlength: "120", autocomplete: "off" });
  const [down, up] = [0, 0].map(() =>
    h("input", { type: "number", min: "0", max: "10000", step: "0.1", inputmode: "decimal" }),
  );
  const speed = h(
    "fieldset",
    h("legend", t("speed")),
    h("div.pair", field(t("down"), down), field(t("up"), up)),
  );
  const parts = [works, field(t("condition"), condition), field(t("trained"), trained), speed];
  const read = () => {
    if (!works.value) return { problem: t("say_yes_no") };
    const told = [trained.value.trim() && `${t("trained")}: ${trained.value.trim()}`];
    if (down.value || up.value)
      told.push(`${t("speed")}: ↓ ${down.value || "—"}, ↑ ${up.value || "—"} Mbit/s`);
    return {
      scan: { findings: { working: works.value === "yes" }, condition: condition.value },
      note: told.filter(Boolean).join("\n"),
    };
  };
  return { parts, read };
}

function inspecting(questions) {
  const asked = questions.map((one) => [one, choice(t(`ask_${one}`), YES_NO())]);
  const read = () => {
    if (asked.some(([, answer]) => !answer.value)) return { problem: t("answer_all") };
    return {
      scan: {
        findings: Object.fromEntries(asked.map(([one, answer]) => [one, answer.value === "yes"])),
      },
    };
  };
  return { parts: asked.map(([, answer]) => answer), read };
}

function losing(step) {
  if (!steps()[step]?.needs.includes("report")) return { parts: [], read: () => ({ scan: {} }) };
  const report = h("input", { maxlength: "64", autocomplete: "off" });
  const read = () =>
    report.value.trim() ? { scan: { report: report.value.trim() } } : { problem: t("say_report") };
  return { parts: [field(t("report"), report)], read };
}
