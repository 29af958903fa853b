/** The moving part: written straight to the DOM, once a frame, only what changed. */

const SVG = "http://www.w3.org/2000/svg";

/** Make an SVG element. @param {string} name @param {Record<string, string>} [attributes] */
function make(name, attributes = {}) {
  const el = document.createElementNS(SVG, name);
  for (const [k, v] of Object.entries(attributes)) el.setAttribute(k, v);
  return el;
}

/** Set an attribute only when it differs from what was written last. */
function set(el, name, value) {
  const known = (el.known ??= {});
  if (known[name] === value) return;
  known[name] = value;
  el.setAttribute(name, value);
}

const text = (el, value) => { if (el.words !== value) { el.words = value; el.textContent = value; } };
const px = (n) => String(Math.round(n * 10) / 10);

/** Draws frames into two SVG elements: marks on the diagram, and the packet above it (moved by transform). */
export class Stage {
  /** @param {SVGSVGElement} marks @param {SVGSVGElement} packet */
  constructor(marks, packet) {
    this.marks = marks;
    this.packet = packet;
    this.trail = marks.appendChild(make("polyline", { class: "trail" }));
    this.rest = marks.appendChild(make("g"));
    this.leader = marks.appendChild(make("line", { class: "leader" }));
    this.dot = marks.appendChild(make("circle", { class: "dot", r: "6" }));
    this.cross = marks.appendChild(make("path", { class: "dead", d: "M-7-7 7 7M7-7-7 7" }));
    this.envelopes = [];
    this.order = "";
  }

  /** @param {import("../model/frame.js").Frame} f */
  draw(f) {
    set(this.trail, "points", f.trail.map((p) => `${px(p.x)},${px(p.y)}`).join(" "));
    const at = `translate(${px(f.dot.x)} ${px(f.dot.y)})`;
    set(this.dot, "transform", at);
    set(this.cross, "transform", at);
    set(this.cross, "visibility", f.end === "drop" ? "visible" : "hidden");
    set(this.dot, "visibility", f.end === "drop" ? "hidden" : "visible");
    set(this.leader, "x1", px(f.dot.x)); set(this.leader, "y1", px(f.dot.y));
    set(this.leader, "x2", px(f.leader.x)); set(this.leader, "y2", px(f.leader.y));
    this.drawWaiting(f.waiting);
    this.drawPacket(f);
  }

  drawWaiting(list) {
    while (this.rest.childNodes.length < list.length) this.rest.append(make("circle", { class: "waiting", r: "5" }));
    for (const [i, el] of [...this.rest.childNodes].entries()) {
      set(el, "visibility", i < list.length ? "visible" : "hidden");
      if (list[i]) { set(el, "cx", px(list[i].dot.x)); set(el, "cy", px(list[i].dot.y)); }
    }
  }

  drawPacket({ packet, end }) {
    const { style } = this.packet;
    const move = `translate(${packet.x.toFixed(2)}px,${packet.y.toFixed(2)}px)`;
    if (style.transform !== move) style.transform = move;
    set(this.packet, "opacity", packet.opacity.toFixed(3));
    set(this.packet, "class", end ? "packet ended" : "packet");
    const boxes = packet.boxes;
    while (this.envelopes.length < boxes.length) this.envelopes.push(this.newEnvelope());
    for (const [i, el] of this.envelopes.entries()) {
      set(el.g, "visibility", i < boxes.length ? "visible" : "hidden");
      if (boxes[i]) this.drawEnvelope(el, boxes[i]);
    }
  }

  newEnvelope() {
    const g = this.packet.appendChild(make("g"));
    return {
      g, rect: g.appendChild(make("rect", { class: "body", rx: "5" })), strip: g.appendChild(make("rect", { class: "strip", rx: "4" })),
      cut: g.appendChild(make("path", { class: "cut" })), title: g.appendChild(make("text", { class: "title" })), detail: g.appendChild(make("text", { class: "detail", "text-anchor": "end" })),
    };
  }

  drawEnvelope(el, b) {
    set(el.g, "class", `envelope ${b.role}${b.solid ? " solid" : ""}`);
    set(el.g, "transform", `translate(${px(b.x)} ${px(b.y)})`);
    set(el.g, "opacity", b.opacity.toFixed(2));
    set(el.rect, "width", px(Math.max(0, b.w))); set(el.rect, "height", px(Math.max(0, b.h)));
    set(el.strip, "width", px(Math.max(0, b.solid ? b.w : b.strip))); set(el.strip, "height", px(Math.max(0, b.h)));
    set(el.title, "x", px(b.solid ? 5 : b.strip + 4)); set(el.title, "y", b.solid ? px(b.h / 2 + 4) : "11.5");
    set(el.detail, "x", px(b.w - 5)); set(el.detail, "y", b.solid ? px(b.h / 2 + 4) : "11.5");
    text(el.title, b.title); text(el.detail, b.detail);
    set(el.cut, "visibility", b.cut ? "inherit" : "hidden");
    if (b.cut) set(el.cut, "d", zigzag(b.w - 22, b.h));
  }
}

/** A break: more bytes than are drawn. */
const zigzag = (x, h) => `M${px(x)} 0l-4 ${px(h / 3)} 6 ${px(h / 3)} -4 ${px(h / 3)}h6l4-${px(h / 3)} -6-${px(h / 3)} 4-${px(h / 3)}z`;
