// Texts that are tested: the server tells claim by claim, in one stream, and the page shows it so.
// Whoever closes the page, or stops, ends the stream and with it the test.
import { announce, byId } from "./announce.js";

const GONE = "The program does not answer.";
const GONE_REMEDY = "Is it still running? Start it again with: uv run app.py";
const copies = new WeakMap(); // of each ledger: its text with verdicts, and the evidence
let running = null; // what ends the test that runs
let removed = []; // the ledgers that were cleared last
let changed = () => {};

export const isTesting = () => running !== null;
export const hasLedgers = () => byId("ledgers").children.length > 0;

// Only textContent: whatever a name or an error holds stays text.
function element(tag, name, words = "") {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.textContent = words;
  return made;
}

class Ledger {
  constructor(title, note) {
    this.article = element("article", "ledger");
    this.title = element("h2", "question", title);
    this.title.dir = "auto";
    this.only = element("p", "searched");
    this.working = element("p", "busy", "Testing …");
    this.bar = element("progress", "share");
    this.bar.setAttribute("aria-label", "Claims tested");
    this.summary = element("p", "summary");
    this.note = element("p", "verdict-note", note);
    this.warning = element("p", "warning");
    this.leads = element("div", "leads-zone");
    this.text = element("div", "essay");
    this.actions = element("div", "actions");
    this.copied = { title, plain: "", listed: [] };
    this.tally = "";
    this.done = 0;
    this.total = 0;
    for (const part of [this.only, this.summary, this.note, this.warning]) part.hidden = true;
    this.article.append(
      this.title, this.only, this.working, this.bar, this.summary, this.leads, this.warning,
      this.text, this.note, this.actions,
    );
    byId("ledgers").append(this.article);
  }

  take(line) {
    if ("title" in line) this.head(line);
    else if ("working" in line) this.progress(line);
    else if ("claim" in line) this.claim(line);
    else if ("problem" in line) this.fail(line.problem, line.remedy);
    else if ("end" in line) this.end(line.summary);
  }

  head({ title, only, warning }) {
    this.title.textContent = this.copied.title = title;
    this.show(this.only, only && `Tested only against: ${only}`);
    this.show(this.warning, warning);
    this.note.hidden = false;
  }

  progress({ working, done = 0, total = 0 }) {
    this.working.textContent = `${working} …`;
    Object.assign(this, { done, total });
    if (total > 1) Object.assign(this.bar, { max: total, value: done });
    else this.bar.removeAttribute("value");
  }

  claim({ claim, gap, plain, listed, summary, tally }) {
    if (gap === "\n\n" || !this.text.lastElementChild) this.text.append(element("div", "para"));
    const para = this.text.lastElementChild;
    if (gap === "\n") para.append(document.createElement("br"));
    para.insertAdjacentHTML("beforeend", gap === " " ? ` ${claim}` : claim); // escaped by our server
    this.copied.plain += gap + plain;
    if (listed) this.copied.listed.push(listed);
    this.show(this.summary, summary);
    this.tally = tally;
  }

  end(summary) {
    this.show(this.summary, summary);
    this.ready();
    announce(summary);
  }

  stopped() {
    const words = `Stopped after ${this.done} of ${this.total || "?"} sentences.`;
    const before = this.summary.hidden ? "" : ` ${this.summary.textContent}`;
    this.show(this.summary, this.total ? words + before : "Stopped before it began.");
    this.ready();
    announce(this.summary.textContent);
  }

  fail(what, remedy) {
    const problem = element("div", "problem");
    problem.setAttribute("role", "group");
    problem.setAttribute("aria-label", "Problem");
    problem.append(element("p", "what", what), element("p", "remedy", remedy));
    for (const part of problem.children) part.dir = "auto";
    this.text.before(problem);
    this.ready();
    announce(`Not tested. ${what}`);
  }

  ready() {
    this.article.dataset.state = "done";
    this.working.remove();
    this.bar.remove();
    this.leads.innerHTML = this.tally; // made by our own server
    if (!this.copied.plain) return;
    const copy = element("button", "act", "Copy");
    Object.assign(copy, { type: "button" });
    copy.dataset.act = "copy-claims";
    this.actions.append(copy);
    const { title, plain, listed } = this.copied;
    const evidence = listed.length ? `\n\nEvidence\n\n${listed.join("\n\n")}` : "";
    const head = `${title}\n${this.summary.textContent}\n${this.note.textContent}`;
    copies.set(this.article, `${head}\n\n${plain}${evidence}\n`);
  }

