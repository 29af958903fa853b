/** Work in pieces: between two of them the page answers. */

/** The next task of the page. @returns {Promise<void>} */
export const nextTask = () => new Promise((resolve) => setTimeout(resolve));

/** When the page has nothing else to do, or soon at the latest. @param {() => void} act */
export function whenIdle(act) {
  if (globalThis.requestIdleCallback) requestIdleCallback(act, { timeout: 500 });
  else setTimeout(act, 50);
}
