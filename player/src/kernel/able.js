/** Whether a browser can carry a kernel. */

const LEAST_MEMORY = 2; // GB: with less the browser ends the page

/** What this browser lacks, in words; nothing where it can. */
export function lacking(scope = globalThis) {
  if (!scope.WebAssembly) return "This browser has no WebAssembly, or its policy forbids it.";
  if (!scope.Worker) return "This browser has no workers.";
  if (!scope.DecompressionStream) return "This browser cannot unpack (DecompressionStream); a newer one can.";
  const memory = /** @type {any} */ (scope.navigator)?.deviceMemory;
  if (memory && memory < LEAST_MEMORY)
    return `This device says it has ${memory} GB of memory; the kernel and Python need about half of one.`;
  return "";
}

/**
 * What is not built here of a walk, in words; nothing where all of it is.
 * @param {{policies?: string[]}} walk
 */
export const ofWalk = ({ policies }) =>
  policies?.length ? "This walk goes under policies, and the kernel in the page is not given those." : "";
