// Which question is on its way. Counted here, so that whatever arrives late, and in whatever
// order, is known for what it is: a turn of a question that was cleared does not count.
let serial = 0; // of the last question
let gone = 0; // up to this question everything was cleared
let waiting = false; // the last question has no turn yet
let question = ""; // the last one, as it was typed
let cleared = false; // and nothing was asked since, nor was it undone
let dropped = ""; // the question that was running then

// The turn that counts, of those in the zone of the running one.
export function turnIn(zone) {
  const turn = zone.querySelector(".turn");
  return turn && serialOf(turn) > gone ? turn : null;
}

const serialOf = (turn) => Number(turn.dataset.serial);

// Whether the page must wait: told from what is there alone, never from what came before.
export function look(turn) {
  if (turn && serialOf(turn) === serial) waiting = false;
  if (turn && cleared && serialOf(turn) > gone) cleared = false;
  return waiting || ["searching", "writing"].includes(turn?.dataset.state);
}

export function begin(words) {
  question = words;
  waiting = true;
  return ++serial;
}

export function giveUp(mine) {
  if (!waiting || mine !== serial) return false;
  waiting = false;
  return true;
}

export function clear(busy) {
  dropped = busy ? question : "";
  gone = serial;
  waiting = false;
  cleared = true;
  return serial;
}

// Undo the clearing; returns the question that it cut short.
export function restore() {
  cleared = false;
  return dropped;
}

// The question that was cut short, if its answer was complete after all and has come back.
export function answeredAfterAll(zone) {
  if (cleared || !dropped || !zone.querySelector(`[data-serial="${gone}"]`)) return "";
  const words = dropped;
  dropped = "";
  return words;
}

export const isCleared = () => cleared;
export const last = () => serial;
export const typed = () => question;
