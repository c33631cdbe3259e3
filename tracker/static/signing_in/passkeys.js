// Asks the device for a passkey, to make one or to sign in with one, and posts what it answers.
// The question is in the form (templates/security/_device.html); keys never leave the device.
const form = /** @type {HTMLFormElement} */ (document.getElementById("device"));
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
  const made = /** @type {PublicKeyCredential} */ (
    await navigator.credentials.create({ publicKey })
  );
  const response = /** @type {AuthenticatorAttestationResponse} */ (made.response);
  return told(made, {
    attestationObject: text(response.attestationObject),
    transports: response.getTransports?.() ?? [],
  });
}

async function use() {
  const allowCredentials = known(asked.allowCredentials);
  const publicKey = { ...asked, challenge: bytes(asked.challenge), allowCredentials };
  const used = /** @type {PublicKeyCredential} */ (await navigator.credentials.get({ publicKey }));
  const response = /** @type {AuthenticatorAssertionResponse} */ (used.response);
  return told(used, {
    authenticatorData: text(response.authenticatorData),
    signature: text(response.signature),
    userHandle: text(response.userHandle),
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
    const answer = /** @type {HTMLInputElement} */ (form.elements.namedItem("credential"));
    answer.value = await (asked.user ? make() : use());
    form.submit();
  } catch (refusal) {
    const isThere = refusal.name === "InvalidStateError";
    say(isThere ? form.dataset.known : form.dataset.failed, true);
  }
}

again.addEventListener("click", ask);
ask();
