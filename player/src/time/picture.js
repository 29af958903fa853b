/** The picture of one story: lanes, messages between them, table lines, pings; the cursor moves by itself. */
import { html, nothing, svg } from "lit";
import { guard } from "lit/directives/guard.js";
import { lanesOf, messageWords, probeShort, saying, spanWords } from "./words.js";

/** @import { Box, Picture, Point } from "./layout.js" */
/** @import { Message, Story } from "./types.js" */

/** Half of a badge's button, and the length of an arrow's head, in px. */
const BADGE = 12;
const HEAD = 7;
/** Half of a program's mark. */
const MARK = 5.5;
/** The least depth and length of a bar with words in it. */
const LETTERS = 12;
const WORDS = 40;

/**
 * @typedef {{
 *   story: Story, picture: Picture, letters: Map<string, string>, looked: Message|null, key: number,
 *   upTo: number,
 * }} Seen  `upTo`: the time after which all is hidden, or infinity
 * @typedef {{
 *   go(t: number): void, look(message: Message): void, press(e: PointerEvent): void,
 *   settle(): void, fold(node: string): void,
 * }} PictureActs
 */

/** Each part is made anew only when what it shows is another. @param {Seen} seen @param {PictureActs} act */
export function picture(seen, act) {
  const { story, picture: of, key, upTo, looked } = seen;
  const size = of.tall ? `height:${of.length}px` : `width:${of.length}px;height:${of.depth}px`;
  const lanes = () => [
    of.bands.map((band) => box(of, band.tables ? "lane tables-of" : "lane", spanning(of, band))),
    of.strips.map((strip) => stripe(of, strip)),
    of.bars.map((bar, k) => tableLine(of, bar, k)),
  ];
  const words = () => [
    of.times.map((each) => label(of, each.gap ? "time gap" : "time", each, 0)),
    of.states.map((mark) => state(of, mark)),
  ];
  const reached = of.deeds.filter(({ deed }) => deed.at <= upTo).length;
  const sent = of.arrows.filter(({ message }) => message.at <= upTo).length;
  return html`<div class="scroller ${of.tall ? "tall" : "wide"}" data-story=${key} tabindex="0" role="group"
      aria-label="Picture: ${story.title}">
    ${guard([of], () => names(of, act))}
    <div class="plot" style=${size} @pointerdown=${act.press} @pointermove=${act.press}
      @pointerup=${act.settle} @pointerleave=${act.settle}>
      ${guard([of], lanes)}${guard([of, looked], () => lines(seen))}${guard([of], words)}
      ${guard([of, reached], () => of.deeds.map((deed) => flag(of, deed, upTo)))}
      ${guard([of, looked, sent], () => badges(seen, act))}
      ${Number.isFinite(upTo) ? html`<div class="veil"></div>` : nothing}
      <div class="cursor"></div>
    </div>
  </div>`;
}

const round = (n) => Math.round(n * 10) / 10;

/** A corner's place, by margins: a box that is positioned would cost the browser a layer of its own. */
const corner = (x, y) => `margin:${y}px 0 0 ${x}px`;

/** A box's place. @param {Picture} of @param {Box} at */
function place({ tall }, { along, across, length, depth }) {
  const [x, y, w, h] = (tall ? [across, along, depth, length] : [along, across, length, depth]).map(round);
  return `${corner(x, y)};width:${w}px;height:${h}px`;
}

/** @param {Picture} of @param {Point} at */
const point = ({ tall }, { along, across }) => (tall ? [across, along] : [along, across]).map(round);
const step = (of, along, across) => point(of, { along, across });

const box = (of, kind, at, words = "", title = "", number = nothing) =>
  html`<div class=${kind} style=${place(of, at)} title=${title || nothing} data-k=${number}>
    <span class="text">${words}</span></div>`;

/** A table's line as long as it stands; one that is too small for words says them when it is pressed. */
function tableLine(of, bar, k) {
  const { line, by } = bar.stay;
  const words = bar.depth < LETTERS || bar.length < WORDS ? "" : line;
  return box(of, words ? "bar says" : "bar", bar, words, `${line}, by ${by}`, k);
}

/** A lane's band, to the end of its story. */
const spanning = ({ end }, { start, size }) => ({ along: 0, length: end, across: start, depth: size });

