/** The worker: a guest taken up from its saved state, which does one job after another. */
import { Machine } from "./machine.js";

/** @type {any} */
const scope = globalThis;
/** @type {Machine|null} */
let machine = null;
let number = 0;
const RANDOM = 64; // bytes: what was saved is the same in every page
const OPS = { date: String(Math.floor(Date.now() / 1000)) };

/** A file of this folder, its bytes counted. @param {string} name @param {(bytes: number) => void} counted */
async function fetched(name, counted) {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  const counting = new TransformStream({
    transform(part, into) {
      counted(part.length);
      into.enqueue(part);
    },
  });
  return new Response(response.body.pipeThrough(counting)).arrayBuffer();
}

/** @param {{state: string, bytes: number}} about */
async function begin({ state, bytes }) {
  let loaded = 0;
  const counted = (many) => {
    loaded += many;
    scope.postMessage({ loaded, bytes });
  };
  const [library, taken, bios] = await Promise.all([
    import(String(new URL("libv86.mjs", import.meta.url))),
    fetched(state, counted),
    fetched("bios.bin", () => {}),
  ]);
  machine = new Machine(library.V86, {
    wasm_path: String(new URL("v86.wasm", import.meta.url)),
    bios: { buffer: bios },
    initial_state: { buffer: taken },
  });
  let written = [];
  machine.typed = (byte) => {
    if (written.push(byte) === 1)
      setTimeout(() => {
        scope.postMessage({ typed: new Uint8Array(written) });
        written = [];
      });
  };
  await machine.ready;
  const seed = crypto.getRandomValues(new Uint8Array(RANDOM)).map((byte) => 33 + (byte % 90));
  await machine.work(
    "begin",
    orders([
      ["date", OPS.date, ""],
      ["seed", "", String.fromCharCode(...seed)],
    ]),
  );
  scope.postMessage({ booted: true });
}

/** Orders that need no plan, as `agent.c` reads them. @param {string[][]} list */
export const orders = (list) =>
  new TextEncoder().encode(
    list
      .map(
        ([op, word, text, netns = "-"]) =>
          `${op} ${netns} ${word.length + 1} ${text.length}\n${word}\0${text}`,
      )
      .join(""),
  );

const ASKED = {
  begin,
  job: async (text) => {
    const answer = await machine.work(`job${++number}`, new TextEncoder().encode(text), (at) =>
      scope.postMessage({ at }),
    );
    scope.postMessage({ answer }, [answer.buffer]);
    await machine.work(`fill${++number}`, orders([["fill", "", ""]])); // for the next cluster
  },
  shell: (netns) => machine.work(`shell${++number}`, orders([["shell", "", "", netns]])),
  type: async (text) => machine.type(text),
};

scope.onmessage = async ({ data }) => {
  const [[what, given]] = Object.entries(data);
  try {
    await ASKED[what](given);
  } catch (error) {
    scope.postMessage({ failed: String(error?.message ?? error).slice(0, 200) });
  }
};
