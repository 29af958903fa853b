/** Build the bundle and the page's style sheet; with --check, only compare with what is committed. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";
import { pageCss } from "./src/page-css.js";

const out = new URL("../packetwalk/widgets/static/", import.meta.url);
const MOST_GZIPPED = 60_000;

/** CSS as a string, minified. */
const cssText = {
  name: "css-text",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true });
      return { contents: code, loader: "text" };
    });
  },
};

const result = await build({
  entryPoints: {
    player: new URL("src/index.js", import.meta.url).pathname,
    tools: new URL("src/tools/index.js", import.meta.url).pathname,
    timeline: new URL("src/time/index.js", import.meta.url).pathname,
    playground: new URL("src/playground/index.js", import.meta.url).pathname,
    why: new URL("src/why/index.js", import.meta.url).pathname,
    editor: new URL("src/playground/editor.js", import.meta.url).pathname,
    engine: new URL("src/python/engine.js", import.meta.url).pathname,
    present: new URL("src/present/index.js", import.meta.url).pathname,
    kernel: new URL("src/python/kernel.js", import.meta.url).pathname,
    prove: new URL("src/kernel/prove.js", import.meta.url).pathname,
    guest: new URL("src/kernel/guest.js", import.meta.url).pathname,
    slides: new URL("src/slides/index.js", import.meta.url).pathname,
  },
  outdir: out.pathname,
  bundle: true,
  write: false,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "inline",
  plugins: [cssText],
});
/** Minified, our lines break in templates and comments only: there a break and its indent are a space. */
const AS_THEY_ARE = ["editor.js", "slides.js"];
const joined = (name, text) => (AS_THEY_ARE.includes(name) ? text : text.replace(/\n\s+/g, " "));
const scripts = result.outputFiles.map(({ path, text }) => [basename(path), joined(basename(path), text)]);
const files = { ...Object.fromEntries(scripts), "page.css": pageCss() };

const packed = gzipSync(files["player.js"], { level: 9 }).length;
if (packed > MOST_GZIPPED)
  throw new Error(`player.js is ${packed} bytes gzipped; the most is ${MOST_GZIPPED}`);

if (process.argv.includes("--check")) {
  for (const [name, text] of Object.entries(files)) {
    const committed = await readFile(new URL(name, out), "utf8").catch(() => "");
    if (committed !== text) {
      console.error(
        `packetwalk/widgets/static/${name} is not what player/src gives: ` +
          'run "npm run build" in player/ and commit it',
      );
      process.exitCode = 1;
    }
  }
} else {
  await mkdir(out, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(new URL(name, out), text);
}
console.log(`player.js ${files["player.js"].length} bytes, ${packed} gzipped`);
