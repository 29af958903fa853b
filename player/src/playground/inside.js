/** How Python is started with the package in it, in the reader's browser and when its memory is made. */

/** As in Pyodide's own lock (pyodide-lock.json), but no packages: none is fetched from elsewhere. */
const lockFileContents = {
  info: { abi_version: "2026_0", arch: "wasm32", platform: "emscripten_5_0_3", python: "3.14.2" },
  packages: {},
};
const PLACE = "/packetwalk";
const IMPORTS = `
import sys
sys.path.insert(0, "${PLACE}")
from packetwalk.policy.playground import answer
`;

/** Finders remember folders as they were; to invalidate them all would ask for files of the library. */
const WALKING = `
import sys
sys.path_importer_cache.clear()
from packetwalk.walks.stepped.page import walk
`;

/** Let it walk packets, too. @param {any} python @param {Promise<ArrayBuffer>} zip  the rooms that do */
export async function walking(python, zip) {
  python.unpackArchive(await zip, "zip", { extractDir: PLACE });
  python.runPython(WALKING);
  return python.globals.get("walk");
}

/**
 * @param {(options: object) => Promise<any>} loadPyodide
 * @param {object} more  options of Pyodide
 * @param {Promise<ArrayBuffer>|null} zip  the package; null where the memory has it
 */
export async function inside(loadPyodide, more, zip) {
  const python = await loadPyodide({ lockFileContents, ...more });
  if (!zip) return python;
  python.unpackArchive(await zip, "zip", { extractDir: PLACE });
  python.runPython(IMPORTS);
  return python;
}
