// Which phones are on the page: chosen in the bar, or as many as fit; on a narrow screen the bar turns to one of them.
import { fetched, find, toEnd } from "./handset.js";
import { alone, phonesMax, remember, state } from "./state.js";

const PHONE_PX = 336;
const GAP_PX = 26;
const PADDING_PX = 44;

const board = document.querySelector("[data-board]");
const persons = [...document.querySelectorAll("[data-person]")];
const narrow = matchMedia("(max-width: 700px)");

export async function show(people) {
  const wanted = people.slice(0, phonesMax);
  state.people = wanted;
  for (const person of persons) person.setAttribute("aria-checked", String(wanted.includes(person.dataset.person)));
  for (const handset of board.querySelectorAll(".handset")) if (!wanted.includes(handset.dataset.user)) handset.remove();
  for (const user of wanted) {
    if (find(user)) continue;
    const handset = await fetched(user);
    if (!handset || find(user) || !state.people.includes(user)) continue;
    const next = state.people.slice(state.people.indexOf(user) + 1).map(find).find(Boolean);
    board.insertBefore(handset, next ?? null);
    toEnd(handset);
  }
}

async function toggle(user) {
  const isShown = state.people.includes(user);
  if (narrow.matches) {
    if (!isShown) await show([...state.people, user].slice(-phonesMax));
    find(user)?.scrollIntoView({ inline: "start", block: "nearest", behavior: "smooth" });
    return;
  }
  const people = isShown ? state.people.filter((each) => each !== user) : [...state.people, user].slice(-phonesMax);
  if (!people.length) return;
  state.chosen = true;
  await show(people);
  remember();
  if (!isShown) find(user)?.scrollIntoView({ inline: "center", block: "nearest", behavior: "smooth" });
}

// Until somebody chooses: as many as fit, and on a narrow screen all, one beside the other.
function fit() {
  if (state.chosen || alone) return;
  const known = persons.map((person) => person.dataset.person);
  const places = Math.floor((board.clientWidth - PADDING_PX + GAP_PX) / (PHONE_PX + GAP_PX));
  const people = known.slice(0, narrow.matches ? phonesMax : Math.min(phonesMax, Math.max(1, places)));
  if (String(people) !== String(state.people)) show(people);
}

function markTheOneInView() {
  const middle = board.scrollLeft + board.clientWidth / 2;
  const user = state.people.find((each) => {
    const handset = find(each);
    return handset && handset.offsetLeft - board.offsetLeft <= middle && middle < handset.offsetLeft - board.offsetLeft + handset.offsetWidth;
  });
  for (const person of persons) person.classList.toggle("here", person.dataset.person === user);
}

document.querySelector(".people")?.addEventListener("click", (event) => {
  const person = event.target.closest("[data-person]");
  if (!person) return;
  event.preventDefault();
  toggle(person.dataset.person);
});
document.querySelector(".people")?.addEventListener("keydown", (event) => {
  if (event.key !== " " || !event.target.dataset.person) return;
  event.preventDefault();
  toggle(event.target.dataset.person);
});
board.addEventListener("scroll", markTheOneInView, { passive: true });
new ResizeObserver(() => { fit(); markTheOneInView(); }).observe(board);
