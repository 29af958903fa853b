/** <packet-walk>: what a player shows, and the parts that work on it. */
import { html, LitElement, nothing, unsafeCSS } from "lit";
import { optionsOf } from "../data/options.js";
import { ThemeOf } from "../draw/theme.js";
import { devicesOf } from "../export/devices.js";
import { layout, NARROW } from "../layout/layout.js";
import { chapters } from "../model/chapters.js";
import { ticks, timeline } from "../model/timeline.js";
import { stepWords } from "../model/words.js";
import { choices } from "../panels/choices.js";
import { compare } from "../panels/compare.js";
import { controls } from "../panels/controls.js";
import { guessing } from "../panels/guessing.js";
import { packet } from "../panels/packet.js";
import { picture } from "../panels/picture.js";
import { proofPage } from "../panels/proof.js";
import { steps } from "../panels/steps.js";
import { takeAway } from "../panels/take-away.js";
import { why } from "../panels/why.js";
import { nextGuess } from "../questions/guess.js";
import { styles } from "../styles.js";
import { Comparison } from "./comparison.js";
import { Drawing } from "./drawing.js";
import { playerKey } from "./keys.js";
import { Opening } from "./opening.js";
import { Playback } from "./playback.js";
import { Sight } from "./sight.js";
import { takeAwayActs } from "./take-away.js";
import { nextTask, whenIdle } from "./tasks.js";

/** @import { Options } from "../data/options.js" */
/** @import { Source } from "../data/store.js" */
/** @import { Layout } from "../layout/layout.js" */
/** @import { Lit } from "../panels/packet.js" */
/** @import { Moment, Step, Timeline, Walk } from "../types.js" */

/** The steps in words, which the page carries: for print. */
const WORDS = html`<div class="words"><slot></slot></div>`;

const GIVEN = { attribute: false };
const STATE = { state: true };

/** Built one after the other, each in a task of its own; those that are read later, when the page is idle. */
const PARTS = { picture: 2, controls: 3, steps: 4, packet: 5, rest: 6 };

export class PacketWalk extends LitElement {
  static styles = unsafeCSS(styles);

  static properties = {
    walk: GIVEN,
    source: GIVEN,
    step: GIVEN,
    seen: STATE,
    width: STATE,
    options: STATE,
    busy: STATE,
    message: STATE,
    i: STATE,
    playing: STATE,
    speed: STATE,
    all: STATE,
    open: STATE,
    lit: STATE,
    note: STATE,
    snippet: STATE,
    veiled: STATE,
    guesses: STATE,
    halted: STATE,
    parts: STATE,
  };

  constructor() {
    super();
    /** From outside: what a page or a notebook hands in instead of the JSON in the element. @type {any} */
    this.walk = null;
    /** From outside: a live notebook, which answers. @type {Source|null} */
    this.source = null;
    /** From outside: the step to go to. @type {number|null} */
    this.step = null;
    this.seen = false;
    this.width = 0;
    /** The walk shown, and what follows from it. @type {Walk|null} */
    this.current = null;
    /** @type {Timeline|null} */
    this.line = null;
    /** @type {Layout|null} */
    this.layout = null;
    /** @type {Options|null} */
    this.options = null;
    this.busy = false;
    this.message = "";
    this.i = 0;
    this.playing = false;
    this.speed = 1;
    /** Whether hooks that match nothing are listed too. */
    this.all = false;
    /** Headers that the reader opened or closed, counted from the innermost. @type {Map<number, boolean>} */
    this.open = new Map();
    /** @type {Lit|null} */
    this.lit = null;
    this.note = "";
    /** @type {string|null} */
    this.snippet = null;
    /** The question that asks how this walk goes on, while its end is hidden. @type {string|null} */
    this.veiled = null;
    /** What was guessed right, by step, while the player asks; null while it does not. @type {any} */
    this.guesses = null;
    /** Whether a play has stopped by itself where something is decided. */
    this.halted = false;
    /** How many parts there are to see yet. */
    this.parts = 1;
    /** The last step that the reader has come to. */
    this.reached = 0;

    this.comparison = new Comparison(this);
    this.playback = new Playback(this);
    this.opening = new Opening(this);
    this.drawing = new Drawing(this);
    this.sight = new Sight(this);
    this.take = takeAwayActs(this);
    this.theme = new ThemeOf(this);
  }

  /** Show a walk from a step on. @param {Walk} walk @param {number|null} step counted from 0 */
  show(walk, step) {
    this.current = walk;
    this.line = timeline(walk);
    this.chapters = chapters(this.line);
    const decided = this.chapters.map(({ at }) => ({ at, kind: "decided" }));
    this.ticks = [...decided, ...ticks(this.line)];
    this.layout = null;
    this.options = optionsOf(walk);
    this.busy = false;
    this.message = "";
    this.open = new Map();
    this.snippet = null;
    this.reached = 0;
    this.guesses &&= new Map();
    this.playback.begin(step ?? 0);
    this.comparison.follow();
  }

  /**
   * Hide how the walk ends until it has been played, or `question` has an answer.
   * @param {string} question  the id of its box
   */
  veil(question) {
    if (this.reached === 0) this.veiled = question;
  }

  unveil() {
    this.veiled = null;
  }

  /**
   * Show a step of a walk, from outside. @param {Options} options @param {number} step counted from 0
   * @param {boolean} reveal  whether it is brought into view
   */
  visit(options, step, reveal) {
    this.unveil();
    this.sight.wake();
    this.opening.load(options, step, reveal);
  }

  /** What was read is laid out and drawn in a task of its own. */
  async scheduleUpdate() {
    if (this.current && !this.layout) await nextTask();
    super.scheduleUpdate();
  }

