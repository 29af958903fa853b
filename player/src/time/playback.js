/** Time in the reader's hand: to a change, to any time, play with stops where something changes. */
import { Clock } from "../draw/clock.js";
import { after, before } from "./moments.js";

/** @import { PacketwalkTimeline } from "./element.js" */

const calm = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)");
/** How long a pixel of the axis takes at pace 1, and how long a moment stands where nothing moves, in ms. */
const PIXEL_MS = 18;
const CALM_MS = 1800;

export class Playback {
  /** @param {PacketwalkTimeline} timeline */
  constructor(timeline) {
    this.timeline = timeline;
    this.clock = new Clock((px) => timeline.show(this.exact(px)));
    this.timer = 0;
    timeline.addController(this);
  }

  hostDisconnected() {
    this.pause();
  }

  /** A place on the axis as a time; that of a moment is exactly its own. @param {number} px */
  exact(px) {
    const { scale } = this.timeline;
    const k = scale.places.findIndex((place) => Math.abs(place - px) < 0.5);
    return k < 0 ? scale.time(px) : scale.times[k];
  }

  /** @param {number} t */
  go(t) {
    this.pause();
    this.timeline.show(Math.min(this.timeline.end, Math.max(0, t)));
  }

  /** @param {boolean} [turning] */
  before(turning = true) {
    this.go(before(this.timeline.moments, this.timeline.t, turning).at);
  }

  after(turning = true) {
    this.go(after(this.timeline.moments, this.timeline.t, turning).at);
  }

  toggle() {
    if (this.timeline.playing) this.pause();
    else this.play();
  }

  play() {
    const { timeline, clock } = this;
    if (timeline.t >= timeline.end) timeline.show(0);
    timeline.playing = true;
    const stops = timeline.pace <= 1;
    const goal = stops ? after(timeline.moments, timeline.t, true).at : timeline.end;
    if (calm?.matches) {
      this.timer = setTimeout(() => this.step(goal), CALM_MS / timeline.pace);
      return;
    }
    clock.stop();
    clock.t = timeline.scale.place(timeline.t);
    const rate = () => PIXEL_MS / timeline.pace;
    clock.play(timeline.scale.place(goal), rate, () => {
      timeline.playing = false;
    });
  }

  /** Moment by moment, without motion. @param {number} goal */
  step(goal) {
    const { timeline } = this;
    timeline.show(after(timeline.moments, timeline.t).at);
    if (timeline.t >= goal) timeline.playing = false;
    else this.timer = setTimeout(() => this.step(goal), CALM_MS / timeline.pace);
  }

  pause() {
    clearTimeout(this.timer);
    this.clock.stop();
    this.timeline.playing = false;
  }

  /** @param {number} pace */
  pace(pace) {
    const { playing } = this.timeline;
    this.pause();
    this.timeline.pace = pace;
    if (playing) this.play();
  }
}
