/** <packetwalk-timeline>: what control planes do over time, and what a packet would meet at any moment. */
import { html, LitElement, nothing, unsafeCSS } from "lit";
import { guard } from "lit/directives/guard.js";
import { parsePage } from "../data/store.js";
import { unpackIfPacked } from "../data/unpack.js";
import { icon } from "../draw/icons.js";
import { ThemeOf } from "../draw/theme.js";
import { copy } from "../export/download.js";
import { headline } from "../model/words.js";
import { axis } from "./axis.js";
import { bar } from "./bar.js";
import { layout } from "./layout.js";
import { letters } from "./letters.js";
import { fromHash, toHash } from "./link.js";
import { list } from "./list.js";
import { indexAt, moments } from "./moments.js";
import { Moving } from "./moving.js";
import { now } from "./now.js";
import { legend, picture } from "./picture.js";
import { Playback } from "./playback.js";
import { Sending } from "./sending.js";
import { named } from "./shelf.js";
import { TALL } from "./sizes.js";
import { styles } from "./styles.js";
import { problem } from "./validate.js";
import { lanesOf, messageWords, momentWords, stayWords } from "./words.js";

/** @import { Axis } from "./axis.js" */
/** @import { Picture } from "./layout.js" */
/** @import { Stay } from "./state.js" */
/** @import { Message, Moment, Story } from "./types.js" */

/** Height of a tall picture at the least, which it has for few moments, in px. */
const TALL_ROOM = 520;
/** While the slider is drawn, words follow when it rests so long, or are so late, in ms. */
const REST_MS = 120;
const LATE_MS = 600;
const HINT = "A letter in the picture is a message, a bar a table's line: press it, and it is told here.";

export class PacketwalkTimeline extends LitElement {
  static styles = unsafeCSS(styles);

  static properties = {
    given: { attribute: false },
    veiled: { type: String },
    seen: { state: true },
    width: { state: true },
    i: { state: true },
    playing: { state: true },
    pace: { state: true },
    looked: { state: true },
    listed: { state: true },
    note: { state: true },
  };

  constructor() {
    super();
    /** From outside: what a notebook hands in instead of the JSON in the element. @type {any} */
    this.given = null;
    /** From outside: makes sure that the page knows the walk's player. @type {() => Promise<any>} */
    this.loadPlayer = () => import(String(new URL(this.dataset.player ?? "", location.href)));
    this.seen = false;
    this.width = 0;
    /** @type {Story[]} */
    this.stories = [];
    /** @type {Moment[]} */
    this.moments = [];
    /** @type {Axis|null} */
    this.scale = null;
    /** @type {Picture[]} */
    this.pictures = [];
    /** The chosen time in ms, and the moment that was last then. */
    this.t = 0;
    this.i = 0;
    this.playing = false;
    this.pace = 1;
    /** The message, or the table's line, whose words are shown. @type {Message|Stay|null} */
    this.looked = null;
    /** By story, the nodes whose lines all have room for their words. @type {Map<number, Set<string>>} */
    this.unfolded = new Map();
    this.listed = false;
    this.note = "";
    this.message = "";
    this.fetching = false;
    /** Whether the slider is drawn; when the words were told last, and what will tell them. */
    this.sliding = false;
    this.worded = 0;
    /** @type {ReturnType<typeof setTimeout>|0} */
    this.wording = 0;
    /** Whether somebody asks for it, and it has not been brought into view yet. */
    this.wanted = false;
    /** The time to begin with, and the latest that the reader has come to. */
    this.first = 0;
    this.reached = 0;
    /** The question that asks how this goes on, while the rest is hidden. @type {string|null} */
    this.veiled = null;
    this.playback = new Playback(this);
    this.sending = new Sending(this);
    this.moving = new Moving(this);
    this.theme = new ThemeOf(this);
  }

  /** The end of the longest story, in ms. */
  get end() {
    return this.moments.at(-1).at;
  }

  /** Its name in a link: its id, or its place among those of the page. */
  get place() {
    return this.id || String([...document.querySelectorAll(this.localName)].indexOf(this) + 1);
  }

  connectedCallback() {
    super.connectedCallback();
    addEventListener("hashchange", this.followHash);
    // A busy page hands in several at once, in the order of time: the last is how things are.
    this.near = new IntersectionObserver((entries) => this.meet(entries.at(-1).isIntersecting), {
      rootMargin: "300px",
    });
    this.near.observe(this);
    this.room = new ResizeObserver(([entry]) => {
      this.width = Math.round(entry.contentRect.width);
    });
    this.room.observe(this);
    this.followHash();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener("hashchange", this.followHash);
    this.near.disconnect();
    this.room.disconnect();
  }

  /** Nothing is read before it comes near the screen; what leaves it stands still. @param {boolean} near */
  meet(near) {
    if (near) this.seen = true;
    else if (this.playing) this.playback.pause();
  }

