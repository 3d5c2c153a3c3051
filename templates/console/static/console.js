// Makes the pages quicker to use; without it everything can still be read and done.
"use strict";

// New rows of the register appear on top, a minute at most after they came in; focus and reading place stay.
const body = document.querySelector("tbody[data-fresh]");
if (body) {
  const told = document.getElementById("novita");
  let newest = Number(body.dataset.newest);
  let added = 0;
  const look = async () => {
    if (document.hidden) return;
    const address = new URL(body.dataset.fresh, location.href);
    address.searchParams.set("dopo", String(newest));
    const answer = await fetch(address, { credentials: "same-origin", redirect: "error" }).catch(() => null);
    if (!answer || !answer.ok) return;
    const page = new DOMParser().parseFromString(`<table><tbody>${await answer.text()}</tbody></table>`, "text/html");
    const rows = [...page.querySelectorAll("tr[data-id]")];
    if (!rows.length) return;
    newest = Number(rows[0].dataset.id);
    for (const row of rows) row.classList.add("fresh");
    body.prepend(...rows.map((row) => document.adoptNode(row)));
    added += rows.length;
    told.hidden = false;
    told.textContent = added === 1 ? "È arrivato un nuovo messaggio." : `Sono arrivati ${added} nuovi messaggi.`;
  };
  setInterval(look, Number(body.dataset.every || 20) * 1000);
}

// After a refused form the list of errors gets the focus, so that it is read first.
document.getElementById("errori")?.focus();

// A form is sent once: a second click on its button does nothing until the answer comes.
for (const form of document.querySelectorAll('form[method="post"]')) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
