// Keeps the page alive: when the stand-in says that something changed, asks for the news and puts them in.
import "./board.js";
import * as desk from "./desk.js";
import { badge, find, swapIfOther, toEnd, update } from "./handset.js";
import { ask, state } from "./state.js";
import * as touch from "./touch.js";

const utcOffsetMs = Number(document.body.dataset.utcOffsetS) * 1000;
let asOf = document.body.dataset.asOf;
let aheadMs = Number(asOf) / 1000 - Date.now();
let asking = false;
let askAgain = false;

async function refresh() {
  if (asking) {
    askAgain = true;
    return;
  }
  asking = true;
  try {
    const asked = { ...state.chats };
    const answer = await fetch(ask("news", { since: asOf }));
    if (answer.ok) putIn(await answer.json(), asked);
  } catch {
    offline(true);
  } finally {
    asking = false;
    if (askAgain) {
      askAgain = false;
      refresh();
    }
  }
}

function putIn(news, asked) {
  asOf = String(news.as_of);
  aheadMs = news.as_of / 1000 - Date.now();
  tick();
  for (const [user, count] of Object.entries(news.people)) {
    const person = document.querySelector(`[data-person="${CSS.escape(user)}"]`);
    if (person) badge(person, count);
  }
  for (const [user, changed] of Object.entries(news.phones)) {
    const handset = find(user);
    // News of a chat that was left meanwhile are no longer news: the phone was drawn anew.
    if (handset && handset.dataset.open === (asked[user] ?? "")) update(handset, changed);
  }
  for (const shown of document.querySelectorAll("[data-state]")) swapIfOther(shown, news.state);
  const ledger = document.querySelector("[data-ledger]");
  if (ledger) swapIfOther(ledger, news.ledger);
}

// The phones' clock is the stand-in's, in the time zone of the organisation.
function tick() {
  const now = new Date(Date.now() + aheadMs + utcOffsetMs).toISOString().slice(11, 16);
  for (const clock of document.querySelectorAll("[data-clock]")) if (clock.textContent !== now) clock.textContent = now;
}

function offline(isOffline) {
  for (const line of document.querySelectorAll("[data-offline]")) line.hidden = !isOffline;
}

touch.listen(refresh);
desk.listen(refresh);
document.querySelectorAll(".handset").forEach(toEnd);
setInterval(tick, 5000);
const changes = new EventSource("/phones/changes");
changes.onmessage = refresh;
changes.onopen = () => { offline(false); refresh(); };
changes.onerror = () => offline(true);
