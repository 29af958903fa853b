/** What a stack of headers is made of: which layer each is, and what a step changed. */
/** @import { Header } from "../types.js" */

const TUNNELS = new Set(["vxlan", "geneve", "esp", "wg", "sleeve", "sleeve-frame", "sleeve-nonce"]);
/** What only the other end can read: it hides headers that are there all the same. */
const SEALED = new Set(["esp-payload", "wg-payload", "sleeve-box"]);
const LABELS = {
  eth: "Ethernet",
  arp: "ARP",
  ip: "IP",
  icmp: "ICMP",
  udp: "UDP",
  tcp: "TCP",
  vxlan: "VXLAN",
  esp: "ESP",
  wg: "WireGuard",
  sleeve: "Sleeve",
  "sleeve-frame": "Sleeve frame",
  "sleeve-nonce": "nonce",
  "esp-payload": "encrypted",
  "wg-payload": "encrypted",
  "sleeve-box": "encrypted",
  data: "data",
};
const COLOURED = new Set(["icmp", "arp", "udp", "tcp", "vxlan", "esp", "wg", "sleeve", "data"]);

/** @param {Header[]} stack */
export const sizeOf = (stack) => stack.reduce((n, h) => n + h.size, 0);

/** Where the innermost packet starts: after the last tunnel header or outer IP. */
export function innerStart(stack) {
  let start = 0;
  let ip = -1;
  for (const [i, h] of stack.entries()) {
    if (h.proto === "icmp") break; // what an ICMP error quotes is no tunnel
    if (TUNNELS.has(h.proto)) {
      start = i + 1;
      ip = -1;
    } else if (h.proto === "ip") {
      if (ip >= 0 && ip === i - 1) start = i;
      ip = i;
    }
  }
  return start;
}

/** How many IP headers wrap one another: 1 for a plain packet, 2 inside one tunnel. */
export function depth(stack) {
  let n = 0;
  for (const h of stack) {
    if (h.proto === "icmp") break;
    if (h.proto === "ip" || SEALED.has(h.proto)) n += 1;
  }
  return n;
}

/**
 * The layer names of a stack, one for each header: the colour and the words of a header hang on it.
 * The pod's own Ethernet and IP are the "inner" ones, wrapped or not, so that they never change colour on the
 * way.
 */
export function roles(stack) {
  const start = innerStart(stack);
  return stack.map((h, i) => {
    if (h.proto === "eth") return i >= start ? "inner-eth" : "eth";
    if (h.proto === "ip") return i >= start ? "inner-ip" : "ip";
    const family = h.proto.split("-")[0];
    return COLOURED.has(family) ? family : "data";
  });
}

/** @param {Header[]} stack @param {number} i */
export function nameOf(stack, i) {
  const label = LABELS[stack[i].proto] ?? stack[i].proto;
  const twice = stack.filter((h) => h.proto === stack[i].proto).length > 1;
  if (!twice || stack[i].proto === "data") return label;
  return (i >= innerStart(stack) ? "inner " : "outer ") + label;
}

/** @param {Header} h */
export const protoLabel = (h) => LABELS[h.proto] ?? h.proto;

/** A few words that tell this header from others of its kind. */
export function gist(h) {
  const icmp = { 0: "echo reply", 3: "unreachable", 8: "echo request", 11: "TTL exceeded" };
  switch (h.proto) {
    case "eth":
      return `to ${h["eth.dst"] ?? ""}`;
    case "ip":
      return `${h["ip.src"]} → ${h["ip.dst"]}`;
    case "icmp":
      return icmp[h["icmp.type"]] ?? `type ${h["icmp.type"]}`;
    case "arp":
      return h["arp.opcode"] === 2 ? "reply" : "request";
    case "udp":
      return `${h["udp.srcport"]} → ${h["udp.dstport"]}`;
    case "tcp":
      return `${h["tcp.srcport"]} → ${h["tcp.dstport"]}`;
    case "vxlan":
      return `VNI ${h["vxlan.vni"]}`;
    default:
      return "";
  }
}

/** Field names of a header, in the order the tool prints them. */
export const fieldsOf = (h) => Object.keys(h).filter((k) => k !== "proto" && k !== "size" && k !== "bytes");

/**
 * Pair two stacks: the longest common order of headers, the innermost first where there is a choice.
 * @returns {number[]}  for each header of `after` the index of the one in `before` that it was, or -1 when it
 *   is new
 */
export function partners(before, after) {
  const was = roles(before);
  const is = roles(after); // a header that only looks like another one's place is not that header
  const best = Array.from({ length: before.length + 1 }, () => new Array(after.length + 1).fill(0));
  for (let b = 1; b <= before.length; b++) {
    for (let a = 1; a <= after.length; a++)
      best[b][a] =
        was[b - 1] === is[a - 1] ? best[b - 1][a - 1] + 1 : Math.max(best[b - 1][a], best[b][a - 1]);
  }
  const out = new Array(after.length).fill(-1);
  for (let b = before.length, a = after.length; b > 0 && a > 0; ) {
    if (was[b - 1] === is[a - 1]) {
      out[a - 1] = b - 1;
      a--;
      b--;
    } else if (best[b - 1][a] >= best[b][a - 1]) b--;
    else a--;
  }
  return out;
}

/**
 * What a step did to the headers.
 * @returns {{added: boolean, changed: Set<string>, was: Header|null}[]}
 */
export function changes(before, after) {
  return partners(before, after).map((b, i) => {
    const was = before[b] ?? null;
    return {
      added: !was,
      was,
      changed: new Set(was ? fieldsOf(after[i]).filter((k) => !same(was[k], after[i][k])) : []),
    };
  });
}

const same = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);

/** Whether a step left the packet as it was. */
export const untouched = (step) => step.before.length === step.after.length && same(step.before, step.after);
