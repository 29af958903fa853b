/** Where walks come from: the page itself, files beside it, or a live notebook. */

import { file, packedFile, WalkError } from "./files.js";
import {
  IPTABLES,
  modeKey,
  nearestKey,
  optionsOf,
  sharedFile,
  sizesFile,
  walkFile,
  walkKey,
} from "./options.js";
import { unpack, unpackAll, unpackIfPacked } from "./unpack.js";
import { problem } from "./validate.js";

export { WalkError } from "./files.js";

/** @import { Mode, Options } from "./options.js" */

/**
 * @typedef {Mode & {title: string, holds_for: string, scenarios: string[]}} OfferedMode
 * @typedef {{walk(o: Options): Promise<any>, modes?(): Promise<any>}} Source  a live notebook, which answers
 */

const checked = (walk) => {
  const wrong = problem(walk);
  if (wrong) throw new WalkError(`This walk cannot be played: ${wrong}.`);
  return walk;
};

/** What the walks of a page have in common, read once. */
let common = { text: "", name: "", values: [] };

/** @param {string} text */
function readCommon(text) {
  if (common.text !== text) {
    const packed = JSON.parse(text);
    common = { text, name: packed.name, values: unpackAll(packed) };
  }
  return common;
}

/**
 * @param {string} text  the JSON that the page carries
 * @param {string} [shared]  the JSON of what several walks of the page have in common
 */
export function parsePage(text, shared = "") {
  try {
    const page = JSON.parse(text);
    if (!page?.shared) return unpackIfPacked(page);
    const { name, values } = readCommon(shared);
    if (name !== page.shared) throw new Error("what it shares with others is not there");
    return unpack(page, values);
  } catch (error) {
    throw new WalkError(`The walk in this page cannot be read: ${error.message}.`);
  }
}

const sameForm = (walk, o) => {
  const { rules, release } = optionsOf(walk);
  return rules === (o.rules ?? IPTABLES) && release === (o.release ?? "");
};

const sameMode = (walk, o) =>
  walk.plugin === o.plugin && walk.mode === o.mode && walkKey(optionsOf(walk)) === walkKey(o);

/** The walks of one player; equal options give the same object. */
export class Store {
  /** @param {{page?: any, dataRoot?: string|null, source?: Source|null}} from */
  constructor({ page = null, dataRoot = null, source = null }) {
    this.page = page?.traces ? { walks: {} } : (page ?? { walks: {} });
    this.only = page?.traces ? page : null;
    this.dataRoot = dataRoot;
    this.source = source;
  }

  /** The walk to begin with when the element's attributes do not name one of the page's. */
  get first() {
    return this.only ?? Object.values(this.page.walks ?? {})[0] ?? null;
  }

  get catalogue() {
    return this.page.catalogue ?? null;
  }

  /** The walk of these options that stands in the page, or null. */
  inPage(o) {
    const walk = this.only ?? this.page.walks?.[walkKey(o)];
    const fault = walk?.options?.fault ?? null;
    const same = (key) => !o[key] || !walk[key] || walk[key] === o[key];
    const here = walk && same("scenario") && same("plugin") && same("mode") && fault === (o.fault ?? null);
    return here && sameForm(walk, o) ? walk : null;
  }

  /** The walk beside the page's own that stands in the page and is of exactly these options, or null. */
  besideInPage(o) {
    const walk = this.page.compare?.[modeKey(o)];
    const has = walk && optionsOf(walk);
    return has &&
      has.scenario === o.scenario &&
      walkKey(has) === walkKey(o) &&
      sameForm(walk, o) &&
      (has.fault ?? null) === (o.fault ?? null)
      ? checked(walk)
      : null;
  }

  /** The walk of exactly these options, to stand beside another one. @param {Options} o */
  async exact(o) {
    const here = this.inPage(o);
    const carried = here && sameMode(here, o) ? here : this.besideInPage(o);
    if (carried) return checked(carried);
    if (this.source) return checked(unpackIfPacked(await this.source.walk(o)));
    if (this.dataRoot == null) throw new WalkError("This page does not carry this walk.");
    const missing = () =>
      new WalkError(
        `${o.size} bytes of ${o.proto} were not made ahead for this mode; ` +
          "other sizes, or a live notebook, have them.",
      );
    for (const name of [walkFile(o), sizesFile(o)]) {
      const { walks } = await this.choices(name, o).catch((error) => {
        if (name === walkFile(o)) throw error;
        throw missing();
      });
      const found = walks?.[walkKey(o)];
      if (found) return checked(found);
    }
    throw missing();
  }

  /** Whether other modes can be had at all. */
  get open() {
    return Boolean(this.source?.modes || this.dataRoot != null || this.page.compare);
  }

  /** The modes that can stand beside a walk. @returns {Promise<OfferedMode[]>} */
  async modes() {
    const carried = Object.values(this.page.compare ?? {}).map((w) => ({
      plugin: w.plugin,
      mode: w.mode,
      title: "",
      holds_for: w.holds_for,
      scenarios: [w.scenario],
    }));
    if (this.source?.modes) return unpackIfPacked(await this.source.modes());
    if (this.dataRoot == null) return carried;
    return file(this.under("index.json")).catch((error) => {
      if (carried.length) return carried;
      throw error;
    });
  }

  /** @param {string} name  under data-root */
  under(name) {
    return this.dataRoot.replace(/\/?$/, "/") + name;
  }

  /** What one file of a mode holds. @param {string} name @param {Mode} mode */
  choices(name, mode) {
    return packedFile(this.under(name), this.under(sharedFile(mode)));
  }

  /**
   * The walk at once if it is at hand, else null.
   * @param {Options} o
   */
  now(o) {
    const walk = this.inPage(o);
    return walk ? checked(walk) : null;
  }

  /**
   * The walk, or the nearest one of the file that holds this scenario and fault.
   * @param {Options} o
   */
  async walk(o) {
    const here = this.now(o);
    if (here) return here;
    if (this.source) return checked(unpackIfPacked(await this.source.walk(o)));
    if (this.dataRoot == null) throw new WalkError("This page carries no walk for this combination.");
    const { walks = {} } = await this.choices(walkFile(o), o);
    const key = nearestKey(Object.keys(walks), o);
    if (key === null) throw new WalkError(`There is no ${o.proto} walk of this kind.`);
    return checked(walks[key]);
  }
}
