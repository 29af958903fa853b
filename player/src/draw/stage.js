/** The moving part: written straight to the DOM, once a frame, only what changed. */
import { Envelopes, make, move, px, set, styled } from "./envelopes.js";
/** @import { Frame } from "../model/frame.js" */
/** @import { Point } from "../types.js" */

/**
 * Draws frames: the way and its marks between the two still layers, the packet above all in a box that is
 * moved by transform.
 * @typedef {{
 *   marks: SVGSVGElement, leader: HTMLElement, box: HTMLElement, packet: SVGSVGElement, fate: HTMLElement,
 * }} Parts
 */
export class Stage {
  /** @param {Parts} parts */
  constructor({ marks, leader, box, packet, fate }) {
    this.marks = marks;
    this.leader = leader;
    this.box = box;
    this.packet = packet;
    this.fate = fate;
    this.trail = this.marks.appendChild(make("polyline", { class: "trail" }));
    this.rest = this.marks.appendChild(make("g"));
    this.dot = this.marks.appendChild(make("circle", { class: "dot", r: "6" }));
    this.cross = this.marks.appendChild(make("path", { class: "dead", d: "M-7-7 7 7M7-7-7 7" }));
    this.envelopes = new Envelopes(this.packet);
  }

  /** @param {Frame} f */
  draw(f) {
    set(this.trail, "points", f.trail.map((p) => `${px(p.x)},${px(p.y)}`).join(" "));
    set(this.dot, "cx", px(f.dot.x));
    set(this.dot, "cy", px(f.dot.y));
    if (f.end === "drop") set(this.cross, "transform", `translate(${px(f.dot.x)} ${px(f.dot.y)})`);
    set(this.cross, "visibility", f.end === "drop" ? "visible" : "hidden");
    set(this.dot, "visibility", f.end === "drop" ? "hidden" : "visible");
    move(this.leader, line(f.dot, f.leader));
    this.drawWaiting(f.waiting);
    this.drawPacket(f);
  }

  drawWaiting(list) {
    while (this.rest.childNodes.length < list.length)
      this.rest.append(make("circle", { class: "waiting", r: "5" }));
    for (const [i, el] of [...this.rest.childNodes].entries()) {
      set(el, "visibility", i < list.length ? "visible" : "hidden");
      if (list[i]) {
        set(el, "cx", px(list[i].dot.x));
        set(el, "cy", px(list[i].dot.y));
      }
    }
  }

  drawPacket({ packet, end, right }) {
    move(this.box, `translate(${packet.x.toFixed(2)}px,${packet.y.toFixed(2)}px)`);
    styled(this.box, "width", `${px(packet.w)}px`);
    styled(this.box, "opacity", packet.opacity < 1 ? packet.opacity.toFixed(3) : "");
    styled(this.fate, "top", `${px(packet.h + 6)}px`);
    if (this.right !== right) this.box.classList.toggle("right", right);
    this.right = right;
    set(this.packet, "class", end ? "packet ended" : "packet");
    this.envelopes.draw(packet.boxes);
  }
}

/** The transform that lays a line between two points. @param {Point} from @param {Point} to */
function line(from, to) {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const angle = Math.atan2(dy, dx).toFixed(4);
  return `translate(${px(from.x)}px,${px(from.y)}px) rotate(${angle}rad) scaleX(${px(Math.hypot(dx, dy))})`;
}