  updated() {
    if (!this.layout || this.whole || this.building) return;
    this.building = true;
    const add = () => {
      this.building = false;
      this.parts += 1;
    };
    if (this.parts < PARTS.controls) nextTask().then(add);
    else whenIdle(add);
  }

  /** Whether all of it is there. */
  get whole() {
    return this.parts >= PARTS.rest;
  }

  /** Another walk or step from a live notebook; a layout for another walk or width. */
  willUpdate(changed) {
    if (!this.seen) return;
    if (changed.has("walk")) this.opening.handedIn();
    if (changed.has("step") && this.step !== null && this.line && this.step !== this.i)
      this.playback.go(this.step, false);
    this.reached = Math.max(this.reached, this.i);
    if (this.line && this.reached === this.playback.end) this.veiled = null;
    if (this.current && this.width && (changed.has("width") || !this.layout))
      this.layout = layout(this.current, this.line, this.inner);
  }

  get narrow() {
    return this.width < NARROW;
  }

  /** The room inside the frame. */
  get inner() {
    return this.width - 2 - (this.narrow ? 10 : 24);
  }

  render() {
    const { current, layout, message } = this;
    if (message && !current) return html`${alert(message)}<slot></slot>`;
    if (!current || !layout) return html`<div class="pw empty"></div>${WORDS}`;
    const label = current.title || "Packet walk";
    const kind = `pw${this.veiled ? " veiled" : ""}${this.whole ? "" : " partial"}`;
    return html`<div class=${kind} role="region" aria-label=${label} @keydown=${(e) => playerKey(e, this)}>
      ${this.panels(current, this.line.moments[this.i])}
    </div>${WORDS}`;
  }

  /** @param {Walk} walk @param {Moment} moment */
  panels(walk, moment) {
    const { line, layout, i, options, source, busy, comparison, width, narrow, open, lit, veiled } = this;
    const { catalogue, dataRoot } = this.opening.store;
    const { step } = moment;
    const { guesses, note, snippet } = this;
    const from = (part, build) => (this.parts >= part ? build() : nothing);
    const upTo = veiled || guesses ? this.reached : line.moments.length;
    const next = line.moments.find((m) => m.previous === i)?.step;
    const words = stepWords(walk, line, moment);
    const linked = !this.hasAttribute("unlinked");
    const offered = {
      catalogue,
      live: Boolean(source),
      proofs: proofPage(dataRoot),
      kernel: this.dataset.kernel ?? null,
    };
    const told = this.chapters.filter(({ at }) => at <= upTo);
    const playing = {
      n: line.moments.length,
      i,
      playing: this.playing,
      speed: this.speed,
      walk,
      words,
      chapters: told,
      ticks: veiled || guesses ? [] : this.ticks,
    };
    const scene = { walk, line, layout, moment, press: this.press, halted: this.halted };
    const head = { walk, options, ...offered, busy, comparison, veiled, narrow, guesses };
    return html`${choices(head, this.choicesActs)}
      ${this.message ? alert(this.message) : nothing}
      ${from(PARTS.picture, () => picture(scene))}
      ${from(PARTS.controls, () => controls(playing, this.playback.acts))}
      ${guesses ? guessing(nextGuess(walk, line, i), i, this.guessed) : nothing}
      ${comparison.shown ? from(PARTS.controls, () => compare(comparison, { i, width })) : nothing}
      ${from(PARTS.steps, () => this.columns(walk, step, upTo))}
      ${from(PARTS.packet, () => packet({ walk, step, next, open, lit, narrow }, this.packetActs))}
      ${from(PARTS.rest, () => takeAway({ devices: devicesOf(line), linked, note, snippet }, this.take))}
      <p class="hidden" role="status" aria-live="polite">${words}${comparison.words(i)}</p>`;
  }

  /** @param {Walk} walk @param {Step} step @param {number} upTo  the last step that is listed */
  columns(walk, step, upTo) {
    const { line, i, all } = this;
    const list = steps({ walk, line, i, all, upTo }, this.stepsActs);
    return html`<div class="columns">${list}${why({ walk, step })}</div>`;
  }

  /** Tell who asks for a place which ones stand where the picture was pressed. @param {string} station */
  press = (station) => {
    const here = this.line.moments.filter((m) => m.station === station);
    const detail = here.map(({ step }) => step.netns + (step.dev ? `, ${step.dev}` : ""));
    this.dispatchEvent(new CustomEvent("walk-place", { detail, bubbles: true }));
  };

  choicesActs = {
    choose: (change) => this.opening.choose(change),
    unveil: () => this.unveil(),
    prove: async () => {
      const folder = new URL(this.dataset.kernel, document.baseURI).href;
      const { prove } = await import(/* @vite-ignore */ `${folder}prove.js`);
      prove(this, folder);
    },
    guess: () => {
      this.guesses = this.guesses ? null : new Map();
      this.reached = this.i;
      this.unveil();
    },
  };

  /** The first answer to a question counts. @param {number} at @param {string} verdict */
  guessed = (at, verdict) => {
    if (!this.guesses.has(at)) this.guesses = new Map(this.guesses).set(at, verdict === "right");
  };

  stepsActs = {
    go: (i) => this.playback.go(i),
    all: (yes) => {
      this.all = yes;
    },
  };

  packetActs = {
    open: (key, yes) => {
      this.open = new Map(this.open).set(key, yes);
    },
    light: (field) => {
      if (field?.field !== this.lit?.field || field?.header !== this.lit?.header) this.lit = field;
    },
  };
}

const alert = (message) => html`<p class="message" role="alert">${message}</p>`;
