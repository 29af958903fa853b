/** Build the bundle and the page's style sheet; with --check, only compare with what is committed. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
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

const source = (path) => new URL(`src/${path}`, import.meta.url).pathname;
const options = {
  outdir: out.pathname,
  bundle: true,
  write: false,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "inline",
  plugins: [cssText],
};
const alone = await build({
  ...options,
  entryPoints: {
    player: source("index.js"),
    tools: source("tools/index.js"),
    timeline: source("time/index.js"),
    playground: source("playground/index.js"),
    why: source("why/index.js"),
    editor: source("playground/editor.js"),
    engine: source("python/engine.js"),
    present: source("present/index.js"),
    kernel: source("python/kernel.js"),
    prove: source("kernel/prove.js"),
    guest: source("kernel/guest.js"),
    slides: source("slides/index.js"),
  },
});

const { metafile } = await build({ ...options, entryPoints: [source("shared.js")], metafile: true });
const shared = Object.entries(metafile.inputs).find(([path]) => path.endsWith("src/shared.js"));
const given = new Set(shared[1].imports.map(({ path }) => resolve(path)));
/** What is in the player, a script beside it takes from there. */
const fromPlayer = {
  name: "from-player",
  setup(build) {
    build.onResolve({ filter: /./ }, async ({ path, resolveDir, kind, pluginData }) => {
      if (pluginData?.looked || kind === "entry-point") return undefined;
      const found = await build.resolve(path, { resolveDir, kind, pluginData: { looked: true } });
      return given.has(found.path) ? { path: "./player.js", external: true } : undefined;
    });
  },
};
/** A notebook takes one file; a page with walks has the player already. */
const beside = await build({
  ...options,
  entryPoints: { "timeline-beside": source("time/page.js") },
  plugins: [fromPlayer, cssText],
});
/** Minified, our lines break in templates and comments only: there a break and its indent are a space. */
const AS_THEY_ARE = ["editor.js", "slides.js"];
const joined = (name, text) => (AS_THEY_ARE.includes(name) ? text : text.replace(/\n\s+/g, " "));
const scripts = [...alone.outputFiles, ...beside.outputFiles].map(({ path, text }) => [
  basename(path),
  joined(basename(path), text),
]);
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
