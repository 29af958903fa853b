/**
 * What moves while time is drawn: cursors, veils, the clock, the slider's face. Looked up once after a
 * render, written once a frame, and nothing of it asks the browser for a layout.
 */
import { Scrubber } from "../draw/scrubber.js";
import { shownTo } from "./layout.js";
import { clockShort } from "./words.js";

/** @import { PacketwalkTimeline } from "./element.js" */
/** @import { Picture } from "./layout.js" */

/** So near to an edge of its box, in px, a cursor makes it scroll. */
const EDGE = 10;
/** What of a box names take: above a tall picture (styles/timeline.css), beside a wide one. */
const NAMES = { tall: 128, wide: 150 };

/** A picture's box: how far it is scrolled and how much of it is seen are told, not asked. */
class Box {
  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box;
    this.cursor = /** @type {HTMLElement} */ (box.querySelector(".cursor"));
    this.scrolled = { scrollTop: 0, scrollLeft: 0 };
    this.seen = { width: 0, height: 0 };
    const look = ({ scrollTop, scrollLeft }) => {
      this.scrolled = { scrollTop, scrollLeft };
    };
    box.addEventListener("scroll", () => look(box), { passive: true });
    new ResizeObserver(([entry]) => {
      this.seen = entry.contentRect;
    }).observe(box);
  }

  /** @param {Picture} picture @param {number} t @param {number} reached */
  show(picture, t, reached) {
    const { tall, at } = picture;
    const along = at(t);
    const veil = /** @type {HTMLElement|null} */ (this.box.querySelector(".veil"));
    if (veil) {
      const shown = `${shownTo(picture, reached)}px`;
      veil.style.clipPath = tall ? `inset(${shown} 0 0)` : `inset(0 0 0 ${shown})`;
    }
    this.cursor.style.transform = `translate${tall ? "Y" : "X"}(${along}px)`;
    if (tall) this.keep("scrollTop", along, this.seen.height - NAMES.tall);
    else this.keep("scrollLeft", along, this.seen.width - NAMES.wide);
  }

  /** Scroll so that a place is seen. @param {"scrollTop"|"scrollLeft"} side */
  keep(side, along, room) {
    const from = this.scrolled[side];
    if (room <= 0 || (along >= from + EDGE && along <= from + room - EDGE)) return;
    const to = Math.max(0, along - room / 3);
    if (Math.round(to) === Math.round(from)) return;
    this.box[side] = to;
    this.scrolled[side] = to;
  }
}

export class Moving {
  /** @param {PacketwalkTimeline} timeline */
  constructor(timeline) {
    this.timeline = timeline;
    /** @type {Box[]} */
    this.boxes = [];
    this.frame = 0;
  }

  /** Look up what moves, after a render. */
  find() {
    const root = this.timeline.renderRoot;
    const scrub = /** @type {HTMLElement} */ (root.querySelector(".scrub"));
    if (this.scrubber?.bar !== scrub) this.scrubber = new Scrubber(scrub);
    this.clock = root.querySelector(".count span");
    const boxes = /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(".scroller"));
    this.boxes = [...boxes].map((box, k) => (this.boxes[k]?.box === box ? this.boxes[k] : new Box(box)));
  }

  /** Draw with the next frame, however often it is asked for before. */
  soon() {
    this.frame ||= requestAnimationFrame(() => this.draw());
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const { scale, t, i, moments, reached, pictures, sliding } = this.timeline;
    const px = scale.place(t);
    this.scrubber.show(px / scale.length);
    if (!sliding) this.scrubber.range.value = String(px);
    const words = clockShort(t, moments[i]);
    if (this.clock.textContent !== words) this.clock.textContent = words;
    for (const [k, box] of this.boxes.entries()) box.show(pictures[k], t, reached);
  }
}
