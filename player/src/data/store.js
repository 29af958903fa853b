/** Where walks come from: the page itself, files beside it, or a live notebook. */
import { unpackIfPacked } from "./unpack.js";
import { problem } from "./validate.js";
import { nearestKey, walkFile, walkKey } from "./options.js";

/** An error whose message is meant for the reader. */
export class WalkError extends Error {}

const checked = (walk) => {
  const wrong = problem(walk);
  if (wrong) throw new WalkError(`This walk cannot be played: ${wrong}.`);
  return walk;
};

/** @param {string} text  the JSON that the page carries */
export function parsePage(text) {
  try {
    return unpackIfPacked(JSON.parse(text));
  } catch (error) {
    throw new WalkError(`The walk in this page cannot be read: ${error.message}.`);
  }
}

/** Files are fetched once for all players of a page. @type {Map<string, Promise<any>>} */
const files = new Map();

async function load(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new WalkError(`No walk for this combination (${url}, status ${answer.status}).`);
  return unpackIfPacked(await answer.json());
}

/** The walks of one player; equal options give the same object. */
export class Store {
  /** @param {{page?: any, dataRoot?: string|null, source?: {walk(o: any): Promise<any>}|null}} from */
  constructor({ page = null, dataRoot = null, source = null }) {
    this.page = page?.traces ? { walks: {} } : page ?? { walks: {} };
    this.only = page?.traces ? page : null;
    this.dataRoot = dataRoot;
    this.source = source;
  }

  /** The walk to begin with when the element's attributes do not name one of the page's. */
  get first() { return this.only ?? Object.values(this.page.walks ?? {})[0] ?? null; }

  get catalogue() { return this.page.catalogue ?? null; }

  /** The walk of these options that stands in the page, or null. */
  inPage(o) {
    const walk = this.only ?? this.page.walks?.[walkKey(o)];
    const fault = walk?.options?.fault ?? null;
    const same = (key) => !o[key] || !walk[key] || walk[key] === o[key];
    return walk && same("scenario") && same("plugin") && same("mode") && fault === (o.fault ?? null) ? walk : null;
  }

  /**
   * The walk at once if it is at hand, else null.
   * @param {import("./options.js").Options} o
   */
  now(o) {
    const walk = this.inPage(o);
    return walk ? checked(walk) : null;
  }

  /**
   * The walk, or the nearest one of the file that holds this scenario and fault.
   * @param {import("./options.js").Options} o
   */
  async walk(o) {
    const here = this.now(o);
    if (here) return here;
    if (this.source) return checked(unpackIfPacked(await this.source.walk(o)));
    if (this.dataRoot == null) throw new WalkError("This page carries no walk for this combination.");
    const url = this.dataRoot.replace(/\/?$/, "/") + walkFile(o);
    if (!files.has(url)) files.set(url, load(url).catch((error) => { files.delete(url); throw error; }));
    const file = await files.get(url);
    const key = nearestKey(Object.keys(file.walks ?? {}), o);
    if (key === null) throw new WalkError(`There is no ${o.proto} walk of this kind.`);
    return checked(file.walks[key]);
  }
}
