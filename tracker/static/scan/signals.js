// A sound for each sort of answer, told apart with gloves on in a noisy hall: pitch and rhythm
// differ. [frequency in Hz, start, length in s] of each tone; and how long to shake a phone (ms).
const SOUNDS = {
  recorded: [[[1320, 0, 0.09]], [40]],
  again: [[[660, 0, 0.07], [660, 0.11, 0.07]], [30, 50, 30]],
  gap: [[[880, 0, 0.09], [587, 0.1, 0.09], [880, 0.2, 0.09]], [60, 40, 60, 40, 60]],
  refused: [[[196, 0, 0.4]], [300]],
  unknown: [[[523, 0, 0.12], [392, 0.14, 0.18]], [80, 60, 120]],
  waiting: [[[440, 0, 0.05]], [20]],
  setting: [[[880, 0, 0.05], [1175, 0.06, 0.08]], [20, 20, 20]],
};
const LIKE = { undone: "setting", pair: "setting", unreadable: "refused" };

let context = null;
let muted = false;
try {
  muted = localStorage.getItem("kittrail-muted") === "yes";
} catch {
  // A browser that keeps nothing still sounds.
}

export const isMuted = () => muted;

export function mute(on) {
  muted = on;
  try {
    localStorage.setItem("kittrail-muted", on ? "yes" : "no");
  } catch {
    // It holds until the page is left.
  }
}

// Browsers sound only after the person has touched the page.
export function unlock() {
  try {
    context ??= new AudioContext();
    if (context.state === "suspended") context.resume();
  } catch {
    // Without sound there is still colour and shape.
  }
}

export function signal(sort) {
  const [tones, shake] = SOUNDS[LIKE[sort] ?? sort] ?? SOUNDS.setting;
  try {
    navigator.vibrate?.(shake);
    if (muted || !context || context.state !== "running") return;
    for (const [pitch, start, length] of tones) {
      const tone = context.createOscillator();
      const loudness = context.createGain();
      const at = context.currentTime + start;
      tone.type = "square";
      tone.frequency.value = pitch;
      loudness.gain.setValueAtTime(0.12, at);
      loudness.gain.exponentialRampToValueAtTime(0.001, at + length);
      tone.connect(loudness).connect(context.destination);
      tone.start(at);
      tone.stop(at + length);
    }
  } catch {
    // A sound is never worth a lost scan.
  }
}
