// Reads the page's part anew while somebody sees it; what comes is text that the server has escaped.
"use strict";
const part = document.getElementById("part");
const told = document.getElementById("told");
const pause = document.getElementById("pause");
const every = Number(document.body.dataset.every) * 1000;
const usual = told.textContent;
let paused = false;

async function refresh() {
  if (paused || document.hidden) return;
  try {
    const answer = await fetch("part", { cache: "no-store", credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    const text = await answer.text();
    if (paused) return;
    part.innerHTML = text;
    document.title = part.querySelector("h1").textContent + document.title.slice(document.title.lastIndexOf(": stack"));
    told.textContent = usual;
  } catch (error) {
    told.textContent = "Not read again: `rollout serve` does not answer. What is shown is old.";
  }
}

pause.addEventListener("click", () => {
  paused = !paused;
  pause.setAttribute("aria-pressed", String(paused));
  pause.textContent = paused ? "Go on" : "Pause";
  told.textContent = paused ? "Paused." : usual;
  refresh();
});
document.addEventListener("visibilitychange", refresh);
setInterval(refresh, every);
