import assert from "node:assert/strict";
import test from "node:test";
import { storyOf } from "../src/time/link.js";

test("a link names a story, and nothing else does", () => {
  assert.equal(storyOf("#story=bird-killed"), "bird-killed");
  for (const hash of ["", "#moment=0&el=1", "#story=", "#story=<b>", "#story=a&el=1"])
    assert.equal(storyOf(hash), null);
});
