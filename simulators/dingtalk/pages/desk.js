// What the stand-in can be asked to do: each button posts what it says to the control API.
const desk = document.querySelector(".desk");

/** changed: called when the stand-in did it. */
export function listen(changed) {
  desk?.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-standin]");
    if (!button) return;
    try {
      const answer = await fetch(`/standin/${button.dataset.standin}`, {
        method: "POST", body: button.dataset.body, headers: { "content-type": "application/json" },
      });
      if (!answer.ok) throw new Error((await answer.json()).problem);
      button.classList.add("done");
      setTimeout(() => button.classList.remove("done"), 1200);
    } catch (problem) {
      desk.querySelector("[data-state]").textContent = `${desk.dataset.notDone}: ${problem.message}`;
      return;
    }
    changed();
  });
}
