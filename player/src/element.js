/** <packet-walk>: glues the walk, the clock, the diagram and the panels together. */
import { LitElement, html, nothing, unsafeCSS } from "lit";
import playerCss from "./styles/player.css";
import diagramCss from "./styles/diagram.css";
import compareCss from "./styles/compare.css";
import { layerRules, properties } from "./colours.js";
import { Store, WalkError, parsePage } from "./data/store.js";
import { fromHash, optionsFromAttributes, optionsOf } from "./data/options.js";
import { problem } from "./data/validate.js";
import { lasts, timeline } from "./model/timeline.js";
import { frame } from "./model/frame.js";
import { layout, NARROW } from "./layout/layout.js";
import { sizeOf } from "./model/stack.js";
import { packetOf } from "./model/frame.js";
import { endOf, traceName, EVENTS } from "./model/words.js";
import { Clock } from "./draw/clock.js";
import { Stage } from "./draw/stage.js";
import { Scrubber } from "./draw/scrubber.js";
import { ground, stations } from "./draw/diagram.js";
import { icon } from "./draw/icons.js";
import { onTheme, theme } from "./draw/theme.js";
import { choices, settle } from "./panels/choices.js";
import { proofPage } from "./panels/proof.js";
import { controls } from "./panels/controls.js";
import { markRow, steps } from "./panels/steps.js";
import { why } from "./panels/why.js";
import { compare } from "./panels/compare.js";
import { packet } from "./panels/packet.js";
import { takeAway } from "./panels/take-away.js";
import { Comparison } from "./comparison.js";
import { playerKey } from "./keys.js";
import { nameOnPage, takeAwayActs } from "./take-away-acts.js";
/** @import { Options } from "./data/options.js" */

const calm = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)");

/** The steps in words, which the page carries: for print. */
const WORDS = html`<div class="words"><slot></slot></div>`;

export class PacketWalk extends LitElement {
  static styles = [
    unsafeCSS(`:host{${properties("light")}}:host([theme=dark]){${properties("dark")}}${layerRules()}`),
    unsafeCSS(playerCss),
    unsafeCSS(diagramCss),
    unsafeCSS(compareCss),
  ];

  static properties = {
    walk: { attribute: false },
    source: { attribute: false },
    step: { attribute: false },
    seen: { state: true },
    message: { state: true },
    width: { state: true },
    i: { state: true },
    playing: { state: true },
    speed: { state: true },
    all: { state: true },
    open: { state: true },
    lit: { state: true },
    options: { state: true },
    busy: { state: true },
    note: { state: true },
    snippet: { state: true },
  };

  constructor() {
    super();
    Object.assign(this, {
      walk: null,
      source: null,
      step: null,
      seen: false,
      message: "",
      width: 0,
      i: 0,
      playing: false,
      speed: 1,
      all: false,
      open: new Map(),
      lit: null,
      options: null,
      busy: false,
      note: "",
      snippet: null,
    });
    this.clock = new Clock((t) => this.show(t));
    this.comparison = new Comparison(this);
    this.take = takeAwayActs(this);
    this.onHash = () => this.followHash();
  }

  connectedCallback() {
    super.connectedCallback();
    this.setAttribute("theme", theme());
    this.stopTheme = onTheme((now) => this.setAttribute("theme", now));
    addEventListener("hashchange", this.onHash);
    this.watchSight();
    if (fromHash(location.hash)?.el === nameOnPage(this)) this.wake();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.pause();
    this.stopTheme?.();
    this.sight?.disconnect();
    this.room?.disconnect();
    removeEventListener("hashchange", this.onHash);
  }

  /** Nothing is read or drawn before the player comes near the screen; what leaves it stands still. */
  watchSight() {
    this.sight = new IntersectionObserver(
      (entries) => {
        const near = entries.at(-1).isIntersecting;
        if (near) this.wake();
        else this.pause();
      },
      { rootMargin: "300px" },
    );
    this.sight.observe(this);
  }

