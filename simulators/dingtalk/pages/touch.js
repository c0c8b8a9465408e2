// What a person does with a phone: opens chats, presses buttons, answers what a button asks, writes.
import { openChat, redraw, tell, toEnd } from "./handset.js";
import { alone, remember, state } from "./state.js";

/** changed: called when the server may have something new to say about the phones. */
export function listen(changed) {
  document.addEventListener("submit", (event) => {
    event.preventDefault();
    send(event.target, event.submitter).then(changed);
  });

  document.addEventListener("click", (event) => {
    const touched = event.target.closest("[data-chat], [data-shell], a.language, [data-mention], [data-cancel], [data-newest]");
    if (!touched || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const handset = touched.closest(".handset");
    const { chat, shell, mention } = touched.dataset;
    if (touched.matches("a.language")) {
      remember();
      const words = new URLSearchParams(location.search);
      for (const key of [...words.keys()]) if (key.startsWith("shell.")) words.delete(key);
      words.set("lang", new URL(touched.href).searchParams.get("lang"));
      touched.href = `${location.pathname}?${words}`;
      return;
    }
    event.preventDefault();
    if (chat !== undefined) openChat(handset.dataset.user, chat).then(changed);
    else if (shell) speak(handset.dataset.user, shell);
    else if (mention) write(handset, mention);
    else if ("cancel" in touched.dataset) close(touched.closest("details"));
    else toEnd(handset);
    remember();
  });

  document.addEventListener("keydown", (event) => {
    const sheet = document.querySelector(".asks[open]");
    if (event.key === "Escape" && sheet) close(sheet);
  });

  // A sheet that opens takes the focus; opening one closes the other of the same phone.
  document.addEventListener("toggle", (event) => {
    if (!event.target.matches(".asks[open]")) return;
    for (const other of event.target.closest(".handset").querySelectorAll(".asks[open]")) if (other !== event.target) other.open = false;
    event.target.querySelector(".choice").focus({ preventScroll: true });
  }, true);
}

function close(details) {
  details.open = false;
  details.querySelector("summary").focus({ preventScroll: true });
}

function write(handset, text) {
  const input = handset.querySelector("[name=text]");
  input.value = text + input.value;
  input.focus();
}

function speak(user, language) {
  if (alone) state.language = language;
  else state.shells[user] = language;
  if (alone) remember(), location.reload();
  else redraw(user);
}

async function send(form, submitter) {
  const handset = form.closest(".handset");
  // A field named "action" hides form.action, hence getAttribute below.
  const fields = new URLSearchParams(new FormData(form, submitter));
  if (form.matches(".composer")) form.querySelector("[name=text]").value = "";
  const asks = form.closest("details");
  if (asks) asks.open = false;
  const pressed = asks ? asks.querySelector("summary") : submitter;
  if (pressed?.matches(".button")) pressed.classList.add("busy");
  try {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body: fields, headers: { accept: "application/json" } });
    if (answer.ok) return;
    tell(handset, (await answer.json()).told);
  } catch {
    tell(handset, handset.querySelector(".phone").dataset.notPossible);
  }
  pressed?.classList.remove("busy");
}
