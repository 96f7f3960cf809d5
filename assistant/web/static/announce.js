// One live region for the whole page.
export const byId = (id) => document.getElementById(id);

let last = 0;

export function announce(words) {
  const region = byId("announcer");
  region.textContent = "";
  clearTimeout(last);
  last = setTimeout(() => { region.textContent = words; }, 50); // the same words are said again
}
