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
  if (value === null) el.removeAttribute(name);
  else el.setAttribute(name, value);
}

const styled = (el, name, value) => {
  const known = (el.styled ??= {});
  if (known[name] !== value) el.style[name] = known[name] = value;
};
const move = (el, value) => styled(el, "transform", value);
const text = (el, value) => { if (el.words !== value) { el.words = value; el.textContent = value; } };
const px = (n) => String(Math.round(n * 10) / 10);

/**
 * Draws frames: the way and its marks between the two still layers, the packet above all in a box that is moved by transform.
 * @typedef {{marks: SVGSVGElement, leader: HTMLElement, box: HTMLElement, packet: SVGSVGElement, fate: HTMLElement}} Parts
 */
export class Stage {
  /** @param {Parts} parts */
  constructor(parts) {
    Object.assign(this, parts);
    this.trail = this.marks.appendChild(make("polyline", { class: "trail" }));
    this.rest = this.marks.appendChild(make("g"));
    this.dot = this.marks.appendChild(make("circle", { class: "dot", r: "6" }));
    this.cross = this.marks.appendChild(make("path", { class: "dead", d: "M-7-7 7 7M7-7-7 7" }));
    this.envelopes = [];
  }

  /** @param {import("../model/frame.js").Frame} f */
  draw(f) {
    set(this.trail, "points", f.trail.map((p) => `${px(p.x)},${px(p.y)}`).join(" "));
    set(this.dot, "cx", px(f.dot.x)); set(this.dot, "cy", px(f.dot.y));
    if (f.end === "drop") set(this.cross, "transform", `translate(${px(f.dot.x)} ${px(f.dot.y)})`);
    set(this.cross, "visibility", f.end === "drop" ? "visible" : "hidden");
    set(this.dot, "visibility", f.end === "drop" ? "hidden" : "visible");
    const dx = f.leader.x - f.dot.x, dy = f.leader.y - f.dot.y;
    move(this.leader, `translate(${px(f.dot.x)}px,${px(f.dot.y)}px) rotate(${Math.atan2(dy, dx).toFixed(4)}rad) scaleX(${px(Math.hypot(dx, dy))})`);
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

  drawPacket({ packet, end, right }) {
    move(this.box, `translate(${packet.x.toFixed(2)}px,${packet.y.toFixed(2)}px)`);
    styled(this.box, "width", `${px(packet.w)}px`);
    styled(this.box, "opacity", packet.opacity < 1 ? packet.opacity.toFixed(3) : "");
    styled(this.fate, "top", `${px(packet.h + 6)}px`);
    if (this.right !== right) this.box.classList.toggle("right", (this.right = right));
    set(this.packet, "class", end ? "packet ended" : "packet");
    const boxes = packet.boxes;
    while (this.envelopes.length < boxes.length) this.envelopes.push(this.newEnvelope());
    for (const [i, el] of this.envelopes.entries()) {
      set(el.g, "visibility", i < boxes.length ? null : "hidden");
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

  /** Plain coordinates, no transforms: a transform inside an SVG makes the browser build its layers anew. */
  drawEnvelope(el, b) {
    if (el.box === b) return;
    el.box = b;
    const y = px(b.y + (b.solid ? b.h / 2 + 4 : 12));
    set(el.g, "class", `envelope ${b.role}${b.solid ? " solid" : ""}`);
    set(el.g, "opacity", b.opacity < 1 ? b.opacity.toFixed(2) : null);
    for (const rect of [el.rect, el.strip]) { set(rect, "x", px(b.x)); set(rect, "y", px(b.y)); set(rect, "height", px(Math.max(0, b.h))); }
    set(el.rect, "width", px(Math.max(0, b.w)));
    set(el.strip, "width", px(Math.max(0, b.solid ? b.w : b.strip)));
    set(el.title, "x", px(b.x + (b.solid ? 5 : b.strip + 4))); set(el.title, "y", y);
    set(el.detail, "x", px(b.x + b.w - 5)); set(el.detail, "y", y);
    text(el.title, b.title); text(el.detail, b.detail);
    set(el.cut, "visibility", b.cut ? "inherit" : "hidden");
    if (b.cut) set(el.cut, "d", zigzag(b.x + b.w - 22, b.y, b.h));
  }
}

/** A break: more bytes than are drawn. */
const zigzag = (x, y, h) => `M${px(x)} ${px(y)}l-4 ${px(h / 3)} 6 ${px(h / 3)} -4 ${px(h / 3)}h6l4-${px(h / 3)} -6-${px(h / 3)} 4-${px(h / 3)}z`;
