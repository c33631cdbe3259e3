// Asks the device for a passkey, to make one or to sign in with one, and posts what it answers.
// The question is in the form (templates/security/_device.html); keys never leave the device.
const form = document.getElementById("device");
const state = document.getElementById("device-state");
const again = document.getElementById("device-again");
const asked = JSON.parse(form.dataset.options);

function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const plain = btoa(String.fromCharCode(...new Uint8Array(buffer ?? [])));
  return plain.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function known(keys) {
  return (keys ?? []).map((key) => ({ ...key, id: bytes(key.id) }));
}

async function make() {
  const user = { ...asked.user, id: bytes(asked.user.id) };
  const excludeCredentials = known(asked.excludeCredentials);
  const publicKey = { ...asked, challenge: bytes(asked.challenge), user, excludeCredentials };
  const made = await navigator.credentials.create({ publicKey });
  return told(made, {
    attestationObject: text(made.response.attestationObject),
    transports: made.response.getTransports?.() ?? [],
  });
}

async function use() {
  const allowCredentials = known(asked.allowCredentials);
  const publicKey = { ...asked, challenge: bytes(asked.challenge), allowCredentials };
  const used = await navigator.credentials.get({ publicKey });
  return told(used, {
    authenticatorData: text(used.response.authenticatorData),
    signature: text(used.response.signature),
    userHandle: text(used.response.userHandle),
  });
}

function told(key, response) {
  const clientDataJSON = text(key.response.clientDataJSON);
  const whole = { id: key.id, rawId: text(key.rawId), type: key.type };
  return JSON.stringify({ ...whole, response: { ...response, clientDataJSON } });
}

function say(words, wrong) {
  state.textContent = words;
  state.classList.toggle("notice-error", wrong);
  again.hidden = !wrong;
}

async function ask() {
  if (!globalThis.PublicKeyCredential) return say(form.dataset.unable, true);
  say(form.dataset.asking, false);
  try {
    form.elements.credential.value = await (asked.user ? make() : use());
    form.submit();
  } catch (refusal) {
    const isThere = refusal.name === "InvalidStateError";
    say(isThere ? form.dataset.known : form.dataset.failed, true);
  }
}

again.addEventListener("click", ask);
ask();
