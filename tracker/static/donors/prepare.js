// Follows how far an export is, and fetches it when it is ready. Without this the page loads anew.
/** @type {HTMLProgressElement} */
const bar = document.querySelector("#preparing progress");
const address = new URL(location.href);
address.searchParams.set("progress", "1");

async function look() {
  const answer = await fetch(address, { cache: "no-store" });
  const told = answer.ok ? await answer.json() : { state: "none" };
  if (told.state === "asked" || told.state === "begun") {
    bar.value = told.done;
    setTimeout(look, 2000);
  } else {
    bar.value = bar.max;
    location.reload();
  }
}

setTimeout(look, 2000);
