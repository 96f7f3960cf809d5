// The side zone: evidence and reader. On a narrow page it is a sheet over the chat.
import { announce, byId } from "./announce.js";
import { enterLibrary, focusFinder } from "./library.js";

const narrow = matchMedia("(max-width: 1023px)");
let origin = null; // the button that opened the reader: focus returns to it
let request = 0;
let shownTurn = null;
let shownEvidence = "";
let hint = null; // what stands there before the first answer
let current = null; // what the reader shows: a slug with offsets, and the title
let trail = []; // what was left by the links within documents, the last one last

const TABS = ["evidence", "reader", "library"];

export function showTab(name) {
  for (const tab of TABS) {
    const chosen = tab === name;
    byId(`tab-${tab}`).setAttribute("aria-selected", String(chosen));
    byId(`tab-${tab}`).tabIndex = chosen ? 0 : -1;
    byId(tab).hidden = !chosen;
  }
  if (name === "library") enterLibrary();
  byId("steps").hidden = name !== "reader" || trail.length > 0 || stepsOf(origin).length < 2;
}

export const readerIsOpen = () => !byId("reader").hidden;
export const isOpen = () => sheetIsOpen() || byId("evidence").hidden;

const sheetIsOpen = () => document.body.dataset.side === "open";

function openSheet() {
  if (!narrow.matches || sheetIsOpen()) return;
  document.body.dataset.side = "open";
  history.pushState({ ...history.state, sheet: true }, "");
  dress();
}

// As a sheet it is a dialog and the rest is out of reach; beside the chat it is neither.
function dress() {
  const open = narrow.matches && sheetIsOpen();
  if (!narrow.matches) delete document.body.dataset.side;
  for (const id of ["chat", "zone-header"]) byId(id).inert = open;
  const side = byId("side");
  if (open) {
    side.setAttribute("role", "dialog");
    side.setAttribute("aria-modal", "true");
  } else {
    side.removeAttribute("role");
    side.removeAttribute("aria-modal");
  }
}

// What was opened from the library leads back to it; everything else closes.
export function close() {
  if (readerIsOpen() && origin?.closest?.("#library")) {
    showTab("library");
    (origin.isConnected ? origin : byId("finder-words")).focus();
    origin = null;
    mark(null);
  } else leave();
}

// As a sheet the zone gives way to what is to be used next; beside the chat it stays.
export function leaveSheet(target) {
  if (!sheetIsOpen()) return target.focus();
  origin = target;
  leave();
}

function leave() {
  if (sheetIsOpen() && history.state?.sheet) history.back(); // popstate goes on
  else if (isOpen()) closed();
}

function closed() {
  delete document.body.dataset.side;
  trail = [];
  dress();
  showTab("evidence");
  const target = origin?.isConnected && origin.offsetParent ? origin : byId("question");
  target.focus({ preventScroll: target !== origin });
  mark(null);
}

function mark(button) {
  for (const other of document.querySelectorAll('.open[aria-current]')) {
    other.removeAttribute("aria-current");
  }
  button?.setAttribute("aria-current", "true");
}

const placeOf = ({ dataset: d }) =>
  [d.document, d.passageStart, d.passageEnd, d.start, d.end].join("|");

// The places that belong together: the citations of an answer, or the items of a list.
function stepsOf(button) {
  const scope = button?.closest(".answer, .nearest, .witnesses, #evidence-body");
  const seen = new Set();
  return [...(scope?.querySelectorAll(".open") ?? [])].filter((other) => {
    const place = placeOf(other);
    return seen.has(place) ? false : seen.add(place);
  });
}

const stepOf = (button) => stepsOf(button).findIndex((b) => placeOf(b) === placeOf(button));

export function step(by) {
  const steps = stepsOf(origin);
  if (steps.length > 1) open(steps[(stepOf(origin) + by + steps.length) % steps.length]);
}

function showStep(button) {
  const steps = stepsOf(button);
  byId("steps").hidden = steps.length < 2;
  if (steps.length < 2) return "";
  const noun = button.closest(".answer") ? "Citation" : "Passage";
  const words = `${noun} ${stepOf(button) + 1} of ${steps.length}`;
  const [, ...rest] = words.split(" ");
  const named = Object.assign(document.createElement("span"), { className: "noun", textContent: noun });
  byId("step-words").replaceChildren(named, ` ${rest.join(" ")}`);
  return words;
}

