/** Screenshots of the player: node browser/shots.mjs FOLDER [walk:step,step ...] */
import { mkdir } from "node:fs/promises";
import { open } from "./serve.mjs";

const [folder = "shots", ...asked] = process.argv.slice(2);
const wanted = (asked.length ? asked : ["flannel-vxlan-cross-node:1,18,24,28,50"]).map((a) => a.split(":"));
const sizes = (process.env.WIDTHS ?? "1280,360").split(",").map(Number);
const themes = (process.env.THEMES ?? "light,dark").split(",");

await mkdir(folder, { recursive: true });
const { browser, base, close } = await open();
for (const width of sizes)
  for (const theme of themes) {
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    page.on("pageerror", (e) => console.log("error:", e.message));
    page.on("console", (m) => {
      if (m.type() === "error") console.log("console:", m.text());
    });
    for (const [walk, steps] of wanted)
      for (const step of steps.split(",")) {
        await page.goto(
          `${base}player/demo.html?theme=${theme}&walk=${walk}&step=${step}&with=${process.env.WITH ?? ""}`,
        );
        await page.waitForSelector("packet-walk .controls");
        await page.waitForTimeout(250);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (wide > 0) console.log("overflow", walk, step, width, wide);
        await page
          .locator("packet-walk")
          .screenshot({ path: `${folder}/${walk}-${step}-${width}-${theme}.png` });
      }
    await page.close();
  }
await close();
