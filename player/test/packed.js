/** Packed files for the tests. */
import { gzipSync } from "node:zlib";

/**
 * JSON as the book packs it, but without looking for what is equal.
 * @param {any} root @param {object} [more]  members beside `values`
 */
export function packed(root, more) {
  const values = [];
  const put = (value) => values.push(value) - 1;
  const add = (value) => {
    if (Array.isArray(value)) return put([0, ...value.map(add)]);
    if (value === null || typeof value !== "object") return put(value);
    return put([1, add(Object.keys(value)), ...Object.values(value).map(add)]);
  };
  add(root);
  return { pack: 2, ...more, values };
}

/**
 * A `fetch` that knows these files; each is compressed unless it is text.
 * @param {Record<string, any>} answers @returns {string[]}  what is fetched, in order
 */
export function serve(answers) {
  const fetched = [];
  globalThis.fetch = async (url, options) => {
    fetched.push(options?.cache ? `${url} ${options.cache}` : url);
    const found = answers[url];
    const body = typeof found === "string" ? found : gzipSync(JSON.stringify(found ?? null));
    return new Response(body, { status: found === undefined ? 404 : 200 });
  };
  return fetched;
}
