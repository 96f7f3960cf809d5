// Light or dark before the first paint: the system decides until the reader of the page does.
(() => {
  const key = "whose-value-theme";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const stored = () => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage may be forbidden; the system decides then
    }
  };
  const apply = () => {
    const chosen = stored();
    const known = chosen === "dark" || chosen === "light";
    root.dataset.theme = known ? chosen : system.matches ? "dark" : "light";
    const button = document.querySelector('[data-act="theme"]');
    button?.setAttribute("aria-pressed", String(root.dataset.theme === "dark"));
  };
  system.addEventListener("change", apply);
  window.whoseValueTheme = {
    apply,
    toggle() {
      const next = root.dataset.theme === "dark" ? "light" : "dark";
      try {
        localStorage.setItem(key, next);
      } catch {
        root.dataset.theme = next;
        return;
      }
      apply();
    },
  };
  apply();
})();
