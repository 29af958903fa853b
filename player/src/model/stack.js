/** What a stack of headers is made of: which layer each is, and what a step changed. */

const TUNNELS = new Set(["vxlan", "geneve", "esp", "wg", "wireguard", "sleeve", "flannel_udp"]);
const LABELS = { eth: "Ethernet", arp: "ARP", ip: "IP", icmp: "ICMP", udp: "UDP", tcp: "TCP", vxlan: "VXLAN", esp: "ESP", wg: "WireGuard", wireguard: "WireGuard", sleeve: "Sleeve", data: "data" };

/** @param {import("../types.js").Header[]} stack */
export const sizeOf = (stack) => stack.reduce((n, h) => n + h.size, 0);

/** Where the innermost packet starts: after the last tunnel header or outer IP. */
export function innerStart(stack) {
  let start = 0, ip = -1;
  for (const [i, h] of stack.entries()) {
    if (h.proto === "icmp") break; // what an ICMP error quotes is no tunnel
    if (TUNNELS.has(h.proto)) { start = i + 1; ip = -1; }
    else if (h.proto === "ip") { if (ip >= 0 && ip === i - 1) start = i; ip = i; }
  }
  return start;
}

/** How many IP headers wrap one another: 1 for a plain packet, 2 inside one tunnel. */
export function depth(stack) {
  let n = 0;
  for (const h of stack) {
    if (h.proto === "icmp") break;
    if (h.proto === "ip") n += 1;
  }
  return n;
}

/**
 * The layer names of a stack, one for each header: the colour and the words of a header hang on it.
 * The pod's own Ethernet and IP are the "inner" ones, wrapped or not, so that they never change colour on the way.
 */
export function roles(stack) {
  const start = innerStart(stack);
  return stack.map((h, i) => {
    if (h.proto === "eth") return i >= start ? "inner-eth" : "eth";
    if (h.proto === "ip") return i >= start ? "inner-ip" : "ip";
    return h.proto === "wireguard" ? "wg" : LABELS[h.proto] ? h.proto : "data";
  });
}

/** @param {import("../types.js").Header[]} stack @param {number} i */
export function nameOf(stack, i) {
  const label = LABELS[stack[i].proto] ?? stack[i].proto;
  const twice = stack.filter((h) => h.proto === stack[i].proto).length > 1;
  if (!twice || stack[i].proto === "data") return label;
  return (i >= innerStart(stack) ? "inner " : "outer ") + label;
}

/** @param {import("../types.js").Header} h */
export const protoLabel = (h) => LABELS[h.proto] ?? h.proto;

/** A few words that tell this header from others of its kind. */
export function gist(h) {
  const icmp = { 0: "echo reply", 3: "unreachable", 8: "echo request", 11: "TTL exceeded" };
  switch (h.proto) {
    case "eth": return `to ${h["eth.dst"] ?? ""}`;
    case "ip": return `${h["ip.src"]} → ${h["ip.dst"]}`;
    case "icmp": return icmp[h["icmp.type"]] ?? `type ${h["icmp.type"]}`;
    case "arp": return h["arp.opcode"] === 2 ? "reply" : "request";
    case "udp": return `${h["udp.srcport"]} → ${h["udp.dstport"]}`;
    case "tcp": return `${h["tcp.srcport"]} → ${h["tcp.dstport"]}`;
    case "vxlan": return `VNI ${h["vxlan.vni"]}`;
    default: return "";
  }
}

/** Field names of a header, in the order the tool prints them. */
export const fieldsOf = (h) => Object.keys(h).filter((k) => k !== "proto" && k !== "size" && k !== "bytes");

/**
 * Pair two stacks from the inside out: a header of `after` and the one of `before` it was, or null when it is new.
 * @returns {(import("../types.js").Header|null)[]}  one for each header of `after`
 */
export function partners(before, after) {
  const shift = before.length - after.length;
  let same = true;
  const out = new Array(after.length).fill(null);
  for (let i = after.length - 1; i >= 0; i--) {
    const was = before[i + shift];
    same = same && was?.proto === after[i].proto;
    if (same) out[i] = was;
  }
  return out;
}

/**
 * What a step did to the headers.
 * @returns {{added: boolean, changed: Set<string>, was: import("../types.js").Header|null}[]}
 */
export function changes(before, after) {
  return partners(before, after).map((was, i) => ({
    added: !was, was,
    changed: new Set(was ? fieldsOf(after[i]).filter((k) => !same(was[k], after[i][k])) : []),
  }));
}

const same = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);

/** Whether a step left the packet as it was. */
export const untouched = (step) => step.before.length === step.after.length && same(step.before, step.after);
