/** Classic pcap and pcapng, little endian, nanoseconds. */
import { interfaceName } from "./frames.js";

/** @import { Captured } from "./frames.js" */

const NANO = 0xa1b23c4d;
const SNAP = 262144;

/** A growing buffer of little-endian numbers. */
class Writer {
  constructor() {
    this.parts = [];
  }
  u16(...values) {
    return this.put(new Uint8Array(new Uint16Array(values).buffer));
  }
  u32(...values) {
    return this.put(new Uint8Array(new Uint32Array(values).buffer));
  }
  put(bytes) {
    this.parts.push(bytes);
    return this;
  }
  padded(bytes) {
    return this.put(bytes).put(new Uint8Array((4 - (bytes.length % 4)) % 4));
  }
  bytes() {
    const out = new Uint8Array(this.parts.reduce((n, p) => n + p.length, 0));
    let at = 0;
    for (const p of this.parts) {
      out.set(p, at);
      at += p.length;
    }
    return out;
  }
}

/**
 * Classic pcap of one link type.
 * @param {Captured[]} frames @param {number} link
 */
export function pcap(frames, link) {
  const out = new Writer().u32(NANO).u16(2, 4).u32(0, 0, SNAP, link);
  for (const f of frames)
    out.u32(Math.floor(f.time / 1e9), f.time % 1e9, f.bytes.length, f.bytes.length).put(f.bytes);
  return out.bytes();
}

const block = (type, body) =>
  new Writer()
    .u32(type, body.length + 12)
    .put(body)
    .u32(body.length + 12)
    .bytes();
const option = (out, code, bytes) => out.u16(code, bytes.length).padded(bytes);

/**
 * pcapng with one interface for each device, named netns:device, and the direction of every packet.
 * @param {Captured[]} frames
 */
export function pcapng(frames) {
  const out = new Writer().put(
    block(0x0a0d0d0a, new Writer().u32(0x1a2b3c4d).u16(1, 0).u32(0xffffffff, 0xffffffff).bytes()),
  );
  const known = new Map();
  for (const f of frames) {
    const name = `${interfaceName(f)}/${f.link}`;
    if (known.has(name)) continue;
    known.set(name, known.size);
    const body = new Writer().u16(f.link, 0).u32(SNAP);
    option(body, 2, new TextEncoder().encode(interfaceName(f)));
    option(body, 9, Uint8Array.of(9));
    out.put(block(1, body.u16(0, 0).bytes()));
  }
  for (const f of frames) {
    const body = new Writer()
      .u32(
        known.get(`${interfaceName(f)}/${f.link}`),
        Math.floor(f.time / 2 ** 32),
        f.time >>> 0,
        f.bytes.length,
        f.bytes.length,
      )
      .padded(f.bytes);
    option(body, 2, new Writer().u32(f.inbound ? 1 : 2).bytes());
    out.put(block(6, body.u16(0, 0).bytes()));
  }
  return out.bytes();
}
