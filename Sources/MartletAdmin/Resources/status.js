// Brings in the new numbers every two seconds: of each element with an id that the new page has too.
"use strict";
const live = document.getElementById("live");
async function update() {
  try {
    const response = await fetch("/status", { cache: "no-store" });
    if (!response.ok) throw new Error(response.status);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const fresh of page.querySelectorAll("[id]")) {
      const shown = document.getElementById(fresh.id);
      if (!shown || shown === live || shown.innerHTML === fresh.innerHTML) continue;
      shown.replaceChildren(...fresh.cloneNode(true).childNodes);
    }
    if (live.textContent) live.textContent = "";
  } catch {
    live.textContent = "The server does not answer: these numbers are old.";
  }
  setTimeout(update, 2000);
}
setTimeout(update, 2000);
