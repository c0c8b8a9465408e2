// Keeps the page alive: asks for the page again whenever the stand-in says that something changed, and swaps in the parts
// that show it. Everything works without this file too, by loading the page anew.
"use strict";

const LIVE_PARTS = ["people", "screen", "state", "ledger"];
const offline = document.getElementById("offline");
const toast = document.getElementById("toast");
let asking = false;
let askAgain = false;

function scrollToEnd() {
  const screen = document.getElementById("screen");
  if (document.getElementById("timeline")) screen.scrollTop = screen.scrollHeight;
}

function openChoices() {
  return [...document.querySelectorAll("details[open]")].map((details) => details.dataset.key);
}

function swapIn(page) {
  const screen = document.getElementById("screen");
  const atEnd = screen.scrollHeight - screen.scrollTop - screen.clientHeight < 80;
  const open = openChoices();
  for (const id of LIVE_PARTS) {
    const fresh = page.getElementById(id);
    const shown = document.getElementById(id);
    if (fresh && shown && fresh.innerHTML !== shown.innerHTML) shown.innerHTML = fresh.innerHTML;
  }
  for (const details of document.querySelectorAll("details")) details.open = open.includes(details.dataset.key);
  if (atEnd) scrollToEnd();
}

async function refresh() {
  if (asking) {
    askAgain = true;
    return;
  }
  asking = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (answer.ok) swapIn(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    offline.hidden = false;
  } finally {
    asking = false;
    if (askAgain) {
      askAgain = false;
      refresh();
    }
  }
}

function tell(text) {
  toast.textContent = text;
  toast.hidden = false;
  setTimeout(() => { toast.hidden = true; }, 3000);
}

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  // A field named "action" hides form.action, hence getAttribute below.
  const fields = new URLSearchParams(new FormData(form, event.submitter));
  if (form.id === "composer") form.reset();
  form.closest("details")?.removeAttribute("open");
  try {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body: fields, headers: { accept: "application/json" } });
    if (!answer.ok) tell(`${toast.dataset.text}: ${(await answer.json()).problem}`);
  } catch {
    tell(toast.dataset.text);
  }
  refresh();
});

document.addEventListener("click", (event) => {
  const mention = event.target.closest("[data-mention]");
  if (!mention) return;
  const input = document.querySelector("#composer input");
  input.value = mention.dataset.mention + input.value;
  input.focus();
});

const changes = new EventSource("/phones/changes");
changes.onmessage = refresh;
changes.onopen = () => { offline.hidden = true; refresh(); };
changes.onerror = () => { offline.hidden = false; };
scrollToEnd();
