import assert from "node:assert/strict";
import test from "node:test";
import { LAYERS, properties } from "../src/colours.js";

const channel = (c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const light = (hex) => {
  const [r, g, b] = hex
    .slice(1)
    .match(/../g)
    .map((x) => channel(parseInt(x, 16) / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a, b) => {
  const [x, y] = [light(a), light(b)].sort((m, n) => n - m);
  return (x + 0.05) / (y + 0.05);
};

for (const theme of ["light", "dark"]) {
  const page = Object.fromEntries(
    properties(theme)
      .split(";")
      .map((p) => p.slice(5).split(":")),
  );
  test(`${theme}: text reaches 4.5 to 1`, () => {
    for (const [name, c] of Object.entries(LAYERS)) {
      const [solid, ink, text] = c[theme];
      assert.ok(contrast(solid, ink) >= 4.5, `${name}: ink on solid ${contrast(solid, ink).toFixed(2)}`);
      for (const ground of ["bg", "panel"])
        assert.ok(
          contrast(text, page[ground]) >= 4.5,
          `${name}: text on ${ground} ${contrast(text, page[ground]).toFixed(2)}`,
        );
    }
    for (const ink of ["ink", "soft", "accent", "good", "bad"])
      for (const ground of ["bg", "panel", "lane"])
        assert.ok(contrast(page[ink], page[ground]) >= 4.5, `${ink} on ${ground}`);
    assert.ok(
      contrast(page.soft, page.hit) >= 4.5 &&
        contrast(page.ink, page.hit) >= 4.5 &&
        contrast(page["accent-ink"], page.accent) >= 4.5,
    );
  });
}
