/** Frames a second and main-thread time per frame while the player plays, with the CPU slowed four times. */
import { open } from "./serve.mjs";

const { browser, base, close } = await open();
for (const [walk, n] of [
  ["flannel-vxlan-cross-node", 1],
  ["flannel-vxlan-cross-node", 10],
  ["flannel-cold", 1],
]) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Performance.enable");
  await page.goto(`${base}player/demo.html?walk=${walk}&n=${n}`);
  await page.waitForSelector("packet-walk .controls");
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  await page.locator("packet-walk .play").first().click();
  await page.waitForTimeout(500);
  const busy = async () =>
    (await cdp.send("Performance.getMetrics")).metrics.find((m) => m.name === "TaskDuration").value * 1000;
  const before = await busy();
  const times = await page.evaluate(
    () =>
      new Promise((done) => {
        const all = [];
        const tick = (t) => {
          all.push(t);
          all.length < 400 && t < all[0] + 6000 ? requestAnimationFrame(tick) : done(all);
        };
        requestAnimationFrame(tick);
      }),
  );
  const after = await busy();
  const gaps = times
    .slice(1)
    .map((t, i) => t - times[i])
    .sort((a, b) => a - b);
  const at = (share) => gaps[Math.floor(gaps.length * share)].toFixed(1);
  const fps = (1000 / (gaps.reduce((a, b) => a + b) / gaps.length)).toFixed(1);
  const spread = `median ${at(0.5)} p95 ${at(0.95)} worst ${at(0.999)} ms`;
  const thread = `main thread ${((after - before) / gaps.length).toFixed(2)} ms a frame`;
  console.log(`${walk}, ${n} on the page: ${fps} fps, ${spread}, ${thread}`);
  await page.close();
}
await close();
