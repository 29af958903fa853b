/**
 * Pyodide for JupyterLite's kernel: the book's own copy of it, with packages from archives in the place
 * of wheels. The kernel imports this file as its Pyodide, in a worker; it needs neither a lock of packages
 * nor an installer.
 */
import { lockFileContents } from "./inside.js";
import { asWasm, serving, unpacked } from "./served.js";

const LOOK_AGAIN = "import sys; sys.path_importer_cache.clear()";
const PLACE = "import site; site.getsitepackages()[0]";

/** @param {string} address  seen from this file */
async function fetched(address) {
  const url = new URL(address, import.meta.url);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return url.pathname.endsWith(".gz") ? unpacked(response.body) : response;
}

/**
 * What the kernel calls. Its `packages` say what it need not install; they are in the archives.
 * @param {{engine: string, archives: string[], packages: string[]}} given
 *   the folder of Pyodide, addresses of archives
 */
export async function loadPyodide({ engine, archives, packages, ...options }) {
  const zips = archives.map((address) => fetched(address).then((found) => found.arrayBuffer()));
  const served = { "pyodide.asm.wasm": fetched(`${engine}pyodide.asm.wasm.gz`).then(asWasm) };
  const indexURL = new URL(engine, import.meta.url).href;
  const { loadPyodide: load } = await import(`${indexURL}pyodide.mjs`);
  const python = await serving(served, () => load({ ...options, indexURL, lockFileContents }));
  const extractDir = python.runPython(PLACE);
  for (const zip of zips) python.unpackArchive(await zip, "zip", { extractDir });
  python.runPython(LOOK_AGAIN);
  return python;
}
