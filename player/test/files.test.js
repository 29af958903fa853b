import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { file, packedFile, WalkError } from "../src/data/files.js";
import { serve } from "./packed.js";

/** What `shared` holds first, then what each file adds: {"walks": {"a": ["x", 7]}} and so on. */
const shared = (name) => ({ pack: 2, name, values: ["walks", [0, 0], "x"] });
const own = (name, number) => ({
  pack: 2,
  shared: name,
  values: [number, [0, 2, 3], "a", [0, 5], [1, 6, 4], [1, 1, 7]],
});

afterEach(() => delete globalThis.fetch);

test("a file and what it shares are fetched once, and put together", async () => {
  const fetched = serve({ "1/s": shared("v1"), "1/a": own("v1", 7), "1/b": own("v1", 8) });
  const [a, again, b] = await Promise.all([
    packedFile("1/a", "1/s"),
    packedFile("1/a", "1/s"),
    packedFile("1/b", "1/s"),
  ]);
  assert.deepEqual(a, { walks: { a: ["x", 7] } });
  assert.deepEqual(b, { walks: { a: ["x", 8] } });
  assert.equal(a, again);
  assert.deepEqual(fetched.sort(), ["1/a", "1/b", "1/s"]);
});

test("a server may undo the compression itself", async () => {
  serve({ "2/s": JSON.stringify(shared("v1")), "2/a": JSON.stringify(own("v1", 7)), "2/i": "[1]" });
  assert.deepEqual(await packedFile("2/a", "2/s"), { walks: { a: ["x", 7] } });
  assert.deepEqual(await file("2/i"), [1]);
});

test("files of two editions of the book are never mixed", async () => {
  const answers = { "3/s": shared("v1"), "3/a": own("v2", 7) };
  const fetched = serve(answers);
  await assert.rejects(packedFile("3/a", "3/s"), /load the page again/);
  assert.deepEqual(fetched.sort(), ["3/a", "3/a reload", "3/s", "3/s reload"]);
  answers["3/s"] = shared("v2");
  assert.deepEqual(await packedFile("3/a", "3/s"), { walks: { a: ["x", 7] } });
});

test("what fails is told, and tried again when asked again", async () => {
  const answers = { "4/s": shared("v1") };
  serve(answers);
  await assert.rejects(
    packedFile("4/a", "4/s"),
    (error) => error instanceof WalkError && /404/.test(error.message),
  );
  answers["4/a"] = own("v1", 7);
  assert.deepEqual(await packedFile("4/a", "4/s"), { walks: { a: ["x", 7] } });
});

test("a browser that cannot undo the compression is told so", async () => {
  serve({ "5/s": shared("v1"), "5/a": own("v1", 7) });
  const { DecompressionStream } = globalThis;
  delete globalThis.DecompressionStream;
  await assert.rejects(packedFile("5/a", "5/s"), WalkError);
  globalThis.DecompressionStream = DecompressionStream;
});
