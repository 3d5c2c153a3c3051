// The review page: the place of the focused value is lit on the picture; a few keys make the round quicker.
"use strict";

const form = document.getElementById("modulo");
const pane = document.querySelector(".pictures");
const SVG = "http://www.w3.org/2000/svg";

// Every doubtful value is framed; boxes are in points of the page, which the server measures.
for (const sheet of document.querySelectorAll("svg[data-measures]")) {
  const page = sheet.closest("[data-page]").dataset.page;
  const draw = async () => {
    const answer = await fetch(sheet.dataset.measures, { credentials: "same-origin" }).catch(() => null);
    if (!answer || !answer.ok) return;
    const { width, height } = await answer.json();
    sheet.setAttribute("viewBox", `0 0 ${width} ${height}`);
    for (const slot of document.querySelectorAll(`.slot[data-page="${page}"]`)) {
      const [x0, y0, x1, y1] = slot.dataset.box.split(" ").map(Number);
      const frame = document.createElementNS(SVG, "rect");
      frame.setAttribute("x", x0 - 2);
      frame.setAttribute("y", y0 - 2);
      frame.setAttribute("width", Math.max(x1 - x0 + 4, 6));
      frame.setAttribute("height", Math.max(y1 - y0 + 4, 6));
      if (!slot.classList.contains("doubt")) frame.setAttribute("visibility", "hidden");
      slot.frame = frame;
      sheet.append(frame);
    }
    if (document.activeElement) light(document.activeElement.closest(".slot"));
  };
  const image = sheet.parentElement.querySelector("img");
  if (image.complete && image.naturalWidth) draw();
  else image.addEventListener("load", draw, { once: true });
}

const light = (slot) => {
  for (const other of document.querySelectorAll(".boxes .lit")) other.classList.remove("lit");
  for (const other of document.querySelectorAll(".slot:not(.doubt)")) other.frame?.setAttribute("visibility", "hidden");
  if (!slot?.frame) return;
  slot.frame.setAttribute("visibility", "visible");
  slot.frame.classList.add("lit");
  const place = slot.frame.getBoundingClientRect();
  const around = pane.getBoundingClientRect();
  if (place.top < around.top + 20 || place.bottom > around.bottom - 20)
    pane.scrollTop += place.top - around.top - around.height / 3;
};

if (form) {
  form.addEventListener("focusin", (event) => light(event.target.closest(".slot")));
  for (const button of form.querySelectorAll("button[data-fill]"))
    button.addEventListener("click", (event) => {
      event.preventDefault();
      const input = document.getElementById(button.dataset.fill);
      input.value = button.dataset.value;
      input.focus();
    });
  const inputs = () =>
    [...form.querySelectorAll(".slot.doubt")].map((slot) => slot.querySelector("input:not([type=hidden]), select, textarea"));
  const go = (step) => {
    const all = inputs();
    if (!all.length) return document.getElementById("conferma")?.focus();
    const here = all.indexOf(document.activeElement?.closest?.(".slot")?.querySelector("input:not([type=hidden]), select, textarea"));
    const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : here + step;
    if (next >= all.length) document.getElementById("conferma")?.focus();
    else all[Math.max(next, 0)].focus();
  };
  addEventListener("keydown", (event) => {
    if (event.key === "F8") go(event.shiftKey ? -1 : 1);
    else if (event.key === "Enter" && event.ctrlKey) document.getElementById("conferma")?.click();
    else if (event.key.toLowerCase() === "s" && event.ctrlKey) document.getElementById("salva")?.click();
    else return;
    event.preventDefault();
  });
  // The work begins at the first doubt, unless errors want to be read first.
  if (!document.getElementById("errori") && document.getElementById("salva")) go(1);
  // A picture that scrolled away is found again; unsaved work is not left by mistake.
  let changed = false;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}
