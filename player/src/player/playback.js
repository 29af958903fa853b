/** Time in the reader's hand: play, pause, one step, any step, the bar, the speed. */
import { Clock } from "../draw/clock.js";
import { nextStop } from "../model/chapters.js";
import { lasts } from "../model/timeline.js";
import { STOPS_UP_TO } from "../panels/controls.js";
import { nextGuess } from "../questions/guess.js";

/** @import { ControlsActs } from "../panels/controls.js" */
/** @import { PacketWalk } from "./element.js" */

const calm = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)");

/** How long a step stands in a player that moves nothing, at speed 1, in ms. */
const CALM_MS = 1800;

/** Moves `i`, `playing` and `speed` of its player; what is between two steps is the clock's. */
export class Playback {
  /** @param {PacketWalk} player */
  constructor(player) {
    this.player = player;
    this.clock = new Clock((t) => this.at(t));
    this.scrubbing = false;
    player.addController(this);
  }

  hostDisconnected() {
    this.pause();
  }

  /** The last step. */
  get end() {
    return this.player.line.moments.length - 1;
  }

  /** How far a play goes: where something is decided, or where a guess is asked for; else to the end. */
  get goal() {
    const { current, line, guesses, chapters, speed } = this.player;
    const i = Math.ceil(this.clock.t);
    if (!guesses) return (speed <= STOPS_UP_TO ? nextStop(chapters, i) : null) ?? this.end;
    const asked = [i, i + 1].map((k) => nextGuess(current, line, k)).find((g) => g && g.at > i + 1);
    return asked ? asked.at - 1 : this.end;
  }

  /** @param {number} i  a step that may lie outside of the walk */
  within(i) {
    return Math.max(0, Math.min(this.end, i));
  }

  /** Begin a walk at a step. @param {number} step */
  begin(step) {
    this.pause();
    this.player.halted = false;
    this.clock.t = this.within(step);
    this.player.i = this.clock.t;
  }

  /** Called by the clock once a frame. @param {number} t */
  at(t) {
    const i = this.clock.gliding ? this.clock.target : Math.ceil(t - 1e-9);
    if (i !== this.player.i) {
      this.player.i = i;
      this.player.lit = null;
      this.player.setAttribute("header", "");
      if (this.player.playing) this.player.sight.follow(false);
    }
    this.player.drawing.draw(t);
  }

  /** Go to a step: a neighbour by a short move, any other at once. @param {number} i */
  go(i, byReader = true) {
    if (!this.player.line) return;
    const to = this.within(i);
    this.player.playing = false;
    this.player.halted = false;
    if (calm?.matches || !this.player.drawing.ready || Math.abs(to - this.clock.t) > 1.01)
      this.clock.jump(to);
    else this.clock.glide(to);
    this.player.i = to;
    if (!byReader) return;
    this.player.updateComplete.then(() => this.player.sight.follow(false));
    this.tell(to);
  }

  /** Tell whoever listens (a live notebook) where the reader went. @param {number} i */
  tell(i) {
    this.player.dispatchEvent(new CustomEvent("walk-step", { detail: { step: i } }));
  }

  toggle() {
    if (!this.player.playing) return this.play();
    this.pause();
    this.tell(this.player.i);
  }

  play() {
    const { end, clock, player } = this;
    if (clock.t >= end) clock.t = 0;
    player.playing = true;
    player.halted = false;
    player.sight.follow(true);
    if (calm?.matches) return this.playCalmly();
    const duration = (i) => lasts(player.line.moments[Math.min(i, end)].step) / player.speed;
    clock.play(this.goal, duration, () => this.arrive());
  }

  /** Steps without motion. */
  playCalmly(goal = this.goal) {
    this.timer = setTimeout(() => {
      if (!this.player.playing) return;
      const to = Math.min(goal, Math.floor(this.clock.t) + 1);
      this.clock.jump(to);
      if (to < goal) this.playCalmly(goal);
      else this.arrive();
    }, CALM_MS / this.player.speed);
  }

  /** The end of the walk, or where something is decided, is reached by itself. */
  arrive() {
    this.player.playing = false;
    this.player.halted = this.player.i < this.end && !this.player.guesses;
    this.tell(this.player.i);
  }

  pause() {
    clearTimeout(this.timer);
    this.clock.stop();
    this.player.playing = false;
  }

  /** What the controls call. @type {ControlsActs} */
  acts = {
    go: (i) => this.go(i),
    toggle: () => this.toggle(),
    scrub: (t) => {
      this.pause();
      this.scrubbing = true;
      this.clock.jump(t);
    },
    settle: () => {
      this.scrubbing = false;
      this.go(Math.round(this.clock.t));
    },
    speed: (s) => {
      this.player.speed = s;
      if (this.player.playing && !calm?.matches) this.play();
    },
  };
}