/** Whose lane it is: beside a wide picture, above a tall one. @param {Picture} of @param {PictureActs} act */
function names(of, act) {
  const at = ({ start, size }) =>
    of.tall
      ? `left:${round(start)}px;width:${round(size)}px`
      : `top:${round(start)}px;height:${round(size)}px`;
  const node = (band, k) => {
    if (of.bands[k - 1]?.node === band.node) return nothing;
    const own = of.bands.filter((each) => each.node === band.node);
    const size = own.at(-1).start + own.at(-1).size - band.start;
    return html`<b class="node" style=${at({ start: band.start, size })}>${band.node}</b>`;
  };
  const program = (band) =>
    html`<span class="program" style=${at(band)}>${band.folds ? folding(band, act) : band.program}</span>`;
  const called = (probe) => (of.tall ? (probe.kind ?? "ping") : probeShort(probe));
  const strip = (each) => html`<span class="pings" style=${at(each)}>${called(each.probe)}</span>`;
  return html`<div class="names" style=${of.tall ? nothing : `height:${of.depth}px`}>
    ${of.bands.map((band, k) => [node(band, k), program(band)])}
    ${of.strips.map(strip)}</div>`;
}

/** Gives all lines of a node room for their words, or takes it back. */
const folding = ({ node, program, rows, open }, act) =>
  html`<button type="button" class="fold" aria-expanded=${open} @click=${() => act.fold(node)}
    >${program}<br />${open ? "fold" : "read"} ${rows} lines</button>`;

/** The pings of a probe: answered or lost by colour, pattern and words; a tick for each that has room. */
function stripe(of, { probe, start, size, spans, sent }) {
  const segment = ({ span, ...at }) => {
    const words = spanWords(span, probe.every);
    return box(of, `span ${span.answered ? "answered" : "unanswered"}`, at, words, `${words}. ${span.what}`);
  };
  const ticks = sent.flatMap((along) =>
    [start + 1, start + size - 5].map(
      (across) => `M${step(of, along, across)}L${step(of, along, across + 4)}`,
    ),
  );
  return html`${spans.map(segment)}<svg class="ticks" aria-hidden="true" style=${place(of, whole(of))}
    ><path d=${ticks.join("")} /></svg>`;
}

const whole = ({ length, depth }) => ({ along: 0, across: 0, length, depth });

/** What is drawn in lines: the axis with its tenfold marks, programs, poles of flags, messages. */
function lines({ picture: of, looked }) {
  const across = (along, from, to) => `M${step(of, along, from)}L${step(of, along, to)}`;
  const { axis, length, depth, end } = of;
  const events = of.events.map((along) => across(along, axis - 4, axis + 3)).join("");
  const decades = of.decades.map((along) => across(along, axis - 2, axis)).join("");
  const thread = ({ middle }) => `M${step(of, 0, middle)}L${step(of, end, middle)}`;
  const programs = of.bands.filter(({ tables }) => !tables).map(thread);
  return html`<svg class="lines" aria-hidden="true" style=${place(of, { ...whole(of), depth })}>
    <path class="axis" d="M${step(of, 0, axis)}L${step(of, length, axis)}${events}" />
    <path class="decades" d=${decades} />
    <path class="programs" d=${programs.join("")} />
    <path class="marks" d=${of.states.map(({ at }) => diamond(point(of, at))).join("")} />
    <path class="poles" d=${of.deeds.map((deed) => across(deed.at, deed.from, deed.reach)).join("")} />
    ${of.arrows.map((each) => arrow(of, each, each.message === looked))}
  </svg>`;
}

const diamond = (/** @type {number[]} */ [x, y]) =>
  `M${x - MARK} ${y}l${MARK} ${-MARK}l${MARK} ${MARK}l${-MARK} ${MARK}Z`;

/** A message on its way; one that is lost ends half-way, at a cross. */
function arrow(of, { message, from, to }, looked) {
  const [a, b] = [point(of, from), point(of, to)];
  const end = message.lost ? a.map((c, k) => (c + b[k]) / 2) : b;
  const length = Math.hypot(end[0] - a[0], end[1] - a[1]) || 1;
  const [dx, dy] = [(end[0] - a[0]) / length, (end[1] - a[1]) / length];
  const [tx, ty] = [end[0] - dx * HEAD, end[1] - dy * HEAD];
  const head = message.lost
    ? `M${end[0] - 4} ${end[1] - 4}l8 8m0-8l-8 8`
    : `M${end}L${tx - dy * 3.5} ${ty + dx * 3.5}L${tx + dy * 3.5} ${ty - dx * 3.5}Z`;
  const kind = `arrow${message.lost ? " lost" : ""}${looked ? " looked" : ""}`;
  return svg`<g class=${kind}><path d="M${a}L${end}" /><path class="head" d=${head} /></g>`;
}

