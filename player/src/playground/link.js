/** A link that holds what somebody has typed: packed into the fragment, so that no server ever sees it. */

/**
 * @typedef {{
 *   text: string, plugin: string, protocol: string, port: number, source: string, destination: string,
 *   mode?: string, rules?: string,
 * }} Asked  what the playground judges: manifests, who enforces them, one packet, and how it is stepped
 */

export const LONGEST = 16_000;
/** Characters of manifests, in a link as in the page. */
export const LARGEST = 5_000_000;
const OWN = "#manifests=";
const RECIPE = /^#recipe=([^/]*)(?:\/([^/]*))?(?:\/([^/]*))?(?:\/([^/]*))?(?:\/(.*))?$/;
const UNKNOWN = /^#(?!recipe=|manifests=)[\w-]+=/;

/** What a fragment names, `more` being what nobody reads. @param {string} hash */
export function recipeOf(hash) {
  const [, recipe, plugin, mode, rules, more] = RECIPE.exec(hash) ?? [];
  return recipe === undefined ? null : { recipe, plugin, mode, rules, more };
}

/** Whether it is for the playground, whatever it says. @param {string} hash */
export const isOurs = (hash) => RECIPE.test(hash) || holdsText(hash);

/** Whether it looks like one for the playground, and is none. @param {string} hash */
export const isUnknown = (hash) => UNKNOWN.test(hash);

/** @param {string} recipe @param {string[]} how  the plugin, and what is chosen of it */
export const linkTo = (recipe, ...how) => `#recipe=${[recipe, ...how].join("/")}`;

/** @param {string} hash */
export const holdsText = (hash) => hash.startsWith(OWN);

/**
 * Return the fragment; an error where it would be longer than mail and chat pass on.
 * @param {Asked} asked
 */
export async function pack(asked) {
  const { text, plugin, protocol, port, source, destination, mode, rules } = asked;
  const data = JSON.stringify([
    text,
    plugin,
    protocol,
    port,
    source,
    destination,
    ...(mode ? [mode, rules] : []),
  ]);
  const packed = await all(through(new Blob([data]), new CompressionStream("deflate-raw")));
  const hash = OWN + toBase64(packed);
  if (hash.length > LONGEST)
    throw new Error(
      `Too large for a link: it would have ${told(hash.length)} characters; ${told(LONGEST)} are the most.`,
    );
  return hash;
}

/**
 * Return what a fragment holds; an error in words where it is broken, or holds too much.
 * @param {string} hash @returns {Promise<Asked>}
 */
export async function unpack(hash) {
  if (hash.length > LONGEST)
    throw new Error(`The link is too large: ${told(hash.length)} characters; ${told(LONGEST)} are the most.`);
  let bytes;
  try {
    const packed = new Blob([fromBase64(hash.slice(OWN.length))]);
    bytes = await all(through(packed, new DecompressionStream("deflate-raw")), 2 * LARGEST);
  } catch {
    throw new Error(BROKEN);
  }
  if (!bytes) throw new Error(`The link holds more than ${told(LARGEST)} characters of manifests.`);
  return checked(new TextDecoder().decode(bytes));
}

const BROKEN = "The link is broken: a part of it is missing, or was changed on the way.";

/** @param {string} data @returns {Asked} */
function checked(data) {
  try {
    const [text, plugin, protocol, port, source, destination, ...more] = JSON.parse(data);
    const words = [text, plugin, protocol, source, destination, ...more];
    const [mode, rules] = more;
    if (words.every((word) => typeof word === "string") && Number.isInteger(port))
      return { text, plugin, protocol, port, source, destination, ...(rules && { mode, rules }) };
  } catch {}
  throw new Error(BROKEN);
}

/** @param {Blob} blob @param {any} stream @returns {ReadableStream<Uint8Array>} */
const through = (blob, stream) => blob.stream().pipeThrough(stream);

/**
 * All bytes of a stream; null when there are more than `most`.
 * @param {ReadableStream<Uint8Array>} stream @param {number} [most]
 */
async function all(stream, most = Number.POSITIVE_INFINITY) {
  const parts = [];
  let size = 0;
  for (const reader = stream.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > most) {
      await reader.cancel();
      return null;
    }
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** Base64 as addresses take it. @param {Uint8Array} bytes */
function toBase64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {string} text */
function fromBase64(text) {
  const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(bytes, (each) => each.charCodeAt(0));
}

/** @param {number} number */
const told = (number) => number.toLocaleString("en-GB");
