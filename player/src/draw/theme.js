/** Light or dark, as the page is: one watcher for all players. */

/** @type {Set<(theme: "light"|"dark") => void>} */
const listeners = new Set();
const prefers = globalThis.matchMedia?.("(prefers-color-scheme: dark)");

/** sphinx-book-theme writes data-theme on <html>, JupyterLab data-jp-theme-light on <body>. */
export function theme() {
  const page = document.documentElement.dataset.theme;
  if (page === "dark" || page === "light") return page;
  const lab = document.body?.dataset.jpThemeLight;
  if (lab) return lab === "false" ? "dark" : "light";
  return prefers?.matches ? "dark" : "light";
}

const tell = () => {
  const now = theme();
  for (const l of listeners) l(now);
};
let watching = false;

function watch() {
  watching = true;
  const observer = new MutationObserver(tell);
  observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  observer.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
  prefers?.addEventListener("change", tell);
}

/** @param {(theme: "light"|"dark") => void} listener @returns {() => void} stop */
export function onTheme(listener) {
  if (!watching) watch();
  listeners.add(listener);
  return () => listeners.delete(listener);
}
