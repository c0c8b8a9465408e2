// What a person chose to see, and its address: the same one that phone_board.py reads and writes.
const page = document.body.dataset;

export const alone = document.body.classList.contains("alone");
export const messagesMax = Number(page.messagesMax);
export const phonesMax = Number(page.phonesMax);
export const pauseUs = Number(page.pauseUs);

const address = new URLSearchParams(location.search);

export const state = {
  language: page.language,
  people: page.people.split(","),
  chosen: page.chosen === "true",
  // What is open, which is not always what the address asked for.
  chats: Object.fromEntries([...document.querySelectorAll(".handset")].map(({ dataset }) => [dataset.user, dataset.open])),
  shells: startingWith("shell."),
};

function startingWith(prefix) {
  const pairs = [...address].filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(pairs.map(([key, value]) => [key.slice(prefix.length), value]));
}

function query() {
  const words = new URLSearchParams();
  if (state.chosen && !alone) words.set("people", state.people.join(","));
  words.set("lang", state.language);
  for (const user of state.people) {
    if (state.chats[user]) words.set(`chat.${user}`, state.chats[user]);
    if ((state.shells[user] ?? state.language) !== state.language) words.set(`shell.${user}`, state.shells[user]);
  }
  return words;
}

/** Writes what is chosen into the address bar. */
export function remember() {
  history.replaceState(null, "", `${location.pathname}?${String(query()).replaceAll("%2C", ",")}`);
}

/** Where to ask about the board as it is now. */
export function ask(name, more) {
  const words = query();
  words.set("people", state.people.join(","));
  if (alone) words.set("alone", state.people[0]);
  for (const [key, value] of Object.entries(more)) words.set(key, value);
  return `/phones/${name}?${words}`;
}