  show(part, words) {
    part.textContent = words ?? "";
    part.hidden = !words;
  }
}

async function* linesOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ; ) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) if (line) yield JSON.parse(line);
  }
}

function request({ text, file, perspectives, documents }, signal) {
  if (!file) {
    const body = JSON.stringify({ claim: text, perspectives, documents });
    return fetch("/claims", { method: "POST", body, signal });
  }
  const query = new URLSearchParams({ name: file.name });
  for (const name of perspectives) query.append("perspective", name);
  for (const slug of documents) query.append("document", slug);
  return fetch(`/claims/file?${query}`, { method: "POST", body: file, signal });
}

const isTooLarge = (file) => file && file.size > Number(byId("file").dataset.most);

// Returns whether anything was tested: where not, the text goes back into the box.
export async function test(asked) {
  const end = new AbortController();
  removed = [];
  byId("cleared-claims")?.remove();
  const note = document.querySelector("#claims-intro .verdict-note").textContent;
  const ledger = new Ledger(asked.file?.name ?? "Your text", note);
  running = end;
  changed();
  announce("Testing");
  ledger.title.scrollIntoView({ block: "start" });
  try {
    if (isTooLarge(asked.file)) throw tooLarge(asked.file);
    const response = await request(asked, end.signal);
    if (!response.ok) throw await refusal(response);
    for await (const line of linesOf(response)) ledger.take(line);
    if (!ledger.article.dataset.state) ledger.fail("The test broke off.", GONE_REMEDY);
  } catch (error) {
    if (end.signal.aborted) ledger.stopped();
    else ledger.fail(error.what ?? GONE, error.remedy ?? GONE_REMEDY);
  } finally {
    if (running === end) running = null;
    changed();
  }
  return ledger.copied.plain !== "";
}

function tooLarge(file) {
  const most = Number(byId("file").dataset.most) / 1e6;
  const what = `${file.name} has ${(file.size / 1e6).toFixed(1)} MB; ${most} MB are the most.`;
  return { what, remedy: "Save its text without pictures, or test it in parts." };
}

async function refusal(response) {
  try {
    const { error, remedy } = await response.json();
    return { what: error, remedy };
  } catch {
    return {};
  }
}

export const stop = () => running?.abort();

export function clear() {
  stop();
  const ledgers = [...byId("ledgers").children].filter((part) => part.matches(".ledger"));
  if (!ledgers.length) return;
  removed = ledgers;
  const words = element("div", "cleared", "Tests cleared. ");
  words.id = "cleared-claims";
  const undo = element("button", "act", "Undo");
  Object.assign(undo, { type: "button" });
  undo.dataset.act = "undo-claims";
  words.append(undo);
  byId("ledgers").replaceChildren(words);
  changed();
  announce("Tests cleared");
}

export function undo() {
  byId("ledgers").replaceChildren(...removed);
  removed = [];
  changed();
}

export const copyOf = (button) => copies.get(button.closest(".ledger"));

export function unfold(button) {
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  button.closest(".claim").nextElementSibling.hidden = !open;
}

// From claim to claim of a kind, and round again.
export function goToNext(button) {
  const kind = button.dataset.kind;
  const found = [...button.closest(".ledger").querySelectorAll(".claim")].filter(
    (claim) => claim.classList.contains(kind) || claim.querySelector(`.${kind}`),
  );
  const at = Number(button.dataset.at ?? -1) + 1;
  button.dataset.at = String(at % found.length);
  const claim = found[at % found.length];
  for (const other of document.querySelectorAll(".claim[data-here]")) delete other.dataset.here;
  claim.dataset.here = "";
  claim.scrollIntoView({ block: "center" });
  claim.querySelector(".verdict").focus({ preventScroll: true });
}

export function startClaims(onChange) {
  changed = () => {
    byId("claims-intro").hidden = Boolean(byId("ledgers").querySelector(".ledger"));
    onChange();
  };
}
