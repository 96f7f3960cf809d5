// The library: every document, found by typing, kept to a perspective, put in an order.
import { announce, byId } from "./announce.js";

const AT_ONCE = 100; // documents in the page; more on demand
let shown = AT_ONCE;
let text = ""; // of the last answer of the server: the same is not drawn again
let labels = {};
let documents = [];
let chosen = []; // in order, all that pass the filter

const ORDERS = {
  title: () => 0,
  perspective: (a, b) => a.rank - b.rank,
  period: (a, b) => a.year - b.year,
};
const byTitle = new Intl.Collator("en", { numeric: true, ignorePunctuation: true }).compare;
const folded = (words) => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

export async function enterLibrary() {
  let answer;
  try {
    answer = await (await fetch("/library")).text();
  } catch {
    byId("found").textContent = "The program does not answer. Is it still running?";
    return;
  }
  if (answer === text) return;
  text = answer;
  const page = JSON.parse(answer);
  if (page.problem) {
    text = "";
    byId("found").textContent = page.problem;
    return;
  }
  labels = page.perspectives;
  const ranks = Object.keys(labels);
  documents = page.documents
    .map((d) => ({
      ...d,
      rank: ranks.indexOf(d.perspective),
      words: folded([d.title, d.question, d.authors, labels[d.perspective], d.stance, d.period, d.kind].join(" ")),
    }))
    .sort((a, b) => byTitle(a.title, b.title));
  byId("library-size").textContent = page.size;
  nameChoices();
  look();
}

function nameChoices() {
  const select = byId("finder-perspective");
  const before = select.value;
  const counts = {};
  for (const { perspective } of documents) counts[perspective] = (counts[perspective] ?? 0) + 1;
  const names = Object.entries(labels).map(([name, label]) => [name, `${label} (${counts[name]})`]);
  select.replaceChildren(
    ...[["", `all perspectives (${documents.length})`], ...names].map(([value, words]) => new Option(words, value)),
  );
  select.value = before in labels ? before : "";
}

// Draw what passes the filter, from the beginning.
function look() {
  const wanted = folded(byId("finder-words").value).split(/\s+/).filter(Boolean);
  const perspective = byId("finder-perspective").value;
  chosen = documents
    .filter((d) => !perspective || d.perspective === perspective)
    .filter((d) => wanted.every((word) => d.words.includes(word)))
    .sort(ORDERS[byId("finder-order").value]);
  shown = AT_ONCE;
  const all = chosen.length === documents.length;
  const none = "No text has these words. Try fewer, or all perspectives.";
  byId("found").textContent = all ? "" : chosen.length ? `${chosen.length} of ${documents.length}` : none;
  byId("shelf").replaceChildren(...chosen.slice(0, shown).map(entry));
  showMore();
}

export function more() {
  const next = chosen.slice(shown, shown + AT_ONCE).map(entry);
  shown += AT_ONCE;
  byId("shelf").append(...next);
  next[0]?.querySelector("button").focus();
  showMore();
}

function showMore() {
  const left = chosen.length - shown;
  byId("shelf-more").hidden = left <= 0;
  byId("shelf-more").textContent = `Show ${Math.min(left, AT_ONCE)} more of ${left}`;
}

// Only textContent and attributes: whatever a title holds stays text.
function element(tag, name, words = "") {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.textContent = words;
  return made;
}

function entry(d) {
  const item = element("li", `volume p-${d.perspective}`);
  if (d.essay) item.classList.add("essay");
  const title = element("button", "title open", d.title);
  title.type = "button";
  title.dir = "auto";
  title.dataset.document = d.id;
  const chip = element("span", `chip p-${d.perspective}`);
  chip.append(element("i", "shape"), labels[d.perspective]);
  const meta = element("div", "card-meta");
  meta.append(chip, element("span", "facts", [d.stance, d.period, d.length].filter(Boolean).join(" · ")));
  item.append(title);
  if (d.essay) item.append(element("p", "badge", d.kind));
  item.append(meta);
  if (d.question) item.append(Object.assign(element("p", "asks", d.question), { dir: "auto" }));
  return item;
}

export const focusFinder = () => byId("finder-words").focus();

// The arrows go from the field through the titles and back.
function walk(event) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by || event.target.matches("select")) return;
  const stops = [byId("finder-words"), ...byId("shelf").querySelectorAll(".title")];
  const next = stops[stops.indexOf(event.target) + by];
  if (!stops.includes(event.target) || !next) return;
  event.preventDefault();
  next.focus();
}

export function startLibrary() {
  byId("finder").addEventListener("input", look);
  byId("finder").addEventListener("submit", (event) => {
    event.preventDefault();
    byId("shelf").querySelector(".title")?.focus();
    if (!chosen.length) announce(byId("found").textContent);
  });
  byId("library").addEventListener("keydown", walk);
}
