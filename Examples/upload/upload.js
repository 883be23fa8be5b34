"use strict";
const form = document.getElementById("upload");
const panel = document.getElementById("progress");
const bar = panel.querySelector("progress");
const status = document.getElementById("status");
const cancel = document.getElementById("cancel");

const megabytes = octets => (octets / 1e6).toFixed(1) + " MB";

form.addEventListener("submit", event => {
  event.preventDefault();
  const request = new XMLHttpRequest();  // fetch does not tell how much was sent.
  const start = performance.now();
  const finish = text => {
    status.textContent = text;
    cancel.hidden = true;
    form.querySelector("button").disabled = false;
  };
  request.upload.onprogress = ({ loaded, total }) => {
    const seconds = Math.max(performance.now() - start, 1) / 1000;
    bar.value = total ? loaded / total : 0;
    status.textContent = `${megabytes(loaded)} of ${megabytes(total)}, ${megabytes(loaded / seconds)} a second`;
  };
  request.onload = () => {
    if (request.status !== 200) return finish(request.responseText);
    form.reset();
    finish("Saved.");
  };
  request.onerror = () => finish("The connection was lost.");
  request.onabort = () => finish("Cancelled.");
  cancel.onclick = () => request.abort();
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "text/plain, */*");
  request.send(new FormData(form));
  panel.hidden = cancel.hidden = false;
  status.textContent = "Sending …";
  form.querySelector("button").disabled = true;
});
