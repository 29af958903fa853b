/** No line of the sources is longer than the formatter's limit: templates and comments it leaves alone. */
import { readdir, readFile } from "node:fs/promises";

const { lineWidth } = JSON.parse(await readFile(new URL("biome.json", import.meta.url), "utf8")).formatter;
const here = new URL(".", import.meta.url);
const names = (await readdir(here, { recursive: true })).filter(
  (name) => /\.(js|mjs|css|html)$/.test(name) && !name.startsWith("node_modules"),
);
for (const name of names.sort()) {
  const lines = (await readFile(new URL(name, here), "utf8")).split("\n");
  for (const [n, line] of lines.entries()) {
    if (line.length <= lineWidth) continue;
    console.error(`player/${name}:${n + 1}: ${line.length} characters; the most is ${lineWidth}`);
    process.exitCode = 1;
  }
}
