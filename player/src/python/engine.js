/** The worker: Python in the reader's browser, and in it the very package that the book is made with. */
import { lay } from "./dropped.js";
import { DESKS, inside, seated, shelved } from "./inside.js";
import { asWasm, serving, unpacked } from "./served.js";

/** @type {any} */
const scope = globalThis;
/** @typedef {(...asked: (string|number)[]) => string} Answer */
/** @type {any} */
let python;
/** @type {Record<string, Answer>} by desk */
const answers = {};
/** @type {Record<string, Promise<ArrayBuffer>>} what has been fetched, by name; a failure is not kept */
const zips = {};
/** Whether Python has no more of its library than what its memory had imported. */
let bare = true;
const EMPTY_ZIP = Uint8Array.from({ length: 22 }, (_, k) => [80, 75, 5, 6][k] ?? 0);
const loaded = { bytes: 0, total: 0 };

/** A file of this folder, its bytes counted. @param {string} name @returns {Promise<Response>} */
async function fetched(name) {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  loaded.total += Number(response.headers.get("Content-Length")) || 0;
  const counted = new TransformStream({
    transform(part, into) {
      loaded.bytes += part.length;
      scope.postMessage({ loaded });
      into.enqueue(part);
    },
  });
  const body = response.body.pipeThrough(counted);
  return name.endsWith(".gz") ? unpacked(body) : new Response(body);
}

const bytes = (name) => fetched(name).then((found) => found.arrayBuffer());

/**
 * Start Python with what is served in the place of files that Pyodide asks for.
 * @param {Record<string, Promise<Response>>} served  by name
 * @param {object} options @param {Promise<ArrayBuffer>|null} zip
 */
async function start(served, options, zip) {
  return serving(served, async () => {
    const { loadPyodide } = await import(String(new URL("pyodide.mjs", import.meta.url)));
    return inside(loadPyodide, options, zip);
  });
}

const machine = () => fetched("pyodide.asm.wasm.gz").then(asWasm);

/** From the memory of a Python that had imported all it needs: nothing is compiled, no library is fetched. */
async function remembering() {
  const memory = bytes("memory.bin.gz");
  const served = {
    "pyodide.asm.wasm": machine(),
    "python_stdlib.zip": Promise.resolve(new Response(EMPTY_ZIP)),
  };
  return start(served, { _loadSnapshot: new Uint8Array(await memory) }, null);
}

/** From sources. */
function anew() {
  bare = false;
  const served = { "pyodide.asm.wasm": machine(), "python_stdlib.zip": fetched("python_stdlib.zip") };
  return start(served, {}, bytes("package.zip.gz"));
}

/** @param {string} name */
function zip(name) {
  zips[name] ??= bytes(name).catch((error) => {
    delete zips[name];
    throw error;
  });
  return zips[name];
}

/**
 * Who answers; what it needs is fetched when it is first asked.
 * @param {string} by @returns {Promise<Answer>}
 */
async function answerer(by) {
  const desk = DESKS[by];
  if (answers[by]) return answers[by];
  const library = desk.library && bare ? zip("python_stdlib.zip") : null;
  const found = await Promise.all(desk.zips.map((name) => zip(`${name}.zip.gz`)));
  if (library) shelved(python, await library);
  bare &&= !library;
  answers[by] = seated(python, desk, found);
  return answers[by];
}

const ready = remembering()
  .catch(anew)
  .then(
    (found) => {
      python = found;
      answers.policy = python.globals.get(DESKS.policy.name);
      scope.postMessage({ ready: true });
    },
    (error) => scope.postMessage({ broken: lastLine(error) }),
  );

scope.onmessage = async ({ data: { asked, by, files } }) => {
  await ready;
  try {
    const found = await answerer(by);
    const given = files ? await lay(python.FS, files) : [];
    scope.postMessage({ found: JSON.parse(found(...given, ...asked)) });
  } catch (error) {
    scope.postMessage({ failed: lastLine(error) });
  }
};

/** @param {any} error */
const lastLine = (error) =>
  String(error?.message ?? error)
    .trim()
    .split("\n")
    .at(-1)
    .slice(0, 200);
