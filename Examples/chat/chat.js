"use strict";
const messages = document.getElementById("messages");
const status = document.getElementById("status");
const form = document.getElementById("say");

const scrollDown = () => { messages.scrollTop = messages.scrollHeight };
scrollDown();
(form.elements.name.value ? form.elements.text : form.elements.name).focus();

// The browser connects again by itself and says which message it saw last.
const events = new EventSource("/events?after=" + messages.dataset.last);
events.onopen = () => { status.textContent = "Connected" };
events.onerror = () => {
  status.textContent = events.readyState === EventSource.CLOSED ? "Disconnected: reload the page" : "Connecting …";
};
events.onmessage = event => {
  const atEnd = messages.scrollHeight - messages.scrollTop - messages.clientHeight < 50;
  messages.insertAdjacentHTML("beforeend", event.data);  // Escaped by the server, as in the page.
  while (messages.children.length > 500) messages.firstElementChild.remove();
  if (atEnd) scrollDown();
};

form.addEventListener("submit", async event => {
  event.preventDefault();
  const text = form.elements.text;
  const body = new URLSearchParams(new FormData(form));
  try {
    const answer = await fetch("/", { method: "POST", body, redirect: "manual" });
    if (answer.type === "opaqueredirect") {
      text.value = "";
      text.focus();
    } else {
      status.textContent = answer.status === 429 ? "Too fast: wait a second" : await answer.text();
    }
  } catch {
    status.textContent = "Not sent: the server cannot be reached";
  }
});
