/** What differs between walks of the same packet: one row for each thing worth comparing. */

import { leg } from "./alignment.js";
import { innerStart, protoLabel, sizeOf } from "./stack.js";
import { endOf } from "./words.js";

/** @import { Walk } from "../types.js" */

/** Steps in which a line of a table decides where a packet goes or what it becomes. */
const DECIDE = new Set(["route", "neigh", "fdb", "encap", "decap", "policy", "nat"]);
const NONE = "—";

/** Bytes of IP packet: without the Ethernet header around it. */
const ipSize = (stack) => sizeOf(stack) - (stack[0]?.proto === "eth" ? stack[0].size : 0);
const kindOf = (walk, netns) => walk.topology.find((p) => p.netns === netns)?.kind;
const ttl = (header) => header?.["ip.ttl"] ?? null;

/** The steps of the request, its fragments and copies, in the order of time. @param {Walk} walk */
function request(walk) {
  const first = leg(walk.traces, 0);
  const traces = walk.traces.filter((_, t) => leg(walk.traces, t) === first);
  return traces.flatMap((t) => t.steps).sort((a, b) => a.seq - b.seq);
}

/** Frames of the request that cross from the first node to another machine. */
function onFirstWire(walk) {
  const first = leg(walk.traces, 0);
  const of = walk.traces.filter((_, t) => leg(walk.traces, t) === first);
  const crossings = of.flatMap(({ steps }) =>
    steps.filter(
      (s, k) =>
        s.event === "egress" &&
        steps[k + 1] &&
        steps[k + 1].netns !== s.netns &&
        kindOf(walk, s.netns) !== "pod" &&
        kindOf(walk, steps[k + 1].netns) !== "pod",
    ),
  );
  return crossings.filter((s) => s.netns === crossings[0].netns).map((s) => s.after);
}

/**
 * @param {Walk} walk
 * @returns {Record<string, string|number|null>}
 */
export function facts(walk) {
  const steps = request(walk);
  const born = steps[0];
  const frames = onFirstWire(walk);
  const frame = frames[0] ?? null;
  const inPod = ipSize(born.after);
  const onWire = frames.reduce((n, f) => n + sizeOf(f), 0);
  const pod = walk.topology.find((p) => p.netns === born.netns);
  const device = pod?.devices.find((d) => d.name === "eth0") ?? pod?.devices.find((d) => d.name !== "lo");
  const end = steps.findLast((s) => s.event === "deliver");
  const carrier = steps.findLast((s) => s.event === "decap" && innerStart(s.before) > 0)?.before ?? null;
  const deciders = [
    ...new Set(
      steps
        .filter((s) => DECIDE.has(s.event) && s.entry?.by)
        .map((s) => s.entry.by.replace(/^kernel\b.*/, "kernel")),
    ),
  ];
  return {
    disposition: endOf(walk.disposition),
    inPod,
    podMtu: device?.mtu ?? null,
    onWire: frame ? onWire : null,
    frames: frames.length,
    headers: frame ? frame.map((h) => `${protoLabel(h)} ${h.size}`).join(" · ") : null,
    added: frame ? onWire - inPod - 14 : null,
    outerTtl: carrier ? ttl(carrier.find((h) => h.proto === "ip")) : null,
    innerTtl: end
      ? ttl((end.before.length ? end.before : end.after).findLast((h) => h.proto === "ip"))
      : null,
    hops: steps.filter((s) => s.event === "forward").length,
    steps: walk.traces.reduce((n, t) => n + t.steps.length, 0),
    by: deciders.join(", ") || null,
  };
}

const ROWS = [
  ["disposition", "Outcome"],
  ["inPod", "IP packet in the pod", "B"],
  ["podMtu", "MTU of the pod", "B"],
  ["onWire", "On the wire", "B"],
  ["added", "Added bytes", "B"],
  ["headers", "Headers on the wire"],
  ["outerTtl", "Outer TTL at the receiving node"],
  ["innerTtl", "TTL the receiver gets"],
  ["hops", "Hops that lower the TTL"],
  ["steps", "Steps of the walk"],
  ["by", "Who wrote the deciding lines"],
];

/** What an empty cell means. */
const EMPTY = {
  onWire: "stays on the node",
  added: "stays on the node",
  headers: "stays on the node",
  outerTtl: "no outer header",
  innerTtl: "does not arrive",
};

/**
 * @param {Walk[]} walks  the first is what the others are compared with
 * @returns {{
 *   key: string, label: string, differs: boolean, cells: {text: string, delta: string, differs: boolean}[],
 * }[]}
 */
export function differences(walks) {
  const all = walks.map(facts);
  return ROWS.map(([key, label, unit]) => {
    const first = all[0][key];
    const cells = all.map((f) => {
      const value = f[key];
      const differs = value !== first;
      const frames = key === "onWire" && Number(f.frames) > 1 ? ` in ${f.frames} frames` : "";
      return {
        text: value === null ? (EMPTY[key] ?? NONE) : `${value}${unit ? ` ${unit}` : ""}${frames}`,
        delta: differs && typeof value === "number" && typeof first === "number" ? signed(value - first) : "",
        differs,
      };
    });
    return { key, label, differs: cells.some((c) => c.differs), cells };
  });
}

const signed = (n) => (n < 0 ? `−${-n}` : `+${n}`);