  followHash = () => {
    const wanted = fromHash(location.hash);
    if (wanted?.el === this.place) this.visit(wanted.t);
  };

  /** Show a moment, from outside, and bring it into view. @param {number} t in ms */
  visit(t) {
    this.unveil();
    this.seen = true;
    this.wanted = true;
    this.first = t;
    if (this.scale) this.playback.go(t);
  }

  /** Hide no longer what comes after the reader's moment. */
  unveil = () => this.removeAttribute("veiled");

  willUpdate(changed) {
    if (changed.has("given") && this.given) {
      this.stories = [];
      this.message = "";
    }
    if (!this.seen || !this.width) return;
    if (!this.stories.length && !this.message && !this.fetching) this.read();
    if (this.stories.length && (changed.has("width") || !this.scale)) this.lay();
  }

  /** Ask for what a file of the site has. */
  fetch() {
    this.fetching = true;
    const told = (stories) => {
      this.fetching = false;
      this.given = { stories };
    };
    const failed = (error) => {
      this.fetching = false;
      this.message = `This timeline cannot be shown: ${error.message}.`;
      this.requestUpdate();
    };
    named(this).then(told, failed);
  }

  /** Read what was handed in, what a file has, or what the page carries. */
  read() {
    if (!this.given && this.dataset.stories) return this.fetch();
    if (!this.given && this.parentElement?.localName === "packetwalk-stories") return; // which hands one in
    try {
      const text = this.querySelector("script.walk")?.textContent ?? "{}";
      const page = this.given ?? parsePage(text, document.querySelector("script.walks")?.textContent);
      const { stories } = unpackIfPacked(page);
      const wrong = stories?.length ? stories.map(problem).find(Boolean) : "there is none";
      if (wrong) throw new Error(wrong);
      this.stories = stories;
    } catch (error) {
      this.message = `This timeline cannot be shown: ${error.message}.`;
      return;
    }
    this.moments = moments(this.stories);
    this.letters = letters(this.stories.flatMap(({ messages }) => messages.map(({ kind }) => kind)));
    this.scale = null;
    this.t = Math.min(this.first, this.end);
    this.i = indexAt(this.moments, this.t);
    this.reached = this.t;
  }

  /** One axis for all, and a picture for each. */
  lay() {
    const tall = this.width < TALL;
    const inner = this.width - 2;
    this.scale = axis(this.stories, this.moments, tall ? TALL_ROOM : inner, tall);
    this.pictures = this.stories.map((story, key) =>
      layout(story, this.moments, this.scale, inner, tall, this.unfolded.get(key)),
    );
  }

  /** Show a time. @param {number} t in ms */
  show(t) {
    this.t = t;
    this.i = indexAt(this.moments, t);
    this.reached = Math.max(this.reached, t);
    if (this.reached >= this.end) this.unveil();
    if (this.playing) this.moving.draw();
    else if (this.sliding) {
      this.moving.soon();
      clearTimeout(this.wording);
      const late = this.worded + LATE_MS - performance.now();
      this.wording = setTimeout(() => this.requestUpdate(), Math.max(0, Math.min(REST_MS, late)));
    } else this.requestUpdate();
  }

  /** @param {string} note */
  say(note) {
    this.note = note;
  }

  updated() {
    if (!this.renderRoot.querySelector(".scrub")) return;
    this.moving.find();
    this.sending.follow();
    clearTimeout(this.wording);
    this.wording = 0;
    this.worded = performance.now();
    this.moving.draw();
    if (this.wanted) this.scrollIntoView({ block: "start" });
    this.wanted = false;
  }

  /** The first of what is pressed chooses a time. @param {PointerEvent} e @param {Picture} of */
  press(e, of) {
    const target = /** @type {HTMLElement} */ (e.target);
    if (target.closest("button") || (e.type === "pointermove" && !(e.buttons & 1))) return;
    if (e.type === "pointermove" && e.pointerType !== "mouse") return;
    const bar = /** @type {HTMLElement|null} */ (target.closest(".bar"));
    if (bar) this.looked = of.bars[Number(bar.dataset.k)].stay;
    this.sliding = e.type === "pointermove";
    const { left, top } = /** @type {HTMLElement} */ (e.currentTarget).getBoundingClientRect();
    this.playback.go(
      this.playback.exact(this.scale.place(of.time(of.tall ? e.clientY - top : e.clientX - left))),
    );
  }

  acts = {
    before: () => this.playback.before(),
    after: () => this.playback.after(),
    toggle: () => this.playback.toggle(),
    slide: (px) => {
      this.sliding = true;
      this.playback.go(this.playback.exact(px));
    },
    settle: () => {
      if (this.sliding) this.requestUpdate();
      this.sliding = false;
    },
    pace: (n) => this.playback.pace(n),
  };

