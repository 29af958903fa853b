/** The words of the field in plain sentences. */
/** @import { Moment, Step, Timeline, Trace, Walk } from "../types.js" */

export const EVENTS = {
  originate: "originate",
  ingress: "ingress",
  egress: "egress",
  hook: "hook",
  route: "route",
  forward: "forward",
  neigh: "neigh",
  fdb: "fdb",
  encap: "encap",
  decap: "decap",
  nat: "nat",
  policy: "policy",
  fragment: "fragment",
  reassemble: "reassemble",
  deliver: "deliver",
  drop: "drop",
};

const TITLES = {
  originate: () => "A packet is made",
  ingress: (s) => `The frame enters ${s.dev ?? s.netns}`,
  egress: (s) => `The frame leaves by ${s.dev ?? s.netns}`,
  hook: (s) => `netfilter ${s.hook ?? "hook"}`,
  route: () => "Which way? The routing table decides",
  forward: () => "Forwarded: the TTL falls by one",
  neigh: (s) => `Which MAC address is next${s.dev ? ` on ${s.dev}` : ""}?`,
  fdb: (s) => `Where does that MAC address live? ${s.dev ?? "The bridge"} looks it up`,
  encap: (s) => `${s.dev ?? "The kernel"} wraps the packet`,
  decap: (s) => `${s.dev ?? "The kernel"} takes the wrapping off`,
  nat: () => "An address is rewritten",
  policy: () => "Network policy decides",
  fragment: () => "Too big: cut into fragments",
  reassemble: () => "The fragments are put together again",
  deliver: () => "Delivered",
  drop: () => "Dropped here",
};

/** @param {Step} step */
export const titleOf = (step) => TITLES[step.event]?.(step) ?? step.event;

const ENDS = {
  delivered: "delivered",
  dropped: "dropped",
  denied: "denied by policy",
  rejected: "rejected",
  no_route: "no route",
  neighbor_unreachable: "neighbour unreachable",
  ttl_expired: "TTL expired",
  too_big: "too big",
  loop: "caught in a loop",
  left: "not known beyond",
};
/** @param {string} disposition */
export const endOf = (disposition) => ENDS[disposition] ?? String(disposition ?? "").replaceAll("_", " ");

const NAMES = {
  request: "request",
  reply: "reply",
  arp: "ARP",
  error: "ICMP error",
  copy: "flooded copy",
  fragment: "fragment",
  ack: "ACK",
  reset: "TCP reset",
};
/** @param {Trace} trace @param {Trace[]} [all] to number the fragments */
export function traceName(trace, all = []) {
  if (trace.name === "fragment") {
    const same = all.filter((t) => t.name === "fragment" && t.flow?.src === trace.flow?.src);
    if (same.length > 1) return `fragment ${same.indexOf(trace) + 1}`;
  }
  if (trace.name === "arp") {
    const op = trace.steps[0]?.after.find((h) => h.proto === "arp")?.["arp.opcode"];
    return op === 2 ? "ARP reply" : "ARP request";
  }
  return NAMES[trace.name] ?? trace.name;
}

const EVIDENCE = {
  computed: "computed by the model",
  observed: "observed in the kernel",
  looked_up: "looked up in the table",
};
/** @param {string} evidence */
export const evidenceOf = (evidence) => EVIDENCE[evidence] ?? evidence;

const PLUGINS = { flannel: "Flannel", calico: "Calico", weave: "Weave Net", linux: "Linux" };
const MODES = {
  vxlan: "VXLAN",
  ipip: "IP-in-IP",
  bgp: "BGP",
  wireguard: "WireGuard",
  udp: "UDP",
  ipsec: "IPsec",
};
/** @param {string} plugin */
export const pluginName = (plugin) => PLUGINS[plugin] ?? plugin;
/** @param {string} mode */
export const modeName = (mode) => {
  const [name, recorded] = mode.split("-recorded");
  return `${MODES[name] ?? name}${recorded === undefined ? "" : ", recorded"}`;
};
/** @param {{plugin: string, mode: string}} of a walk, or the choices that name one */
export const headline = ({ plugin, mode }) => `${pluginName(plugin)} · ${modeName(mode)}`;

/**
 * A step in one line: its number, packet, event, place and reason.
 * @param {Walk} walk @param {Timeline} line @param {Moment} moment
 */
export function stepWords({ traces }, { moments }, { i, step, trace }) {
  const where = [step.netns, step.dev, step.hook].filter(Boolean).join(", ");
  const what = `${traceName(traces[trace], traces)}: ${EVENTS[step.event] ?? step.event}`;
  return `Step ${i + 1} of ${moments.length}, ${what} in ${where}. ${step.why ?? ""}`;
}
