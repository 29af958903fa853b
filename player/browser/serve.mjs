/** A small server for the project's root and a Chromium to look at it with. */

import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
};
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export async function open() {
  const server = createServer(async (ask, answer) => {
    try {
      const path = join(ROOT, normalize(decodeURIComponent(new URL(ask.url, "http://x").pathname)));
      answer.setHeader("content-type", TYPES[extname(path)] ?? "application/octet-stream");
      answer.end(path.endsWith("/") ? (await readdir(path)).join("\n") : await readFile(path));
    } catch {
      answer.writeHead(404).end();
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: FLAGS,
  });
  const base = `http://127.0.0.1:${server.address().port}/`;
  return {
    browser,
    base,
    close: async () => {
      await browser.close();
      server.close();
    },
  };
}
