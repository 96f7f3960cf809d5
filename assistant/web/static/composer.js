// The question or the text to be tested, its filter, and what the buttons below an answer do.
import { announce, byId } from "./announce.js";
import * as claims from "./claims.js";
import * as running from "./running.js";

const PATIENCE_MS = 15000;
let busy = false;
let library = false; // open and searchable
let patience = 0;
let only = null; // the one document that is asked: its slug and its title
let mode = "ask"; // or "claim"
const drafts = { ask: "", claim: "" }; // what stands in the box of the mode that is not shown
let moved = () => {};

const WORDS = {
  ask: { label: "Your question", send: "Ask", only: "Asking", one: "Ask this document …", all: "Ask the debate …" },
  claim: {
    label: "A claim or a text to test",
    send: "Test",
    only: "Testing against",
    one: "A claim, or a whole text …",
    all: "A claim, or a whole text …",
  },
};

const trigger = (name, data = {}) => window.whoseValue.trigger(name, data);

export function setBusy(now) {
  busy = now;
  showButtons();
}

function showButtons() {
  const now = isTestMode() ? claims.isTesting() : busy;
  byId("send").hidden = now;
  byId("stop").hidden = !now;
  byId("file-button").hidden = !isTestMode();
  byId("file-button").disabled = now || !library;
}

export const isTestMode = () => mode === "claim";

export function setMode(next) {
  const field = byId("question");
  if (next === mode) return;
  drafts[mode] = field.value;
  mode = next;
  field.value = drafts[mode];
  document.body.dataset.mode = mode;
  document.querySelector(`#modes [value=${mode}]`).checked = true;
  byId("question-label").textContent = WORDS[mode].label;
  byId("send").textContent = WORDS[mode].send;
  showOnly();
  showButtons();
  grow();
  moved();
}

async function test(asked) {
  if (!library) return announce("The library is not open yet");
  if (claims.isTesting()) return announce("Still testing. Stop it first");
  const where = { perspectives: chosen(), documents: only ? [only.slug] : [] };
  const tested = await claims.test({ ...asked, ...where });
  if (!tested) give("claim", asked.text);
}

function testText() {
  const field = byId("question");
  const text = field.value;
  if (!text.trim()) return field.focus();
  if (!library || claims.isTesting()) return test({ text });
  field.value = "";
  grow();
  showFilter(false);
  test({ text });
}

export const chooseFile = () => byId("file").click();

export function setLibrary(open) {
  library = open;
  byId("send").disabled = !open;
  showButtons();
}

const picks = () => [...document.querySelectorAll('#filter input[name="perspective"]')];
const chosen = () => picks().filter((pick) => pick.checked).map((pick) => pick.value);

export function ask(question, again = false) {
  if (!again && !question.trim()) return byId("question").focus();
  if (!library) return announce("The library is not open yet");
  if (busy) return announce("Still answering. Stop it first");
  const serial = running.begin(again ? "" : question);
  setBusy(true);
  clearTimeout(patience);
  patience = setTimeout(() => {
    if (!running.giveUp(serial)) return;
    setBusy(false);
    giveBack(question);
    byId("state").textContent = "The program does not answer. Is it still running?";
    announce("The program does not answer. Is it still running?");
  }, PATIENCE_MS);
  const documents = only ? [only.slug] : [];
  trigger("ask", { question, perspectives: chosen(), documents, again, serial });
}

function send() {
  if (isTestMode()) return testText();
  const field = byId("question");
  const question = field.value;
  if (!question.trim() || busy || !library) return ask(question);
  field.value = "";
  grow();
  showFilter(false);
  ask(question);
}

// A question that was not answered goes back into the box, unless another one stands there.
export const giveBack = (question) => give("ask", question);

function give(to, words) {
  const field = byId("question");
  if (!words) return;
  if (to !== mode) drafts[to] ||= words;
  else field.value ||= words;
  grow();
}

export function takeBack(question) {
  if (question && isTestMode() && drafts.ask === question) drafts.ask = "";
  if (!question || isTestMode() || byId("question").value !== question) return;
  byId("question").value = "";
  grow();
}

export function stop() {
  if (isTestMode()) claims.stop();
  else trigger("stop", { serial: running.last() });
  byId("question").focus(); // the button goes away
}

export const isBusy = () => busy;

// The page is free again at once, whatever still comes in.
export function clear() {
  trigger("clear", { serial: running.clear(busy) });
  setBusy(false);
  announce("Conversation cleared");
}

export function undo() {
  giveBack(running.restore());
  trigger("undo");
}

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

// One document or some perspectives: the later choice takes the place of the other.
export function askOnly(slug, title) {
  only = { slug, title };
  for (const pick of picks()) pick.checked = false;
  nameFilter();
  showFilter(false);
  showOnly();
  announce(`${WORDS[mode].only} only: ${title}`);
}

export function askAll() {
  only = null;
  showOnly();
  announce(`${WORDS[mode].only} the whole library`);
  byId("question").focus(); // the button goes away
}

export function askWider(question) {
  if (busy) return announce("Still answering. Stop it first");
  only = null;
  showOnly();
  allPerspectives();
  ask(question);
}

function showOnly() {
  byId("only").hidden = only === null;
  byId("only-title").textContent = only?.title ?? "";
  byId("only-what").textContent = WORDS[mode].only;
  byId("filter-button").hidden = only !== null;
  byId("question").placeholder = only ? WORDS[mode].one : WORDS[mode].all;
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

export function startComposer(onMode) {
  const field = byId("question");
  moved = onMode;
  claims.startClaims(showButtons);
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
  byId("modes").addEventListener("change", (event) => setMode(event.target.value));
  byId("file").addEventListener("change", () => {
    const [file] = byId("file").files;
    byId("file").value = ""; // the same file may be chosen again
    if (file) test({ file });
  });
}
