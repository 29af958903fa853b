/** axe-core on the player, light and dark, wide and narrow, at several steps: exits 1 on any violation. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { open } from "./serve.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const { browser, base, close } = await open();
let found = 0;
for (const width of [360, 1280])
  for (const theme of ["light", "dark"]) {
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    for (const [walk, step, beside = ""] of [
      ["flannel-vxlan-cross-node", 0],
      ["flannel-vxlan-cross-node", 15],
      ["flannel-cold", 6],
      ["flannel-vxlan-missing-fdb", 14],
      ["flannel-vxlan-cross-node", 16, "flannel/host-gw,calico/ipip"],
    ]) {
      await page.goto(`${base}player/demo.html?theme=${theme}&walk=${walk}&step=${step}&with=${beside}`);
      await page.waitForSelector("packet-walk .controls");
      await page.evaluate(() => {
        const { shadowRoot } = document.querySelector("packet-walk");
        shadowRoot.querySelector(".choosing").open = true;
      });
      if (beside) await page.locator("packet-walk button.chip", { hasText: "compare with" }).click();
      await page.waitForSelector("packet-walk .controls");
      await page.waitForTimeout(200);
      if (step) await page.locator("packet-walk .field").first().hover();
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() =>
        window.axe.run(document.querySelector("packet-walk"), { resultTypes: ["violations"] }),
      );
      for (const v of violations) {
        found++;
        console.log(
          width,
          theme,
          walk,
          step,
          v.impact,
          v.id,
          v.nodes.length,
          v.nodes[0].target.join(" "),
          "|",
          v.nodes[0].failureSummary.split("\n").slice(1, 2).join(),
        );
      }
    }
    await page.close();
  }
await close();
console.log(`${found} violations`);
process.exitCode = found ? 1 : 0;
