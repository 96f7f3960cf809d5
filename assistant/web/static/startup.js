// How far the program is: looked at until everything has settled, and after each answer.
import { announce, byId } from "./announce.js";
import { setLibrary, showPerspectives } from "./composer.js";

const EVERY_MS = 400;
let phase = "";

export async function look() {
  let state;
  try {
    state = await (await fetch("/status")).json();
  } catch {
    byId("state").textContent = "The program has stopped. Start it again: uv run app.py";
    setTimeout(look, 5 * EVERY_MS);
    return;
  }
  show(state);
  if (!state.settled) setTimeout(look, EVERY_MS);
}

export async function beginAgain() {
  await fetch("/status", { method: "POST" });
  look();
}

function show(state) {
  const ready = state.phase === "ready";
  const words = [state.library, state.model].filter(Boolean).join(" · ");
  const failed = state.phase === "failed";
  const busy = failed ? "The library could not be opened" : `${state.headline} …`;
  byId("state").textContent = ready ? words : busy;
  byId("state").title = ready ? [words, state.model_problem].filter(Boolean).join(". ") : "";
  byId("startup").hidden = ready;
  byId("startup").dataset.phase = state.phase;
  setLibrary(ready);
  if (ready) {
    showPerspectives(state.perspectives);
    showLeftOut(state.problems);
    byId("no-model").hidden = !state.model_problem;
    byId("no-model").querySelector("p").textContent = state.model_problem;
    byId("browse").textContent = `Browse the library: ${state.size}`;
  } else {
    showStartup(state);
  }
  if (state.phase !== phase) {
    if (phase && ready) announce(`The library is open: ${words}`);
    else if (!ready) announce(state.headline);
    phase = state.phase;
  }
  document.body.dataset.phase = state.phase;
}

function showStartup(state) {
  byId("startup-head").textContent = state.headline;
  byId("startup-detail").textContent = state.detail;
  const bar = byId("startup-bar");
  bar.hidden = state.phase === "failed"; // the words say it then
  if (state.total > 1) {
    bar.max = state.total;
    bar.value = state.done;
  } else {
    bar.removeAttribute("value");
  }
  document.querySelector('[data-act="begin-again"]').hidden = state.phase !== "failed";
  document.querySelector(".startup .after").hidden = state.phase === "failed";
}

function showLeftOut(problems) {
  const fold = byId("left-out");
  fold.hidden = problems.length === 0;
  const files = problems.length === 1 ? "1 file was" : `${problems.length} files were`;
  fold.querySelector("summary").textContent = `${files} left out of the library`;
  fold.querySelector("ul").replaceChildren(
    ...problems.map((words) => Object.assign(document.createElement("li"), { textContent: words })),
  );
}
