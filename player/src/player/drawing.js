/** What is written straight to the DOM: what moves, once a frame; what is scrolled into view, once a step. */
import { Scrubber } from "../draw/scrubber.js";
import { Stage } from "../draw/stage.js";
import { frame } from "../model/frame.js";
import { markRow } from "../panels/steps.js";
/** @import { PacketWalk } from "./element.js" */

export class Drawing {
  /** @param {PacketWalk} player */
  constructor(player) {
    this.player = player;
    /** @type {Stage|null} */
    this.stage = null;
    /** What the boxes were last scrolled for. @type {any[]} */
    this.scrolled = [];
    player.addController(this);
  }

  /** Whether there is anything to move yet. */
  get ready() {
    return this.stage !== null;
  }

  /** A part of what is rendered. @param {string} css @returns {any} */
  part(css) {
    return this.player.renderRoot.querySelector(css);
  }

  hostUpdated() {
    const { current, layout, line, i, all, width, playback, whole } = this.player;
    if (!current || !layout || !this.part(".scrub")) return;
    this.hold();
    if (!playback.clock.running) this.draw(playback.clock.t);
    if (!whole) return;
    const scrolled = [line, i, all, width];
    if (scrolled.some((each, k) => each !== this.scrolled[k])) requestAnimationFrame(() => this.keepInView());
    this.scrolled = scrolled;
  }

  /** Take hold of the parts that move, which are new after there was nothing to show. */
  hold() {
    const marks = this.part(".marks");
    if (this.stage?.marks === marks) return;
    this.stage = new Stage({
      marks,
      leader: this.part(".stage > .leader"),
      box: this.part(".parcel"),
      packet: this.part(".parcel > .packet"),
      fate: this.part(".fate"),
    });
    this.scrubber = new Scrubber(this.part(".scrub"));
  }

  /** @param {number} t */
  draw(t) {
    const { line, layout, comparison, playback } = this.player;
    if (!this.stage || !layout) return;
    const now = frame({ line, layout }, t);
    this.stage.draw(now);
    comparison.draw(now);
    this.scrubber.show(t / Math.max(1, playback.end));
    if (!playback.scrubbing && !playback.clock.running) this.scrubber.range.value = String(t);
  }

  /** What decides and what changed is scrolled into view inside its own box. */
  keepInView() {
    const list = this.part(".scroll");
    if (!list) return;
    markRow(list, this.player.i);
    const table = this.part(".table");
    const hit = table?.querySelector(".hit");
    scroll(table, hit ? hit.offsetTop - table.clientHeight / 2 : 0);
    const fields = this.part(".fields");
    const first = fields?.querySelector(".head em, .changed")?.closest(".header");
    scroll(fields, first ? first.offsetTop : 0);
  }
}

function scroll(box, top) {
  if (box && box.scrollTop !== top) box.scrollTop = top;
}