  wake() {
    if (this.seen) return;
    this.seen = true;
    this.room = new ResizeObserver(([e]) => {
      this.width = Math.round(e.contentRect.width);
    });
    this.room.observe(this);
    this.width = Math.round(this.getBoundingClientRect().width);
    this.begin();
  }

  /** Read what the page carries and open the first walk. */
  begin() {
    const asked = optionsFromAttributes(this);
    const wanted = this.wantedByHash();
    try {
      const text = this.walk ? null : this.querySelector("script.walk")?.textContent;
      this.store = new Store({
        page: this.walk ?? (text ? parsePage(text) : null),
        dataRoot: this.getAttribute("data-root"),
        source: this.source,
      });
      this.comparison.set((wanted ?? asked).beside);
      const { first } = this.store;
      const alone =
        first && !this.store.inPage(asked.options) && (!asked.options.plugin || !asked.options.scenario);
      this.load(
        wanted?.options ?? (alone ? optionsOf(first) : asked.options),
        wanted ? wanted.step : (this.step ?? asked.step),
        Boolean(wanted),
      );
    } catch (error) {
      this.fail(error);
    }
  }

  wantedByHash() {
    const wanted = fromHash(location.hash);
    return wanted && (wanted.el === null || wanted.el === nameOnPage(this)) ? wanted : null;
  }

  followHash() {
    const wanted = fromHash(location.hash);
    if (wanted?.el !== nameOnPage(this)) return;
    if (!this.seen) return this.wake();
    this.comparison.set(wanted.beside);
    this.load(wanted.options, wanted.step, true);
  }

  /** @param {Options} options @param {number|null} step counted from 0 */
  load(options, step, reveal = false) {
    const token = (this.asked = Symbol("request"));
    const arrive = (walk) => {
      if (this.asked === token) {
        this.show_(walk, step);
        if (reveal) this.updateComplete.then(() => this.scrollIntoView({ block: "start" }));
      }
    };
    const here = this.store.now(options);
    if (here) return arrive(here);
    this.busy = true;
    this.store
      .walk(options)
      .then(arrive)
      .catch((error) => {
        if (this.asked === token) this.fail(error);
      })
      .finally(() => {
        if (this.asked === token) this.busy = false;
      });
  }

  show_(walk, step) {
    this.pause();
    this.line = timeline(walk);
    this.current = walk;
    this.options = optionsOf(walk);
    this.message = "";
    this.busy = false;
    this.open = new Map();
    this.snippet = null;
    this.layout = null;
    const i = Math.max(0, Math.min(this.line.moments.length - 1, step ?? 0));
    this.clock.t = i;
    this.i = i;
    this.comparison.follow();
  }

  fail(error) {
    this.busy = false;
    this.message =
      error instanceof WalkError ? error.message : `This walk cannot be shown: ${error?.message ?? error}.`;
    if (!this.current) this.pause();
  }

  /** Another walk or step from a live notebook. */
  willUpdate(changed) {
    if (!this.seen) return;
    if (
      changed.has("walk") &&
      this.walk &&
      this.store &&
      this.store.page !== this.walk &&
      this.store.only !== this.walk
    ) {
      const wrong = problem(this.walk.walks ? Object.values(this.walk.walks)[0] : this.walk);
      if (wrong) this.fail(new WalkError(`This walk cannot be played: ${wrong}.`));
      else this.begin();
    }
    if (changed.has("step") && this.step !== null && this.line && this.step !== this.i)
      this.go(this.step, false);
    if (this.current && this.width && (changed.has("width") || !this.layout))
      this.layout = layout(this.current, this.line, this.inner());
  }

  inner() {
    return this.width - 2 - (this.width < NARROW ? 10 : 24);
  }