  /** Left and right go by moments, page up and down by changes. @param {KeyboardEvent} e */
  key(e) {
    if (e.altKey || e.ctrlKey || e.metaKey || e.defaultPrevented || !(e.target instanceof Element)) return;
    if (e.target.closest("select, .scroller, .events, slot")) return;
    if (e.key === " " && e.target.closest("button, summary")) return;
    const { playback } = this;
    const act = {
      " ": () => playback.toggle(),
      ArrowRight: () => playback.after(false),
      ArrowLeft: () => playback.before(false),
      PageDown: () => playback.after(),
      PageUp: () => playback.before(),
      Home: () => playback.go(0),
      End: () => playback.go(this.end),
    }[e.key];
    if (!act) return;
    e.preventDefault();
    act();
  }

  async share() {
    const url = new URL(location.href);
    url.hash = toHash(this.t, this.place);
    this.say((await copy(url.href)) ? "link copied" : "copying is not allowed here");
  }

  render() {
    if (this.message) return html`<p class="message" role="alert">${this.message}</p><slot></slot>`;
    if (!this.scale) return html`<div class="pw empty"></div><div class="words"><slot></slot></div>`;
    const { stories, moments: all, i, t, playing, pace } = this;
    const names = stories.map(({ title }) => title);
    const words = momentWords(all[i], names);
    const title = names.length > 1 ? "Two stories on one clock" : names[0];
    const label = `Timeline: ${names.join(", ")}`;
    const told = this.veiled ? all.filter(({ at }) => at <= this.reached) : all;
    return html`<div class="pw" role="region" aria-label=${label} @keydown=${(e) => this.key(e)}>
      <header><h2>${title}</h2><span class="of">${headline(stories[0])}</span>${this.asking()}</header>
      ${stories.map((story, key) => this.picture(story, key))}
      <p class="looked" role="status">${this.lookedWords()}</p>
      ${bar({ scale: this.scale, end: this.end, told, t, playing, pace, words }, this.acts)}
      ${now({ t, moment: all[i], stories, sent: this.sending.name }, (k, p) => this.sending.send(k, p))}
      <slot name="walk"></slot>
      ${guard([stories], () => this.legend())}
      <details @toggle=${(e) => this.unfold(e)}><summary>All that happens, as words</summary>
        ${this.listed ? list(told, stories, all[i], (at) => this.playback.go(at)) : nothing}</details>
      <footer>${this.linkButton()}<span role="status">${this.note}</span></footer>
      <p class="hidden" role="status">${playing || this.sliding ? nothing : words}</p>
    </div><div class="words"><slot></slot></div>`;
  }

  legend() {
    return legend(
      this.letters,
      this.stories.some(({ messages }) => messages.some(({ lost }) => lost)),
    );
  }

  /** In place of what comes, while a question asks for it. */
  asking() {
    if (!this.veiled) return nothing;
    return html`<p class="asking">What comes next? Play it, <a href="#${this.veiled}">guess first</a>, or
      <button type="button" class="send" @click=${this.unveil}>show me</button></p>`;
  }

  linkButton() {
    if (this.hasAttribute("unlinked")) return nothing;
    return html`<button type="button" class="send" @click=${() => this.share()}
      >${icon("link")} Copy a link to this moment</button>`;
  }

  /** @param {Event} e */
  unfold({ target }) {
    this.listed ||= /** @type {HTMLDetailsElement} */ (target).open;
  }

  lookedWords() {
    const { looked } = this;
    if (looked && "line" in looked) return stayWords(looked);
    for (const story of this.stories) {
      const message = story.messages.find((each) => each === looked);
      if (message) return messageWords(message, lanesOf(story));
    }
    return HINT;
  }

  /**
   * Give the lines of a node room for their words, or take it back.
   * @param {number} key @param {string} node
   */
  fold(key, node) {
    const open = new Set(this.unfolded.get(key));
    if (!open.delete(node)) open.add(node);
    this.unfolded.set(key, open);
    this.lay();
    this.requestUpdate();
  }

  /** @param {Story} story @param {number} key */
  picture(story, key) {
    const of = this.pictures[key];
    const looked = story.messages.find((each) => each === this.looked) ?? null;
    const acts = {
      go: (at) => this.playback.go(at),
      look: (message) => {
        this.looked = message;
      },
      press: (e) => this.press(e, of),
      settle: this.acts.settle,
      fold: (node) => this.fold(key, node),
    };
    const upTo = this.veiled ? this.reached : Number.POSITIVE_INFINITY;
    const drawn = picture({ story, picture: of, letters: this.letters, looked, key, upTo }, acts);
    const title = this.stories.length > 1 ? html`<h3 class="whose">${story.title}</h3>` : nothing;
    return html`${title}${drawn}`;
  }
}
