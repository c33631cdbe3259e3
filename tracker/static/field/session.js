// What the person has said since the app was opened: where they stand, and which questions were
// answered with yes. It holds until the app is closed or the day ends; then it is asked again.
// And which code was scanned to come to the page that is shown, which holds for that page alone.
const KEPT = "kittrail-said";

const today = () =>
  new Intl.DateTimeFormat("en-CA", { timeZone: "Europe/Kyiv" }).format(new Date());

let held = null;

function said() {
  try {
    held ??= JSON.parse(sessionStorage.getItem(KEPT));
  } catch {
    // A browser without such a storage asks again when the page is loaded anew.
  }
  if (held?.day !== today()) held = { day: today(), place: null, answers: [] };
  return held;
}

function keep(more) {
  held = { ...said(), ...more };
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(held));
  } catch {
    // It holds until the page is left.
  }
}

// The place where they said to stand; "" where they said at none of these; null if nothing was
// said.
export const standing = () => said().place;
export const standAt = (place) => keep({ place });

export const isAnswered = (key) => said().answers.includes(key);
export const answered = (key) => keep({ answers: [...said().answers, key] });

let scanned = null;

// The next page is shown because this code was scanned.
export function leadTo(code) {
  scanned = code;
}

// Whether the page of a code is shown because it was scanned, and not tapped in a list.
export function ledBy(code) {
  const isScanned = scanned === code;
  scanned = null;
  return isScanned;
}