  render() {
    if (this.message && !this.current)
      return html`<p class="message" role="alert">${this.message}</p><slot></slot>`;
    if (!this.current || !this.layout) return html`<div class="pw empty"></div>${WORDS}`;
    const { current: walk, line, i } = this;
    const moment = line.moments[i];
    const { step } = moment;
    const next = line.moments.find((m) => m.previous === i)?.step;
    const narrow = this.width < NARROW;
    return html`<div class="pw" role="region" aria-label=${walk.title || "Packet walk"} @keydown=${(e) => playerKey(e, this)}>
      ${choices({ walk, options: this.options, catalogue: this.store.catalogue, live: Boolean(this.source), busy: this.busy, comparison: this.comparison, proofs: proofPage(this.store.dataRoot) }, this)}
      ${this.message ? html`<p class="message" role="alert">${this.message}</p>` : nothing}
      ${this.picture(moment)}
      ${controls({ n: line.moments.length, i, playing: this.playing, speed: this.speed, ticks: this.ticks(), words: this.words(moment) }, this.playActs)}
      ${this.comparison.shown ? compare(this.comparison, { i, width: this.width }) : nothing}
      <div class="columns">${steps(
        { walk, line, i, all: this.all },
        {
          go: (to) => this.go(to),
          all: (yes) => {
            this.all = yes;
          },
        },
      )}${why({ walk, step })}</div>
      ${packet({ walk, step, next, open: this.open, lit: this.lit, narrow }, this.packetActs)}
      ${takeAway({ devices: this.take.devices(), note: this.note, snippet: this.snippet }, this.take)}
      <p class="hidden" role="status" aria-live="polite">${this.words(moment)}${this.comparison.words(i)}</p>
    </div>${WORDS}`;
  }

  picture(moment) {
    const { width, height } = this.layout;
    const trace = this.current.traces[moment.trace];
    const box = `0 0 ${width} ${height}`;
    const ended = moment.step.event === "drop";
    return html`<div class="stage" style="height:${height}px">
      <svg class="ground" viewBox=${box} width=${width} height=${height} role="img" aria-label=${this.words(moment)}>${ground(this.layout)}</svg>
      <i class="leader"></i>
      <svg class="marks" viewBox=${box} width=${width} height=${height} aria-hidden="true"></svg>
      <svg class="still" viewBox=${box} width=${width} height=${height} aria-hidden="true">${stations(this.layout, moment.station, ended)}</svg>
      <div class="parcel">
        <p class="caption"><b>${traceName(trace, this.current.traces)}</b> · ${sizeOf(packetOf(moment.step))} bytes</p>
        <svg class="packet" aria-hidden="true"></svg>
        <p class="fate ${ended ? "bad" : ""}" style="width:${this.fateWidth()}px">${ended ? html`${icon("cross")}<span>${this.fateWords(trace, moment.step)}</span>` : this.waitingWords()}</p>
      </div>
    </div>`;
  }

  waitingWords() {
    const names = frame({ line: this.line, layout: this.layout }, this.i).waiting.map((w) =>
      traceName(this.current.traces[w.trace], this.current.traces),
    );
    return names.length ? `${names.join(", ")} ${names.length > 1 ? "wait" : "waits"}` : "";
  }

  fateWidth() {
    return Math.min(340, this.layout.zone.right - this.layout.zone.left);
  }

  fateWords(trace, step) {
    const place = this.current.topology.find((p) => p.netns === step.netns)?.label ?? step.netns;
    return `${endOf(trace.disposition)} in ${place}${this.layout.kind === "wide" && step.why.length < 130 ? `: ${step.why}` : ""}`;
  }

  words({ i, step, trace }) {
    const where = [step.netns, step.dev, step.hook].filter(Boolean).join(", ");
    return `Step ${i + 1} of ${this.line.moments.length}, ${traceName(this.current.traces[trace], this.current.traces)}: ${EVENTS[step.event] ?? step.event} in ${where}. ${step.why ?? ""}`;
  }

  ticks() {
    if (this.ticksOf !== this.line) {
      this.ticksOf = this.line;
      this.tickList = this.line.hops.map((h, k) => ({
        at: h.from,
        kind: k > 0 && this.line.hops[k - 1].trace !== h.trace ? "trace" : "hop",
      }));
      for (const m of this.line.moments)
        if (["encap", "decap", "drop"].includes(m.step.event))
          this.tickList.push({ at: m.i, kind: m.step.event });
    }
    return this.tickList;
  }

