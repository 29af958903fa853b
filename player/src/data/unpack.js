/**
 * Unpack the packed JSON in which equal sub-values are stored once.
 *
 * `values[i]` is a scalar, or `[0, part, ...]` (an array), or `[1, keys, part, ...]` (an object), or
 * `[2, keys, column, ...]` (an array of objects, by columns). A part is the index of an earlier value, or a
 * string or such a list itself; the last value is the root. Shared values stay shared. Version 1 had no
 * columns, and indexes only.
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
  const part = (ref) => {
    if (typeof ref !== "number") return made(ref);
    if (!(ref < out.length)) throw new Error("a packed value refers to a later one");
    return out[ref];
  };
  const made = (value) => {
    if (!Array.isArray(value)) return value;
    const [kind, ...parts] = value;
    if (kind === 0) return parts.map(part);
    const [keys, ...members] = parts.map(part);
    const object = (get) => Object.fromEntries(keys.map((key, i) => [key, get(members[i])]));
    return kind === 1
      ? object((member) => member)
      : members[0].map((_, row) => object((column) => column[row]));
  };
  for (const value of packed.values) out.push(made(value));
  return out;
}

/** The value that was packed. @param {Packed} packed @param {any[]} [before] */
export const unpack = (packed, before) => unpackAll(packed, before).at(-1);

/** Accept packed or plain JSON. @param {any} value */
export const unpackIfPacked = (value) =>
  value && typeof value === "object" && "pack" in value ? unpack(value) : value;
