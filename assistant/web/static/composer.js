// The question, its filter, and what the buttons below an answer do.
import { announce, byId } from "./announce.js";

const PATIENCE_MS = 15000;
let busy = false;
let library = false; // open and searchable
let patience = 0;

const trigger = (name, data = {}) => window.whoseValue.trigger(name, data);

export function setBusy(now) {
  busy = now;
  clearTimeout(patience);
  byId("send").hidden = now;
  byId("stop").hidden = !now;
  document.body.toggleAttribute("data-busy", now);
}

export function setLibrary(open) {
  library = open;
  byId("send").disabled = !open;
}

const picks = () => [...document.querySelectorAll('#filter input[name="perspective"]')];
const chosen = () => picks().filter((pick) => pick.checked).map((pick) => pick.value);

export function ask(question, again = false) {
  if (!again && !question.trim()) return byId("question").focus();
  if (!library) return announce("The library is not open yet");
  if (busy) return announce("Still answering. Stop it first");
  setBusy(true);
  patience = setTimeout(() => {
    setBusy(false);
    byId("state").textContent = "The program does not answer. Is it still running?";
    announce("The program does not answer. Is it still running?");
  }, PATIENCE_MS);
  trigger("ask", { question, perspectives: chosen(), again });
}

function send() {
  const field = byId("question");
  const question = field.value;
  if (!question.trim() || busy || !library) return ask(question);
  field.value = "";
  grow();
  showFilter(false);
  ask(question);
}

export const stop = () => trigger("stop");
export const clear = () => trigger("clear");
export const undo = () => trigger("undo");

export function fill(question) {
  byId("question").value = question;
  send();
}

function grow() {
  const field = byId("question");
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight + 2, 180)}px`;
}

export function showFilter(open) {
  byId("filter").hidden = !open;
  byId("filter-button").setAttribute("aria-expanded", String(open));
}

export const filterIsOpen = () => !byId("filter").hidden;

function nameFilter() {
  const labels = picks().filter((p) => p.checked).map((p) => p.parentElement.textContent.trim());
  const words = labels.length ? `Only: ${labels.join(", ")}` : "All perspectives";
  byId("filter-button").textContent = words;
  byId("filter-button").toggleAttribute("data-on", labels.length > 0);
  return words;
}

export function allPerspectives() {
  for (const pick of picks()) pick.checked = false;
  announce(nameFilter());
}

// A perspective without a document cannot be searched: say so instead of finding nothing.
export function showPerspectives(documents) {
  for (const pick of picks()) {
    const n = documents[pick.value] ?? 0;
    pick.disabled = n === 0;
    pick.parentElement.title = n === 1 ? "1 document" : `${n} documents`;
  }
}

export function startComposer() {
  const field = byId("question");
  field.addEventListener("input", grow);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
  byId("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  byId("filter").addEventListener("change", () => announce(nameFilter()));
}
