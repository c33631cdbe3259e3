// The page of an invitation: says when the phone has answered it.
const state = document.getElementById("state");
const ask = setInterval(async () => {
  const form = new FormData();
  form.append("code", state.dataset.code);
  form.append("csrf_token", state.dataset.token);
  try {
    const answer = await fetch(state.dataset.address, { method: "POST", body: form });
    const { name } = await answer.json();
    if (!name) return;
    clearInterval(ask);
    state.textContent = `${state.dataset.done} ${name}`;
    state.classList.add("notice-success");
  } catch {
    // Asked again in a moment.
  }
}, 2000);
