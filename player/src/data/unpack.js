/**
 * Unpack the packed JSON in which equal sub-values are stored once.
 *
 * `values[i]` is a scalar, or `[0, ref, ...]` (an array), or `[1, keysref, ref, ...]` (an object), or
 * `[2, keysref, columnref, ...]` (an array of objects, by columns; not in version 1). A reference points
 * at an earlier value, the last value is the root. Shared values stay shared.
 *
 * @typedef {{pack: number, values: any[], name?: string, shared?: string}} Packed
 */

/**
 * All values of packed JSON, the root last.
 * @param {Packed} packed
 * @param {any[]} [before]  values that stand apart, which the references count first
 * @returns {any[]}
 */
export function unpackAll(packed, before = []) {
  if (![1, 2].includes(packed?.pack) || !Array.isArray(packed.values)) {
    throw new Error("not packed JSON of version 1 or 2");
  }
  const out = [...before];
  const at = (ref) => {
    if (!(ref < out.length)) throw new Error("a packed value refers to a later one");
    return out[ref];
  };
  for (const value of packed.values) {
    if (!Array.isArray(value)) {
      out.push(value);
      continue;
    }
    const [kind, ...refs] = value;
    const [keys, ...parts] = refs.map(at);
    const object = (get) => Object.fromEntries(keys.map((key, i) => [key, get(parts[i])]));
    if (kind === 0) out.push(refs.map(at));
    else if (kind === 1) out.push(object((part) => part));
    else out.push(parts[0].map((_, row) => object((column) => column[row])));
  }
  return out;
}

/** The value that was packed. @param {Packed} packed @param {any[]} [before] */
export const unpack = (packed, before) => unpackAll(packed, before).at(-1);

/** Accept packed or plain JSON. @param {any} value */
export const unpackIfPacked = (value) =>
  value && typeof value === "object" && "pack" in value ? unpack(value) : value;
