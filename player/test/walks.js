/**
 * Every walk the tests run on: the golden ones, which `npm test` first asks the model for (`python3 -m
 * tests.golden`), and the hand-made shapes that no golden walk has yet.
 */
import { readdirSync, readFileSync } from "node:fs";
import { ALL } from "./fixtures.js";
import { golden } from "./golden.js";

/** @import { Walk } from "../src/types.js" */

const FOLDER = new URL("../../_build/walks/", import.meta.url);

/** @returns {[string, Walk][]} */
export function walks() {
  const files = readdirSync(FOLDER)
    .filter((f) => f.endsWith(".json"))
    .sort();
  return [
    ...files.map((f) => [f.replace(".json", ""), golden(readFileSync(new URL(f, FOLDER), "utf8"))]),
    ...Object.entries(ALL).map(([name, make]) => [name, make()]),
  ];
}
