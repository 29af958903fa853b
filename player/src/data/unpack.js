/**
 * Unpack the packed JSON in which equal sub-values are stored once.
 *
 * `values[i]` is a scalar, or `[0, ref, ...]` (an array), or `[1, keysref, ref, ...]` (an object);
 * a reference points at an earlier value and the last value is the root. Shared values stay shared.
 *
 * @param {{pack: number, values: any[]}} packed
 * @returns {any}
 */
export function unpack(packed) {
  if (packed?.pack !== 1 || !Array.isArray(packed.values)) throw new Error("not packed JSON of version 1");
  const out = [];
  const at = (ref) => {
    if (!(ref < out.length)) throw new Error("a packed value refers to a later one");
    return out[ref];
  };
  for (const value of packed.values) {
    if (!Array.isArray(value)) out.push(value);
    else if (value[0] === 0) out.push(value.slice(1).map(at));
    else out.push(Object.fromEntries(at(value[1]).map((key, i) => [key, at(value[i + 2])])));
  }
  return out.at(-1);
}

/** Accept packed or plain JSON. @param {any} value */
export const unpackIfPacked = (value) =>
  value && typeof value === "object" && "pack" in value ? unpack(value) : value;
