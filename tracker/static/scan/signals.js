// A signal for each sort of answer, told apart with gloves on in a noisy hall: no two sorts have
// the same rhythm, and none the same pitches; a phone shakes in the same rhythm.

// The tones of a sort, one after another: [pitch in Hz, length in ms, silence after it in ms].
export const SOUNDS = {
  recorded: [[1760, 90, 0]],
  again: [
    [880, 80, 70],
    [880, 80, 0],
  ],
  gap: [
    [1319, 80, 60],
    [988, 80, 60],
    [1319, 200, 0],
  ],
  refused: [[247, 450, 0]],
  unknown: [
    [740, 120, 50],
    [370, 300, 0],
  ],
  waiting: [
    [587, 40, 80],
    [587, 40, 80],
    [587, 40, 80],
    [587, 40, 0],
  ],
  setting: [
    [1047, 40, 30],
    [1568, 180, 0],
  ],
};
const SAME_AS = { undone: "setting", pair: "setting", unreadable: "refused" };
const LOUDNESS = 0.25;
const FADE = 0.005; // s; a tone that stops at once clicks
const KEPT = "kittrail-muted";

let context = null;
let muted = read();

const tonesOf = (sort) => SOUNDS[SAME_AS[sort] ?? sort] ?? SOUNDS.setting;

// How a phone shakes for a sort: on, off, on ... in ms.
export function shaking(sort) {
  return tonesOf(sort)
    .flatMap(([, length, silence]) => [length, silence])
    .slice(0, -1);
}

// Put the tones of a sort into any audio context, from its time `start` on.
export function play(sort, on, start) {
  let at = start;
  for (const [pitch, length, silence] of tonesOf(sort)) {
    const end = at + length / 1000;
    const tone = new OscillatorNode(on, { type: "square", frequency: pitch });
    const volume = new GainNode(on, { gain: 0 });
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(LOUDNESS, at + FADE);
    volume.gain.setValueAtTime(LOUDNESS, end - FADE);
    volume.gain.linearRampToValueAtTime(0, end);
    tone.connect(volume).connect(on.destination);
    tone.start(at);
    tone.stop(end);
    at = end + silence / 1000;
  }
}

// Sound and shake. A signal is never worth a lost scan: nothing that fails here is thrown.
export function signal(sort) {
  try {
    if (navigator.userActivation?.hasBeenActive !== false) navigator.vibrate?.(shaking(sort));
  } catch {
    // A machine that does not shake still sounds.
  }
  try {
    if (!muted && context?.state === "running") play(sort, context, context.currentTime);
  } catch {
    // Colour, shape and word say the same.
  }
}

// Browsers allow sound only after a gesture: call this from every pointerdown and keydown.
export function unlock() {
  try {
    context ??= new AudioContext({ latencyHint: "interactive" });
    if (context.state !== "running") context.resume().catch(() => {});
  } catch {
    // No sound on this machine.
  }
}

export const isMuted = () => muted;

// Sound off or on, also for the next visit; shaking stays.
export function mute(on) {
  muted = Boolean(on);
  try {
    localStorage.setItem(KEPT, muted ? "yes" : "no");
  } catch {
    // It holds until the page is left.
  }
}

function read() {
  try {
    return localStorage.getItem(KEPT) === "yes";
  } catch {
    return false;
  }
}
