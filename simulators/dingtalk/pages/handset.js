// One phone on the page: drawing it anew, and putting in what changed without touching the rest.
import { ask, messagesMax, pauseUs, state } from "./state.js";

const NOTICE_MS = 6000;
const IN_VIEW_PX = 40;
const waiting = new WeakMap();

export function find(user) {
  return document.querySelector(`.handset[data-user="${CSS.escape(user)}"]`);
}

/** The phone as the server draws it now, not yet on the page; null when it could not be had. */
export async function fetched(user) {
  try {
    const answer = await fetch(ask("part", { of: user }));
    return answer.ok ? elementOf(await answer.text()) : null;
  } catch {
    return null;
  }
}

/** Draws the phone anew: another chat, or another language. */
export async function redraw(user) {
  const fresh = await fetched(user);
  const shown = find(user);
  if (!fresh || !shown) return;
  const hadFocus = shown.contains(document.activeElement);
  shown.replaceWith(fresh);
  toEnd(fresh);
  if (hadFocus) (fresh.querySelector("[name=text]") ?? fresh.querySelector("[data-chats] a"))?.focus({ preventScroll: true });
}

/** Puts in what the server says changed. */
export function update(handset, news) {
  const screen = handset.querySelector("[data-screen]");
  const follows = seesNewest(handset, screen);
  badge(handset, news.unread);
  const chats = handset.querySelector("[data-chats]");
  if (chats && news.chats !== null) swapIfOther(chats, news.chats);
  for (const [part, html] of [["pane", news.pane], ["tabs", news.tabs]]) {
    const shown = handset.querySelector(`[data-${part}]`);
    if (shown) swapIfOther(shown, html);
  }
  if (swapIfOther(handset.querySelector("[data-rings]"), news.rings) && news.rings) ring(handset);
  let arrived = false;
  for (const message of news.messages) arrived = putMessage(handset, message) || arrived;
  if (arrived && follows) toEnd(handset);
  if (arrived && !follows) handset.querySelector("[data-newest]").hidden = false;
  // A phone that shows the list of chats has it there already.
  if (!chats && news.arrived.length) announce(handset, news.arrived[0]);
  if (arrived || news.arrived.length) ring(handset);
}

/** Shows the end of the chat; of a last message that is taller than the screen, its beginning. */
export function toEnd(handset) {
  const screen = handset.querySelector("[data-screen]");
  const last = handset.querySelector("[data-timeline]")?.lastElementChild;
  if (last) screen.scrollTop = screen.scrollHeight;
  if (last?.offsetHeight > screen.clientHeight) last.scrollIntoView({ block: "start", inline: "nearest" });
  const newest = handset.querySelector("[data-newest]");
  if (newest) newest.hidden = true;
}

export function badge(where, count) {
  const shown = where.querySelector("[data-unread]");
  shown.hidden = !count;
  if (shown.textContent !== String(count)) shown.textContent = count;
}

/** A line over the phone's screen that goes by itself. */
export function tell(handset, text) {
  const toast = handset.querySelector("[data-toast]");
  toast.textContent = text;
  showFor(toast, 3500);
}

/** Writes HTML only where it is not there already; says whether it did. */
export function swapIfOther(element, html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  if (fresh.innerHTML === element.innerHTML) return false;
  element.replaceChildren(fresh.content);
  return true;
}

// true when the message was not there before.
function putMessage(handset, { id, html }) {
  const timeline = handset.querySelector("[data-timeline]");
  const fresh = elementOf(html);
  const shown = timeline.querySelector(`[data-message="${CSS.escape(id)}"]`);
  if (shown) {
    keepOpen(shown, fresh);
    shown.replaceWith(fresh);
    markPause(fresh);
    if (looksOther(shown, fresh)) fresh.querySelector(".card").classList.add("changed");
    tellOutcome(handset, shown, fresh);
    return false;
  }
  timeline.append(fresh);
  while (timeline.childElementCount > messagesMax) timeline.firstElementChild.remove();
  markPause(fresh);
  fresh.classList.add("arrived");
  return !fresh.classList.contains("mine");
}

// Who has the newest message in view follows the chat; who reads further up is left there.
function seesNewest(handset, screen) {
  const newest = handset.querySelector("[data-timeline]")?.lastElementChild;
  return !newest || newest.getBoundingClientRect().top < screen.getBoundingClientRect().bottom - IN_VIEW_PX;
}

// What the person had open or in focus stays so.
function keepOpen(shown, fresh) {
  for (const details of shown.querySelectorAll("details[open]")) {
    const same = fresh.querySelector(`details[data-key="${CSS.escape(details.dataset.key)}"]`);
    if (same) same.open = true;
  }
  const focused = shown.contains(document.activeElement) ? document.activeElement : null;
  if (!focused) return;
  const tag = focused.tagName.toLowerCase();
  const place = [...shown.querySelectorAll(tag)].findIndex((each) => each === focused);
  queueMicrotask(() => fresh.querySelectorAll(tag)[place]?.focus({ preventScroll: true }));
}

// A press that failed is told once, when the phone learns of it.
function tellOutcome(handset, shown, fresh) {
  const now = fresh.querySelector(".press-no_answer, .press-failed");
  const before = shown.querySelector("[data-press]");
  if (now && before?.className !== now.className) tell(handset, now.textContent);
}

// A new revision may look the same to this person; and a press alone is no news about the card.
function looksOther(shown, fresh) {
  const [before, now] = [shown, fresh].map((message) => message.querySelector("[data-revision]"));
  return Boolean(before && now) && before.dataset.revision !== now.dataset.revision && before.textContent !== now.textContent;
}

function markPause(message) {
  const before = message.previousElementSibling;
  const pause = Number(message.dataset.at) - Number(before?.dataset.at ?? 0);
  message.querySelector(".when").hidden = pause < pauseUs;
}

function announce(handset, { chat, title, text }) {
  const notice = handset.querySelector("[data-notice]");
  notice.dataset.chat = chat;
  notice.querySelector("b").textContent = title;
  notice.querySelector("span").textContent = text;
  showFor(notice, NOTICE_MS);
}

function ring(handset) {
  const phone = handset.querySelector(".phone");
  phone.classList.remove("new");
  void phone.offsetWidth; // so that the animation begins anew
  phone.classList.add("new");
}

function showFor(element, ms) {
  clearTimeout(waiting.get(element));
  element.hidden = false;
  waiting.set(element, setTimeout(() => { element.hidden = true; }, ms));
}

function elementOf(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}

export function openChat(user, conversation) {
  state.chats[user] = conversation;
  return redraw(user);
}