  updated(changed) {
    if (!this.current || !this.layout) return;
    const part = (css) => this.renderRoot.querySelector(css);
    const marks = part(".marks");
    if (this.stage?.marks !== marks) {
      this.stage = new Stage({
        marks,
        leader: part(".stage > .leader"),
        box: part(".parcel"),
        packet: part(".parcel > .packet"),
        fate: part(".fate"),
      });
      this.scrubber = new Scrubber(part(".scrub"));
    }
    if (changed.has("width")) this.scrubber.measure();
    if (!this.clock.running) this.draw(this.clock.t);
    if (changed.has("i") || changed.has("all") || changed.has("width") || this.marked !== this.line)
      this.keepInView();
    this.marked = this.line;
  }

  /** What decides and what changed is scrolled into view inside its own box. */
  keepInView() {
    const part = (css) => this.renderRoot.querySelector(css);
    const table = part(".table");
    const hit = table?.querySelector(".hit");
    const fields = part(".fields");
    const first = fields?.querySelector(".head em, .changed")?.closest(".header");
    const places = [
      [table, hit ? hit.offsetTop - table.clientHeight / 2 : 0],
      [fields, first ? first.offsetTop : 0],
    ];
    markRow(part(".scroll"), this.i);
    for (const [box, top] of places) if (box && box.scrollTop !== top) box.scrollTop = top;
  }

  /** Called by the clock once a frame. */
  show(t) {
    const i = this.clock.gliding ? this.clock.target : Math.ceil(t - 1e-9);
    if (i !== this.i) {
      this.i = i;
      this.lit = null;
    }
    this.draw(t);
  }

  draw(t) {
    if (!this.stage || !this.layout) return;
    const f = frame({ line: this.line, layout: this.layout }, t);
    const last = Math.max(1, this.line.moments.length - 1);
    this.stage.draw(f);
    this.comparison.draw(f, this.renderRoot);
    this.scrubber.show(t / last);
    if (!this.scrubbing && !this.clock.running) this.scrubber.range.value = String(t);
  }

  /** Go to a step: a neighbour by a short move, any other at once. */
  go(i, byReader = true) {
    if (!this.line) return;
    const to = Math.max(0, Math.min(this.line.moments.length - 1, i));
    this.playing = false;
    if (!this.stage || calm?.matches || Math.abs(to - this.clock.t) > 1.01) this.clock.jump(to);
    else this.clock.glide(to);
    this.i = to;
    if (byReader) this.tell(to);
  }

  /** Tell whoever listens (a live notebook) where the reader went. */
  tell(i) {
    this.dispatchEvent(new CustomEvent("walk-step", { detail: { step: i } }));
  }

  toggle() {
    if (this.playing) {
      this.pause();
      this.tell(this.i);
    } else this.play();
  }

  play() {
    const end = this.line.moments.length - 1;
    if (this.clock.t >= end) this.clock.t = 0;
    this.playing = true;
    if (calm?.matches) return this.playCalmly();
    this.clock.play(
      end,
      (i) => lasts(this.line.moments[Math.min(i, end)].step) / this.speed,
      () => {
        this.playing = false;
        this.tell(end);
      },
    );
  }

  /** Steps without motion. */
  playCalmly() {
    this.timer = setTimeout(() => {
      if (!this.playing) return;
      const end = this.line.moments.length - 1;
      const to = Math.min(end, Math.floor(this.clock.t) + 1);
      this.clock.jump(to);
      if (to < end) this.playCalmly();
      else {
        this.playing = false;
        this.tell(end);
      }
    }, 1800 / this.speed);
  }

  pause() {
    clearTimeout(this.timer);
    this.clock.stop();
    this.playing = false;
  }

  playActs = {
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
      this.speed = s;
      if (this.playing && !calm?.matches) this.play();
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

  /** @param {Partial<Options>} change */
  choose(change) {
    this.load(settle(this.store.catalogue, this.options, change, Boolean(this.source)), 0);
  }
}
