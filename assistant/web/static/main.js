// Wires the page: clicks by delegation, keys, and what changes when an answer comes in.
import { announce, byId } from "./announce.js";
import * as claims from "./claims.js";
import * as composer from "./composer.js";
import * as library from "./library.js";
import * as running from "./running.js";
import * as side from "./side.js";
import { beginAgain, look } from "./startup.js";

const NEEDED = ["state", "conversation", "question", "side", "help", "welcome", "claims"];

const copy = (button) =>
  copyText(button, button.closest(".turn").querySelector(".copied").textContent, "Answer copied with its sources");

const copyBibtex = (button) =>
  copyText(button, `${button.parentElement.querySelector(".bibtex").textContent}\n`, "BibTeX copied");

async function copyText(button, text, words) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyBySelection(text); // a page that is not on this machine has no clipboard interface
  }
  announce(words);
  button.dataset.label ??= button.textContent;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = button.dataset.label; }, 2000);
}

function copyBySelection(text) {
  const field = Object.assign(document.createElement("textarea"), { value: text });
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

const ACTS = {
  "begin-again": beginAgain,
  "all-perspectives": composer.allPerspectives,
  filter: () => composer.showFilter(!composer.filterIsOpen()),
  stop: composer.stop,
  clear: () => {
    if (composer.isTestMode()) return claims.clear();
    if (!composer.isBusy() && latestTurn() === null) return;
    composer.clear();
    update();
    side.showTab("evidence");
  },
  undo: () => {
    composer.undo();
    update();
    byId("question").focus(); // the button goes away
  },
  "undo-claims": () => {
    claims.undo();
    byId("question").focus(); // the button goes away
  },
  witnesses: claims.unfold,
  "next-claim": claims.goToNext,
  "copy-claims": (button) =>
    copyText(button, claims.copyOf(button), "Text copied with its verdicts and evidence"),
  "choose-file": composer.chooseFile,
  retry: () => composer.ask("", true),
  copy,
  "copy-bibtex": copyBibtex,
  only: (button) => {
    composer.askOnly(button.dataset.document, button.dataset.title);
    side.leaveSheet(byId("question"));
  },
  "ask-all": composer.askAll,
  "ask-wider": (button) =>
    composer.askWider(button.closest(".turn").querySelector(".question").textContent),
  library: (button) => side.showLibrary(button),
  more: library.more,
  back: side.back,
  sources: (button) => side.showEvidence(button.closest(".turn"), { reveal: true }),
  side: side.revealSide,
  close: side.close,
  next: () => side.step(1),
  previous: () => side.step(-1),
  theme: () => window.whoseValueTheme.toggle(),
  help: () => byId("help").showModal(),
};

function onClick(event) {
  const place = event.target.closest(".open");
  if (place) return side.open(place);
  const example = event.target.closest(".example");
  if (example) return composer.fill(example.textContent);
  const button = event.target.closest("[data-act]");
  if (button) ACTS[button.dataset.act]?.(button);
}

const isTyping = (element) =>
  element.matches?.("textarea, input:not([type=checkbox], [type=radio]), select, [contenteditable]");

function onKey(event) {
  if (byId("help").open) return;
  if (event.key === "Escape") return escape(event);
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") return toQuestion(event);
  if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") toQuestion(event);
  else if (event.key === "?") ACTS.help();
  else if (event.key === "l") {
    event.preventDefault();
    side.showLibrary(null, { find: true });
  } else if (event.key === "n" && side.readerIsOpen()) side.step(1);
  else if (event.key === "p" && side.readerIsOpen()) side.step(-1);
}

function escape(event) {
  if (composer.filterIsOpen()) {
    composer.showFilter(false);
    byId("filter-button").focus();
  } else if (side.isOpen()) {
    side.close();
  } else return;
  event.preventDefault();
}

function toQuestion(event) {
  event.preventDefault();
  if (document.body.dataset.side === "open") side.close();
  byId("question").focus();
}

// The running turn says in its attributes what it is; the page follows.
const shown = { turn: "", state: "", said: "" };

function update() {
  const turn = running.turnIn(byId("zone-running"));
  composer.setBusy(running.look(turn));
  composer.takeBack(running.answeredAfterAll(byId("zone-finished")));
  document.body.toggleAttribute("data-cleared", running.isCleared());
  document.body.toggleAttribute("data-talking", latestTurn() !== null);
  const { turn: number = "", state = "", said = "" } = turn?.dataset ?? {};
  const moved = number !== shown.turn || state !== shown.state;
  const isNews = said && (said !== shown.said || number !== shown.turn);
  Object.assign(shown, { turn: number, state, said });
  if (isNews) announce(said);
  if (moved && turn) turn.scrollIntoView({ block: "start" });
  showEvidence();
  if (!moved || state !== "done") return;
  if ("refused" in turn.dataset) composer.giveBack(running.typed());
  look();
}

function showEvidence() {
  const testing = composer.isTestMode();
  const words = "Open the verdict behind a claim: what speaks for it and against it stands below the claim.";
  side.showEvidence(testing ? null : latestTurn(), { instead: testing ? words : "" });
}

function follow() {
  const options = { subtree: true, childList: true, attributes: true, characterData: true };
  new MutationObserver(update).observe(byId("zone-running"), options);
  new MutationObserver(update).observe(byId("zone-finished"), { subtree: true, childList: true });
}

const latestTurn = () =>
  running.isCleared() ? null : ([...document.querySelectorAll(".turn")].at(-1) ?? null);

function begin() {
  if (!window.whoseValue || !NEEDED.every(byId)) return setTimeout(begin, 30);
  window.whoseValueTheme.apply();
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
  side.startSide();
  library.startLibrary();
  composer.startComposer(showEvidence);
  follow();
  look();
}

begin();
