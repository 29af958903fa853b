/** Header makers for the hand-made fixtures: Wireshark-like objects with their bytes. */

const hex = (n, bytes) => n.toString(16).padStart(bytes * 2, "0");
const ip4 = (a) =>
  a
    .split(".")
    .map((b) => hex(+b, 1))
    .join("");
const mac = (a) => a.replaceAll(":", "");
const bytesOf = (h) => h.match(/../g).map((b) => parseInt(b, 16));

function checksum(hexString) {
  const b = bytesOf(hexString.length % 4 ? `${hexString}00` : hexString);
  let sum = 0;
  for (let i = 0; i < b.length; i += 2) sum += (b[i] << 8) | b[i + 1];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

export const LAYOUTS = {
  eth: [
    ["eth.dst", 0, 48],
    ["eth.src", 48, 48],
    ["eth.type", 96, 16],
  ],
  arp: [
    ["arp.hw.type", 0, 16],
    ["arp.proto.type", 16, 16],
    ["arp.hw.size", 32, 8],
    ["arp.proto.size", 40, 8],
    ["arp.opcode", 48, 16],
    ["arp.src.hw_mac", 64, 48],
    ["arp.src.proto_ipv4", 112, 32],
    ["arp.dst.hw_mac", 144, 48],
    ["arp.dst.proto_ipv4", 192, 32],
  ],
  ip: [
    ["ip.version", 0, 4],
    ["ip.hdr_len", 4, 4],
    ["ip.dsfield", 8, 8],
    ["ip.len", 16, 16],
    ["ip.id", 32, 16],
    ["ip.flags.df", 49, 1],
    ["ip.flags.mf", 50, 1],
    ["ip.frag_offset", 51, 13],
    ["ip.ttl", 64, 8],
    ["ip.proto", 72, 8],
    ["ip.checksum", 80, 16],
    ["ip.src", 96, 32],
    ["ip.dst", 128, 32],
  ],
  icmp: [
    ["icmp.type", 0, 8],
    ["icmp.code", 8, 8],
    ["icmp.checksum", 16, 16],
    ["icmp.ident", 32, 16],
    ["icmp.seq", 48, 16],
  ],
  udp: [
    ["udp.srcport", 0, 16],
    ["udp.dstport", 16, 16],
    ["udp.length", 32, 16],
    ["udp.checksum", 48, 16],
  ],
  vxlan: [
    ["vxlan.flags", 0, 16],
    ["vxlan.gbp", 16, 16],
    ["vxlan.vni", 32, 24],
    ["vxlan.reserved8", 56, 8],
  ],
  data: [["data.data", 0, 0]],
};

export const eth =
  (dst, src, type = 0x0800) =>
  () => ({
    proto: "eth",
    size: 14,
    bytes: mac(dst) + mac(src) + hex(type, 2),
    "eth.dst": dst,
    "eth.src": src,
    "eth.type": type,
  });

export const ip =
  (src, dst, proto, ttl = 64, { id = 0x1c46, df = false } = {}) =>
  (rest) => {
    const len = 20 + rest;
    const head = `4500${hex(len, 2)}${hex(id, 2)}${df ? "4000" : "0000"}${hex(ttl, 1)}${hex(proto, 1)}`;
    const sum = checksum(`${head}0000${ip4(src)}${ip4(dst)}`);
    return {
      proto: "ip",
      size: 20,
      bytes: head + hex(sum, 2) + ip4(src) + ip4(dst),
      "ip.version": 4,
      "ip.hdr_len": 20,
      "ip.dsfield": 0,
      "ip.len": len,
      "ip.id": id,
      "ip.flags.df": df,
      "ip.flags.mf": false,
      "ip.frag_offset": 0,
      "ip.ttl": ttl,
      "ip.proto": proto,
      "ip.checksum": sum,
      "ip.src": src,
      "ip.dst": dst,
    };
  };

export const icmp =
  (type, code = 0, id = 7, seq = 1) =>
  () => ({
    proto: "icmp",
    size: 8,
    bytes: `${hex(type, 1) + hex(code, 1)}6d0f${hex(id, 2)}${hex(seq, 2)}`,
    "icmp.type": type,
    "icmp.code": code,
    "icmp.checksum": 0x6d0f,
    "icmp.ident": id,
    "icmp.seq": seq,
  });
export const udp = (sport, dport) => (rest) => ({
  proto: "udp",
  size: 8,
  bytes: `${hex(sport, 2) + hex(dport, 2) + hex(8 + rest, 2)}0000`,
  "udp.srcport": sport,
  "udp.dstport": dport,
  "udp.length": 8 + rest,
  "udp.checksum": 0,
});
export const vxlan = (vni) => () => ({
  proto: "vxlan",
  size: 8,
  bytes: `08000000${hex(vni, 3)}00`,
  "vxlan.flags": 0x0800,
  "vxlan.gbp": 0,
  "vxlan.vni": vni,
  "vxlan.reserved8": 0,
});
export const arp = (op, sha, spa, tha, tpa) => () => ({
  proto: "arp",
  size: 28,
  bytes: `0001080006040${op.toString(16).padStart(3, "0")}${mac(sha)}${ip4(spa)}${mac(tha)}${ip4(tpa)}`,
  "arp.opcode": op,
  "arp.src.hw_mac": sha,
  "arp.src.proto_ipv4": spa,
  "arp.dst.hw_mac": tha,
  "arp.dst.proto_ipv4": tpa,
});
export const data = (n) => () => {
  const b = Array.from({ length: n }, (_, i) => hex(i & 0xff, 1)).join("");
  return { proto: "data", size: n, bytes: b, "data.len": n, "data.data": b };
};

/** Build the stack from the inside so that lengths are right. */
export function stack(...makers) {
  let rest = 0;
  const out = [];
  for (const make of [...makers].reverse()) {
    const header = make(rest);
    out.unshift(header);
    rest += header.size;
  }
  return out;
}
