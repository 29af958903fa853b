/** The stories of a page, in one file: fetched once for all its timelines, when one is looked at. */
import { file } from "../data/files.js";
import { unpackIfPacked } from "../data/unpack.js";

/** @import { Story } from "./types.js" */

/** @type {Map<string, Promise<Map<string, Story>>>} */
const shelves = new Map();

/** All stories of a file, by name. @param {string} url @returns {Promise<Map<string, Story>>} */
function shelf(url) {
  if (!shelves.has(url)) {
    const read = file(url).then((packed) => byName(unpackIfPacked(packed).stories));
    read.catch(() => shelves.delete(url));
    shelves.set(url, read);
  }
  return shelves.get(url);
}

/** @param {Story[]} stories @returns {Map<string, Story>} */
export const byName = (stories) => new Map(stories.map((story) => [story.name, story]));

/** The stories that an element names. @param {HTMLElement} el @returns {Promise<Story[]>} */
export async function named(el) {
  const names = (el.getAttribute("names") ?? "").split(" ");
  const all = await shelf(el.dataset.stories);
  const missing = names.find((name) => !all.has(name));
  if (missing !== undefined) throw new Error(`there is no story ${missing}`);
  return names.map((name) => all.get(name));
}
