/**
 * The guest of the page, in Node.
 *
 * save KERNEL INITRD BIOS STATE   boot it, keep its state: modules loaded, namespaces empty, tools that wait
 * work BIOS STATE                 take the state up and do jobs: lines JOB ANSWER, two files, on the input
 */
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { COMMAND_LINE, Machine } from "./src/kernel/machine.js";

const BOOT = 20 * 60_000; // ms: a minute of work, on a busy machine
const [task, ...given] = process.argv.slice(2);

const file = async (path) => {
  const { buffer, byteOffset, length } = await readFile(path);
  return { buffer: buffer.slice(byteOffset, byteOffset + length) };
};
const wasm_path = createRequire(import.meta.url)
  .resolve("v86")
  .replace(/libv86[^/]*$/, "v86.wasm");
const { V86 } = await import("v86");

async function save(kernel, initrd, bios, state) {
  const machine = new Machine(V86, {
    wasm_path,
    bios: await file(bios),
    bzimage: await file(kernel),
    initrd: await file(initrd),
    cmdline: COMMAND_LINE,
  });
  let said = "";
  const give_up = () => {
    console.error(`the guest did not boot: ${said.trim().split("\n").slice(-3).join(" | ")}`);
    process.exit(1);
  };
  const patience = setTimeout(give_up, BOOT);
  machine.typed = (byte) => {
    said += String.fromCharCode(byte);
    if (said.endsWith("System halted")) give_up();
  };
  await machine.until((line) => line === "ready");
  clearTimeout(patience);
  await machine.emulator.stop();
  await writeFile(state, new Uint8Array(await machine.emulator.save_state()));
}

async function work(bios, state) {
  const machine = new Machine(V86, { wasm_path, bios: await file(bios), initial_state: await file(state) });
  await machine.ready;
  let number = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    const [job, answer] = line.split(" ");
    try {
      const found = await machine.work(`job${++number}`, new Uint8Array((await file(job)).buffer));
      await writeFile(answer, found);
      console.log("done");
    } catch (error) {
      console.log(`failed ${error.message}`);
    }
  }
}

await { save, work }[task](...given);
process.exit(0);
