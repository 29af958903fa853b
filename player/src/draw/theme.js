/** Light or dark, as the page is: one watcher for all players. */

/** @type {Set<(theme: "light"|"dark") => void>} */
const listeners = new Set();
const prefers = globalThis.matchMedia?.("(prefers-color-scheme: dark)");

/** sphinx-book-theme writes data-theme on <html>, JupyterLab data-jp-theme-light on <body>. */
function theme() {
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

/** Keeps the attribute `theme` of an element as the page is. */
export class ThemeOf {
  /** @param {import("lit").LitElement} element */
  constructor(element) {
    this.element = element;
    this.listen = (now) => element.setAttribute("theme", now);
    element.addController(this);
  }

  hostConnected() {
    if (!watching) watch();
    listeners.add(this.listen);
    this.listen(theme());
  }

  hostDisconnected() {
    listeners.delete(this.listen);
  }
}
