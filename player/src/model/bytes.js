/** From headers to bytes and back: which bytes hold which field. */
import { fieldsOf, roles } from "./stack.js";
/** @import { Header } from "../types.js" */

/**
 * @typedef {{
 *   field: string, header: number, from: number, to: number, bits: number, shift: number,
 * }} Span  bytes [from, to) of the packet
 */

/** The bytes of a stack as hex; a header without bytes is shown as unknown. @param {Header[]} stack */
export function packetBytes(stack) {
  return stack
    .map((h) =>
      typeof h.bytes === "string" && h.bytes.length === h.size * 2 ? h.bytes : "??".repeat(h.size),
    )
    .join("");
}

/** Where each header starts. @param {Header[]} stack @returns {number[]} */
export function offsets(stack) {
  let at = 0;
  return stack.map((h) => {
    const from = at;
    at += h.size;
    return from;
  });
}

/**
 * Where every field of every header stands.
 * @param {Header[]} stack
 * @param {Record<string, [string, number, number][]>} layouts  field, first bit, number of bits
 * @returns {Span[]}
 */
export function spans(stack, layouts) {
  const starts = offsets(stack);
  return stack.flatMap((h, header) => {
    const known = new Map((layouts?.[h.proto] ?? []).map(([field, at, bits]) => [field, { at, bits }]));
    return fieldsOf(h).map((field) => {
      const place = known.get(field);
      const whole = !place?.bits;
      const from = whole ? 0 : Math.floor(place.at / 8);
      const to = whole ? h.size : Math.ceil((place.at + place.bits) / 8);
      return {
        field,
        header,
        from: starts[header] + from,
        to: Math.min(starts[header] + h.size, starts[header] + to),
        bits: whole ? 0 : place.bits,
        shift: place?.at ?? 0,
      };
    });
  });
}

/** The field at a byte: the shortest that covers it. @param {Span[]} all @param {number} byte */
export function fieldAt(all, byte) {
  const over = all.filter((s) => s.from <= byte && byte < s.to);
  return (
    over.sort((a, b) => a.to - a.from - (b.to - b.from) || (b.bits ? 1 : 0) - (a.bits ? 1 : 0))[0] ?? null
  );
}

/**
 * Rows of a hex dump: each a list of runs of one layer, lit or not.
 * @param {Header[]} stack @param {number} width bytes in a row
 * @param {{from: number, to: number}|null} lit
 * @returns {{offset: number, runs: {from: number, text: string, role: string, lit: boolean}[]}[]}
 */
export function hexRows(stack, width, lit) {
  const hex = packetBytes(stack);
  const names = roles(stack);
  const starts = offsets(stack);
  const total = hex.length / 2;
  const edges = new Set([0, total, ...starts, lit?.from, lit?.to].filter((x) => x !== undefined));
  const rows = [];
  for (let offset = 0; offset < total; offset += width) {
    const end = Math.min(total, offset + width);
    const cuts = [offset, ...[...edges].filter((x) => x > offset && x < end).sort((a, b) => a - b), end];
    const runs = [];
    for (let k = 0; k + 1 < cuts.length; k++) {
      const from = cuts[k];
      const header = starts.findLastIndex((s, n) => s <= from && from < s + stack[n].size);
      runs.push({
        from,
        text: hex.slice(from * 2, cuts[k + 1] * 2).replace(/..(?!$)/g, "$& "),
        role: names[header],
        lit: Boolean(lit && from >= lit.from && from < lit.to),
      });
    }
    rows.push({ offset, runs });
  }
  return rows;
}

/** A field's value as a reader wants it. @param {any} value */
export function valueText(value) {
  if (typeof value === "string" && value.length > 44) return `${value.slice(0, 40)}…`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
