/** The files beside a page: each fetched once for all players of the page. */

import { unpack, unpackAll } from "./unpack.js";

/** An error whose message is meant for the reader. */
export class WalkError extends Error {}

/** @type {Map<string, Promise<any>>} */
const files = new Map();

/** @param {string} url @param {() => Promise<any>} make  what the file becomes; a failure is not kept */
function once(url, make) {
  if (!files.has(url)) {
    const forget = (error) => {
      files.delete(url);
      throw error;
    };
    files.set(url, make().catch(forget));
  }
  return files.get(url);
}

/** The JSON of a file, which is compressed unless the server undid it. */
async function read(url, options) {
  const answer = await fetch(url, options);
  if (!answer.ok) throw new WalkError(`No walk for this combination (${url}, status ${answer.status}).`);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (zipped && !globalThis.DecompressionStream) {
    throw new WalkError("Other choices need a browser of 2023 or later.");
  }
  const body = zipped ? new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")) : bytes;
  return new Response(body).json();
}

/** @param {string} url  of plain JSON */
export const file = (url) => once(url, () => read(url));

/**
 * What a packed file holds, with what it has in common with others.
 * @param {string} url @param {string} sharedUrl
 */
export function packedFile(url, sharedUrl) {
  const both = async (options) => {
    const shared = once(sharedUrl, () => read(sharedUrl, options).then((s) => ({ ...s, all: unpackAll(s) })));
    return Promise.all([read(url, options), shared]);
  };
  return once(url, async () => {
    let [own, shared] = await both();
    if (own.shared !== shared.name) {
      // One of them was in the browser's cache when the book changed.
      files.delete(sharedUrl);
      [own, shared] = await both({ cache: "reload" });
    }
    if (own.shared !== shared.name) throw new WalkError("The book has just changed: load the page again.");
    return unpack(own, shared.all);
  });
}