/** Words at a place of the picture, as wide as they were reckoned. */
function label(of, kind, { start, end, text }, across) {
  const at = { along: start, length: end - start, across, depth: 14 };
  return box(of, kind, of.tall ? { ...at, depth: of.axis - 6 } : at, text);
}

/** What a program says of itself. */
function state(of, { what, at, label: words }) {
  const [x, y] = point(of, at);
  return html`<i class="said" style=${corner(x - MARK, y - MARK)} title=${what}></i>
    ${words ? label(of, "state", words, at.across - 8) : nothing}`;
}

/** What somebody does: a flag. */
function flag(of, deed, upTo) {
  const tall = {
    along: deed.start,
    length: deed.end - deed.start,
    across: of.axis + 6,
    depth: deed.reach - of.axis - 6,
  };
  const wide = { along: deed.start, length: deed.end - deed.start, across: deed.from, depth: 16 };
  const kind = `flag${deed.back ? " back" : ""}${deed.deed.at <= upTo ? " reached" : ""}`;
  return box(of, kind, of.tall ? tall : wide, deed.text, deed.text);
}

/** Each message's badge, a button with its letter: what it says is told when it has the focus. */
function badges({ story, picture: of, letters, looked, upTo }, act) {
  const sent = of.arrows.filter(({ message }) => message.at <= upTo);
  const lanes = lanesOf(story);
  const first = sent.find(({ message }) => message === looked) ?? sent[0];
  return html`<div class="badges" role="group" aria-label="Messages, left and right to go through them"
      @keydown=${neighbour}>
    ${sent.map((each) => {
      const on = each.message === looked;
      return guard([of, on, each === first], () => badge(each, on, each === first));
    })}
  </div>`;

  /** @param {import("./layout.js").Arrow} arrow @param {boolean} on @param {boolean} tabbed */
  function badge({ message, from }, on, tabbed) {
    const [x, y] = point(of, from);
    const letter = letters.get(message.kind);
    const words = messageWords(message, lanes);
    const named = letter.length === 1; // of two letters what is seen is to be heard, as a word of its own
    const kind = `badge${named ? "" : " two"}${message.lost ? " lost" : ""}${on ? " looked" : ""}`;
    return html`<button type="button" style=${corner(x - BADGE, y - BADGE)}
      tabindex=${tabbed ? 0 : -1} title=${saying(message)} aria-label=${named ? words : `${letter}: ${words}`}
      @focus=${() => act.look(message)} @click=${() => act.go(message.at)}
      ><b class=${kind}>${letter}</b></button>`;
  }
}

/** Among the badges the arrow keys move the focus. @param {KeyboardEvent} e */
function neighbour(e) {
  const way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[e.key];
  const here = /** @type {HTMLElement} */ (e.target);
  if (!way) return;
  e.preventDefault();
  e.stopPropagation();
  const all = [.../** @type {HTMLElement} */ (e.currentTarget).querySelectorAll("button")];
  all[all.indexOf(/** @type {any} */ (here)) + way]?.focus();
}

/** What letters and signs mean. @param {Map<string, string>} letters @param {boolean} lost */
export function legend(letters, lost) {
  const badge = (letter) => html`<b class="badge${letter.length > 1 ? " two" : ""}">${letter}</b>`;
  const kinds = [...letters].map(([kind, letter]) => html`<li>${badge(letter)} ${kind}</li>`);
  const sign = html`<li><b class="badge lost">✕</b> a message that is lost</li>`;
  return html`<ul class="legend">${kinds}${lost ? sign : nothing}
    <li><i class="mark"></i> a program's state</li><li><i class="bar"></i> a line in a table</li>
    <li class="scale">Between two events the time is logarithmic: small marks stand 1, 10, 100 ms, 1, 10 and
    100 s after the earlier one. A time in italics is how long it is from one event to the next.</li></ul>`;
}
