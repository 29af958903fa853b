/** How Python is started with the package in it, in the reader's browser and when its memory is made. */

/** As in Pyodide's own lock (pyodide-lock.json), but no packages: none is fetched from elsewhere. */
export const lockFileContents = {
  info: { abi_version: "2026_0", arch: "wasm32", platform: "emscripten_5_0_3", python: "3.14.2" },
  packages: {},
};
const PLACE = "/packetwalk";

/**
 * @typedef {{zips: string[], module: string, name: string, library?: boolean}} Desk
 *   a function that answers, its module, and what is fetched when it is first asked; `library` says
 *   that it needs more of Python's own than a memory has
 */

const PROVING = { library: true, zips: ["walks", "why", "page"], module: "packetwalk.lab.page.desk" };

/** Who answers, by what is asked. @type {Record<string, Desk>} */
export const DESKS = {
  policy: { zips: [], module: "packetwalk.policy.playground", name: "answer" },
  walk: { zips: ["walks"], module: "packetwalk.walks.stepped.page", name: "walk" },
  order: { ...PROVING, name: "order" },
  verdict: { ...PROVING, name: "verdict" },
  again: { ...PROVING, name: "again" },
  walked: { ...PROVING, name: "walked" },
  why: { library: true, zips: ["walks", "why"], module: "packetwalk.why.page", name: "answer" },
};

/** @param {Desk} desk */
const imports = ({ module, name }) => `
import sys
sys.path[:0] = [each for each in ["${PLACE}"] if each not in sys.path]
sys.path_importer_cache.clear()
from ${module} import ${name}
`;

const SHELF = `
import sys, zipimport
zipimport._zip_directory_cache.clear()
next(each for each in sys.path if each.endswith(".zip"))
`;

/**
 * Let a Python that began with a memory have its library's files, too.
 * @param {any} python @param {ArrayBuffer} zip
 */
export const shelved = (python, zip) => python.FS.writeFile(python.runPython(SHELF), new Uint8Array(zip));

/**
 * The function of a desk. Finders remember folders as they were, so they are made to look again; to
 * invalidate them all would ask for files of the library.
 * @param {any} python @param {Desk} desk @param {ArrayBuffer[]} zips
 */
export function seated(python, desk, zips) {
  for (const zip of zips) python.unpackArchive(zip, "zip", { extractDir: PLACE });
  python.runPython(imports(desk));
  return python.globals.get(desk.name);
}

/**
 * @param {(options: object) => Promise<any>} loadPyodide
 * @param {object} more  options of Pyodide
 * @param {Promise<ArrayBuffer>|null} zip  the package; null where the memory has it
 */
export async function inside(loadPyodide, more, zip) {
  const python = await loadPyodide({ lockFileContents, ...more });
  if (zip) seated(python, DESKS.policy, [await zip]);
  return python;
}
