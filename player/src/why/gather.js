/** Files that a reader chooses or drops, with the folders in which they are; too many are not even listed. */

/** Bytes of all files, and how many: Python refuses more, too (packetwalk/why/dropped.py). */
export const LARGEST = 128 * 2 ** 20;
export const MOST = 5_000;

/** @typedef {[string, File]} Named */

/** What was chosen by a button. @param {HTMLInputElement} input @returns {Named[]} */
export const chosen = ({ files }) => [...files].map((file) => [file.webkitRelativePath || file.name, file]);

/**
 * What was dropped: files, and all that is in folders.
 * @param {DataTransfer} data @returns {Promise<Named[]>}
 */
export async function dropped({ items, files }) {
  const entries = [...items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...files].map((file) => [file.name, file]);
  /** @type {Named[]} */
  const found = [];
  for (const entry of entries) await collect(entry, found);
  return found;
}

/** @param {any} entry  a file or a folder @param {Named[]} found */
async function collect(entry, found) {
  if (found.length > MOST) return;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    found.push([entry.fullPath.slice(1), file]);
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    /** @type {any[]} some of them at a time */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length || found.length > MOST) return;
    for (const each of some) await collect(each, found);
  }
}

/** What is wrong with files before anybody reads them; nothing where all is well. @param {Named[]} files */
export function excess(files) {
  if (!files.length) return "There is no file in it.";
  if (files.length > MOST) return `More than ${MOST.toLocaleString("en-GB")} files: this is no recording.`;
  const size = files.reduce((sum, [, file]) => sum + file.size, 0);
  if (size <= LARGEST) return "";
  const less = "Record a shorter time (-t), or less of each frame (-s).";
  return `${megabytes(size)} MB: at most ${megabytes(LARGEST)} MB are read. ${less}`;
}

/** @param {number} size */
const megabytes = (size) => Math.ceil(size / 2 ** 20);
