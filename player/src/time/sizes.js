/** Sizes of pictures, in px: time goes to the right in a wide one, down in a tall one. */

/** Below this width time goes down. */
export const TALL = 620;
/** A message beside another of its program. */
export const SLOT = 18;
/** Between two that arrive together. */
export const HEADS = 9;
/** What a moment needs. */
export const LEAST = { wide: 15, tall: 17 };
/** Around all, and between two nodes. */
export const PAD = 12;
export const NODE_GAP = 8;
export const WIDE = { names: 148, program: 42, row: 17, tables: 150, axis: 20, flag: 18, probe: 24, end: 46 };
export const DOWN = { axis: 64, probe: 26, flag: 17, lift: 9, end: 20 };
/** Below a program's line stands what it says of itself. */
export const STATE = 17;
/** Between two pings that are drawn one by one. */
export const PING = 3;