export async function open(button) {
  const within = Boolean(button.closest("#reader-body"));
  const before = current;
  if (!(await read({ ...button.dataset }))) return;
  if (within) {
    if (before) trail.push(before);
  } else {
    trail = [];
    origin = button;
  }
  arrived();
}

// From a document back to the one whose link led to it.
export async function back() {
  if (trail.length === 0 || !(await read(trail.at(-1)))) return;
  trail.pop();
  arrived();
}

// Fetch what a button names; false when another was asked for meanwhile.
async function read(place) {
  const mine = ++request;
  const { document: slug, passageStart, passageEnd, start, end } = place;
  const query = new URLSearchParams({ document: slug });
  const offsets = { "passage-start": passageStart, "passage-end": passageEnd, start, end };
  for (const [name, value] of Object.entries(offsets)) if (value) query.set(name, value);
  let page;
  try {
    page = await (await fetch(`/reader?${query}`)).text();
  } catch {
    page = '<p class="nothing">The program does not answer. Is it still running?</p>';
  }
  if (mine !== request) return false;
  byId("reader-body").innerHTML = page; // made and escaped by our own server
  current = { ...place, title: byId("reader-body").querySelector("h2")?.textContent ?? "" };
  return true;
}

function arrived() {
  mark(trail.length ? null : origin);
  showTab("reader");
  byId("trail").hidden = trail.length === 0;
  byId("trail").firstElementChild.textContent = `Back to ${trail.at(-1)?.title ?? ""}`;
  const words = trail.length ? "" : showStep(origin);
  openSheet();
  arrive(words);
}

function arrive(words) {
  const body = byId("reader-body");
  body.querySelector("h2")?.focus({ preventScroll: true });
  const target = body.querySelector("mark") ?? body.querySelector(".tint");
  const zone = byId("reader");
  zone.scrollTop = 0;
  if (target) {
    const top = target.getBoundingClientRect().top - zone.getBoundingClientRect().top;
    zone.scrollTop = Math.max(0, top - zone.clientHeight * 0.4); // below the head, which stays
  }
  const title = body.querySelector("h2")?.textContent ?? "";
  announce([`Reader: ${title}`, words].filter(Boolean).join(", "));
}

// Bring the evidence of a turn beside the chat.
export function showEvidence(turn, { reveal = false, instead = "" } = {}) {
  const body = byId("evidence-body");
  hint ??= body.innerHTML;
  const source = turn?.querySelector(":scope > .evidence");
  if (!source?.innerHTML) {
    const words = instead ? `<p class="nothing">${instead}</p>` : hint;
    if (body.innerHTML !== words) body.innerHTML = words;
    shownTurn = null;
    shownEvidence = "";
    return;
  }
  // Compared with what was put there: folds that were opened since stay open.
  if (shownTurn !== turn || shownEvidence !== source.innerHTML) {
    shownEvidence = source.innerHTML;
    body.innerHTML = shownEvidence;
  }
  shownTurn = turn;
  if (!reveal) return;
  origin = turn.querySelector('[data-act="sources"]');
  showTab("evidence");
  openSheet();
  byId("evidence").focus({ preventScroll: true });
}

export function revealSide() {
  origin = byId("open-side");
  openSheet();
  byId("evidence").focus({ preventScroll: true });
}

export function showLibrary(button, { find = false } = {}) {
  origin = button ?? document.activeElement;
  showTab("library");
  openSheet();
  if (find) focusFinder();
  else byId("library").focus({ preventScroll: true });
}

export function startSide() {
  addEventListener("popstate", () => { if (sheetIsOpen()) closed(); });
  narrow.addEventListener("change", dress);
  for (const name of TABS) {
    const tab = byId(`tab-${name}`);
    tab.addEventListener("click", () => showTab(name));
    tab.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by) return;
      const other = TABS[(TABS.indexOf(name) + by + TABS.length) % TABS.length];
      showTab(other);
      byId(`tab-${other}`).focus();
    });
  }
}
