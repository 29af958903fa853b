/** Pyodide, given what it would ask for. */

/** @type {any} */
const scope = globalThis;

/**
 * Start what asks for files, with what is served in their place.
 * @template T
 * @param {Record<string, Promise<Response>>} served  by name
 * @param {() => Promise<T>} begin
 * @returns {Promise<T>}
 */
export async function serving(served, begin) {
  const network = scope.fetch;
  scope.fetch = (input, how) => served[String(input).split("/").at(-1)] ?? network(input, how);
  try {
    return await Promise.race([begin(), refused(Object.values(served))]);
  } finally {
    scope.fetch = network;
  }
}

/** Pyodide waits for a file that never comes. @param {Promise<any>[]} files @returns {Promise<any>} */
const refused = (files) => new Promise((_, refuse) => Promise.all(files).catch(refuse));

/** What is called .gz, unpacked here, whether or not its host compresses. @param {ReadableStream} body */
export const unpacked = (body) => new Response(body.pipeThrough(new DecompressionStream("gzip")));

/** @param {Response} response  a file of the machine's */
export const asWasm = ({ body }) => new Response(body, { headers: { "Content-Type": "application/wasm" } });
