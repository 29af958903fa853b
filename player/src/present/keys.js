/** The keys of a walk that is shown to a room; a clicker's two buttons are PageUp and PageDown. */

/** @typedef {"toggle"|"next"|"back"|"first"|"last"|"dark"|"full"|"other"|"before"|"leave"} Act */

/** @type {Record<string, Act>} */
const KEYS = {
  " ": "toggle",
  ArrowRight: "next",
  ArrowDown: "next",
  PageDown: "next",
  ArrowLeft: "back",
  ArrowUp: "back",
  PageUp: "back",
  Home: "first",
  End: "last",
  d: "dark",
  f: "full",
  n: "other",
  p: "before",
  Escape: "leave",
};

/**
 * What a key asks for, or null where it is somebody else's.
 * @param {{key: string, altKey?: boolean, ctrlKey?: boolean, metaKey?: boolean, onButton?: boolean}} e
 * @returns {Act|null}
 */
export function asked({ key, altKey, ctrlKey, metaKey, onButton }) {
  if (altKey || ctrlKey || metaKey || (onButton && key === " ")) return null;
  return KEYS[key.length === 1 ? key.toLowerCase() : key] ?? null;
}
