/** The part of an address that carries a moment: `moment=120000.05&el=1`, in ms, and whose it is. */

/** @param {number} t @param {string} el */
export const toHash = (t, el) => `#moment=${Number(t.toFixed(3))}&el=${encodeURIComponent(el)}`;

/** @param {string} hash @returns {{t: number, el: string}|null} null when it speaks of something else */
export function fromHash(hash) {
  const found = /^#moment=(\d{1,9}(?:\.\d{1,3})?)(?:&el=([\w%.-]+))?$/.exec(hash);
  return found && { t: Number(found[1]), el: found[2] ?? "1" };
}

/** Which story a link names. @param {string} hash @returns {string|null} null when it names none */
export const storyOf = (hash) => /^#story=([\w-]+)$/.exec(hash)?.[1] ?? null;
