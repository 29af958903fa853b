/**
 * Write the memory of a Python that has imported the package, from which the page starts faster:
 * ZIP MEMORY [MODULE ...], the modules being those of its library that are imported, too.
 * `_makeSnapshot` is Pyodide's own and may change: its version is pinned, and pages start without one, too.
 */
import { readFile, writeFile } from "node:fs/promises";
import { loadPyodide } from "pyodide";
import { inside } from "./src/python/inside.js";

const [from, to, ...modules] = process.argv.slice(2);
const zip = readFile(from).then(({ buffer, byteOffset, length }) =>
  buffer.slice(byteOffset, byteOffset + length),
);
const python = await inside(loadPyodide, { _makeSnapshot: true }, zip);
/** All that a first answer imports is imported by one: files are not remembered. */
const POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n";
const { matrix } = JSON.parse(python.globals.get("answer")(POD, "calico", "TCP", 80, "", ""));
if (matrix.lines?.length !== 1) throw new Error(`not as expected: ${JSON.stringify(matrix)}`);
if (modules.length) python.runPython(`import ${modules.join(", ")}`);
await writeFile(to, python.makeMemorySnapshot());
