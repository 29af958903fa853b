/** One lane for each node, with its pods and its stations in order: the same for every drawing of a walk. */
import { STACK, stationId, stationName, stationNetns } from "../model/stations.js";
/** @import { Timeline, Walk } from "../types.js" */

/**
 * @typedef {{
 *   node: string, kind: string, label: string, address: string, pods: string[], down: string[],
 *   along: string[], ports: string[],
 * }} Lane
 *   `down`: stations with the pods above and the wire below; `along`: in the order the first packet meets
 *   them; `ports`: those next to a wire
 */

/**
 * Put the unseen items of `next` into `base`, each beside its neighbour.
 * @param {string[]} base
 * @param {string[]} next
 */
export function merge(base, next) {
  const out = [...base];
  for (const [i, id] of next.entries()) {
    if (out.includes(id)) continue;
    const before = i > 0 ? out.indexOf(next[i - 1]) : -1;
    const after = next.slice(i + 1).find((x) => out.includes(x));
    out.splice(before >= 0 ? before + 1 : after ? out.indexOf(after) : out.length, 0, id);
  }
  return out;
}

/**
 * Runs of one trace in one lane: the stations in order, and whether it came from and went to another lane.
 */
function runsOf(line, trace, laneOf) {
  const runs = [];
  for (const m of line.moments) {
    if (m.trace !== trace) continue;
    const lane = laneOf(m.station);
    const now = runs.at(-1);
    if (now?.lane === lane) {
      if (now.seq.at(-1) !== m.station) now.seq.push(m.station);
      continue;
    }
    if (now) now.leaves = true;
    runs.push({ lane, seq: [m.station], enters: Boolean(now), leaves: false });
  }
  return runs;
}

/** The run with what is nearest the pods first and the wire last. */
export function downwards({ lane, seq, enters, leaves }) {
  if (!enters && leaves) return seq;
  if (enters && !leaves) return [...seq].reverse();
  const turn = enters ? apex(seq) : -1;
  if (turn >= 0) return merge(seq.slice(turn), seq.slice(0, turn + 1).reverse());
  const middle = Math.floor(seq.length / 2);
  const [from, to] = [stationNetns(seq[0]), stationNetns(seq.at(-1))];
  const comesBack = from !== to && from !== lane && to !== lane;
  return comesBack ? merge(seq.slice(0, middle + 1), seq.slice(middle).reverse()) : seq;
}

/** Where a packet that only passes through turns round: the IP layer it reaches with the least wrapping. */
function apex(seq) {
  const bare = seq.findIndex((id) => stationName(id) === STACK);
  return bare >= 0 ? bare : Math.floor((seq.length - 1) / 2);
}

/** Places by netns; one that the topology forgot is made up from the step. */
export function placesOf(walk, line) {
  const places = new Map(walk.topology.map((p) => [p.netns, p]));
  for (const { step } of line.moments) {
    if (!places.has(step.netns))
      places.set(step.netns, {
        netns: step.netns,
        node: step.node,
        kind: step.netns === step.node ? "node" : "pod",
        label: step.netns,
        address: "",
        devices: [],
      });
  }
  return places;
}

/**
 * @param {Walk} walk @param {Timeline} line
 * @returns {Lane[]} in the order in which packets reach them, the first trace before all others
 */
export function lanes(walk, line) {
  const places = placesOf(walk, line);
  const laneOf = (id) => places.get(stationNetns(id)).node;
  const out = new Map();
  for (let t = 0; t < walk.traces.length; t++) {
    for (const run of runsOf(line, t, laneOf)) {
      const lane = out.get(run.lane) ?? { node: run.lane, down: [], along: [], ports: [], begins: run };
      lane.down = merge(lane.down, downwards(run));
      lane.along = merge(lane.along, run.seq);
      if (run.enters) add(lane.ports, run.seq[0]);
      if (run.leaves) add(lane.ports, run.seq.at(-1));
      out.set(run.lane, lane);
    }
  }
  return [...out.values()].map((lane) => finish(lane, places));
}

const add = (list, id) => {
  if (!list.includes(id)) list.push(id);
};

/** How near a station is to the wire: a node's card is next to it, then what addresses the wrapped. */
const nearness = (id, lane, places) => {
  const device = places.get(lane.node)?.devices.find((d) => d.name === stationName(id));
  if (stationNetns(id) !== lane.node) return 0;
  if (device?.kind === "eth") return 2;
  return stationName(id).startsWith(STACK) && stationName(id) !== STACK ? 1 : 0;
};

/** Nothing stands under what is nearer to the wire, whichever trace met it first. */
function wireLast(list, lane, places) {
  const near = new Map(list.map((id) => [id, nearness(id, lane, places)]));
  return [...list].sort((a, b) => near.get(a) - near.get(b));
}

/** @param {any} met @param {Map<string, any>} places @returns {Lane} */
function finish(met, places) {
  const { begins, ...lane } = met;
  const at = places.get(lane.node);
  lane.down = wireLast(lane.down, lane, places);
  if (begins.leaves && !begins.enters) lane.along = wireLast(lane.along, lane, places);
  const pods = [...new Set(lane.along.map(stationNetns))].filter((n) => places.get(n).kind === "pod");
  for (const key of ["down", "along"]) lane[key] = withPodHeads(lane[key], pods, key);
  return {
    ...lane,
    kind: at?.kind ?? "node",
    label: at?.label ?? lane.node,
    address: at?.address ?? "",
    pods,
  };
}

/** Every pod shows its own kernel (its name stands there), even when no step is recorded in it. */
function withPodHeads(list, pods, key) {
  let out = list;
  for (const pod of pods) {
    const head = stationId(pod, STACK);
    const own = out.filter((id) => stationNetns(id) === pod);
    if (own[0] === head || (key === "along" && own.includes(head))) continue;
    const rest = own.filter((id) => id !== head);
    out = out.flatMap((id) => (id === own[0] ? [head, ...rest] : own.includes(id) ? [] : [id]));
  }
  return out;
}
