/** What a reader gives: files with their names, as the page has them and as Python finds them. */

/**
 * @typedef {{serial: number, files: [string, Blob][]}} Dropped  each set of files has a number of its own
 */

const PLACE = "/dropped";
let laid = 0;

/**
 * Put files where Python reads them, once; the names do not become places, so none leads elsewhere.
 * @param {any} FS  Pyodide's @param {Dropped} dropped
 * @returns {Promise<[string, string]>} the folder, in which they are called 0, 1 ..., and their names as JSON
 */
export async function lay(FS, { serial, files }) {
  const folder = `${PLACE}/${serial}`;
  if (laid !== serial) {
    if (laid) remove(FS, `${PLACE}/${laid}`);
    laid = 0;
    FS.mkdirTree(folder);
    for (const [number, [, file]] of files.entries())
      FS.writeFile(`${folder}/${number}`, new Uint8Array(await file.arrayBuffer()));
    laid = serial;
  }
  return [folder, JSON.stringify(files.map(([name]) => name))];
}

/** @param {any} FS @param {string} path */
function remove(FS, path) {
  for (const name of FS.readdir(path)) {
    if (name === "." || name === "..") continue;
    const inside = `${path}/${name}`;
    if (FS.isDir(FS.stat(inside).mode)) remove(FS, inside);
    else FS.unlink(inside);
  }
  FS.rmdir(path);
}
