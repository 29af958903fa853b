/** Each kind of message has a letter, two where others begin with the same one. */

/** @param {string[]} kinds @returns {Map<string, string>} */
export function letters(kinds) {
  const found = new Map();
  for (const kind of new Set(kinds)) {
    const name = kind.toUpperCase();
    const tries = [...name].map((_, k) => name[0] + (k ? name[k] : ""));
    const taken = new Set(found.values());
    found.set(kind, tries.find((letter) => !taken.has(letter)) ?? name);
  }
  return found;
}
