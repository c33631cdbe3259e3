import * as signals from "/static/scan/signals.js";

window.signals = signals;
// The sound of a sort, as one number per sample.
window.render = async (sort) => {
  const context = new OfflineAudioContext(1, 44100, 44100);
  signals.play(sort, context, 0);
  return Array.from((await context.startRendering()).getChannelData(0));
};
// Count what sounds and shakes from now on.
window.spy = () => {
  window.done = { tones: 0, shakes: [] };
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (at) {
    done.tones++;
    start.call(this, at);
  };
  navigator.vibrate = (pattern) => done.shakes.push(pattern);
};
addEventListener("pointerdown", signals.unlock);
document.body.dataset.ready = "yes";
