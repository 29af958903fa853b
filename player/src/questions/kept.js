/** Which questions were answered: in this browser alone, under one key that the page's wiping knows too. */

/** @typedef {"right"|"wrong"|"shown"} Verdict */

const KEY = "packetwalk-answers";

/** @returns {Record<string, Verdict>} */
function all() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {}; // refused, or written by somebody else
  }
}

/** A question's name: its page, seen from the book's top, and its words. @param {string} label */
export function nameOf(label) {
  const root = new URL(document.documentElement.dataset.content_root ?? ".", location.href);
  return `${location.pathname.slice(root.pathname.length)}#${label}`;
}

/** @param {string} name @returns {Verdict|null} */
export const kept = (name) => all()[name] ?? null;

/** @param {string} name @param {Verdict} verdict */
export function keep(name, verdict) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...all(), [name]: verdict }));
  } catch {
    // a private window may refuse; the answer then counts until the page is left
  }
}
