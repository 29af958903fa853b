/** <walk-ask>: asks, listens and answers; what is right is in the page, computed from walks. */
import { html, LitElement, nothing, unsafeCSS } from "lit";
import { icon } from "../draw/icons.js";
import { whenIdle } from "../player/tasks.js";
import css from "../styles/ask.css";
import { field } from "./fields.js";
import { answerOf, complete, isRight, nothingGiven, proof, several, toggle } from "./judge.js";
import { keep, kept, nameOf } from "./kept.js";
import { playerOf, show, showMoment, timelineOf } from "./stage.js";

/** @import { Given, Part, Proof } from "./judge.js" */
/** @import { Verdict } from "./kept.js" */

const HINTS = { order: "Press them in order.", choice: "Choose all that hold." };
const NO_DEVICE = ", on no device"; // as an option says it (packetwalk/widgets/questions/parts.py)
const WORDS = { right: "Right", shown: "The answer" };

/** @typedef {{part: Part, given: Given, verdict: Verdict|null}} Answer */

export class WalkAsk extends LitElement {
  static styles = unsafeCSS(css);
  static properties = { answers: { state: true } };

  constructor() {
    super();
    /** @type {Answer[]} */
    this.answers = [];
    /** Whether a player asks: then nothing is kept, and it is told what was answered. */
    this.alone = false;
  }

  /** The one thing that a player asks. @param {Part} part */
  set asked(part) {
    this.alone = true;
    if (this.answers[0]?.part.label !== part.label || this.answers[0].part.steps[0].at !== part.steps[0].at)
      this.answers = [{ part, given: nothingGiven(part), verdict: null }];
  }

  connectedCallback() {
    super.connectedCallback();
    document.addEventListener("walk-place", this.listen);
    if (this.answers.length) return;
    /** @type {Part[]} */
    const parts = JSON.parse(this.querySelector("script")?.textContent ?? "[]");
    this.answers = parts.map((part) => ({
      part,
      given: nothingGiven(part),
      verdict: kept(nameOf(part.label)),
    }));
    if (this.answers.every((each) => each.verdict)) this.tell(false);
    else if (this.closest(".predict")) {
      this.eachPlayer((player) => player.veil(this.box.id));
      for (const timeline of this.timelines) timeline.setAttribute("veiled", this.box.id);
    }
  }

  /** A place pressed in the picture of a walk is an answer to who asks for one. @param {Event} e */
  listen = (e) => {
    const { detail, target } = /** @type {CustomEvent<string[]>} */ (e);
    const k = this.answers.findIndex(
      ({ part, verdict }) =>
        part.kind === "place" && !verdict && playerOf(part.steps[part.shows].walk ?? "") === target,
    );
    if (k < 0) return;
    const { options, right } = this.answers[k].part;
    const here = options.flatMap((option, at) => (detail.includes(option.replace(NO_DEVICE, "")) ? at : []));
    const given = here
      .filter((at) => right[0] === at)
      .concat(here)
      .slice(0, 1); // several share a place in the picture
    this.change(k, { given });
    this.box.scrollIntoView({ block: "nearest" });
  };

  /** Many boxes of a page are not built at once, but each when the page has nothing else to do. */
  async scheduleUpdate() {
    if (!this.hasUpdated && !this.alone) await new Promise((resolve) => whenIdle(() => resolve(null)));
    super.scheduleUpdate();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    document.removeEventListener("walk-place", this.listen);
  }

  /** The box in which the question stands. */
  get box() {
    return this.closest(".admonition") ?? this.parentElement;
  }

  /** Players on the page whose walk is asked about. */
  eachPlayer(act) {
    const walks = this.answers.flatMap(({ part }) => part.steps?.map((s) => s.walk) ?? []);
    for (const player of new Set(walks.map((walk) => walk && playerOf(walk)))) if (player) act(player);
  }

  /** The timelines of the page of which moments are asked about. */
  get timelines() {
    const names = this.answers.flatMap(
      ({ part }) => part.steps?.flatMap((step) => step.timeline ?? []) ?? [],
    );
    return [...new Set(names)].map(timelineOf).filter((found) => found !== null);
  }

  /** Hide the end no longer. */
  unveil() {
    this.eachPlayer((player) => player.unveil());
    for (const timeline of this.timelines) timeline.removeAttribute("veiled");
  }

  /** The prose behind the question, and the walk, may be read now. */
  tell(open = true) {
    const prose = this.box.querySelector("details.answer");
    prose?.classList.add("told");
    if (prose && open) /** @type {HTMLDetailsElement} */ (prose).open = true;
    this.unveil();
  }

  /** @param {number} k @param {Partial<Answer>} change */
  change(k, change) {
    this.answers = this.answers.map((each, at) => (at === k ? { ...each, ...change } : each));
  }

  /** @param {number} k @param {Verdict} verdict */
  settle(k, verdict) {
    const { part, given } = this.answers[k];
    this.change(k, { verdict });
    if (this.alone) {
      this.dispatchEvent(new CustomEvent("walk-answer", { detail: verdict }));
      return;
    }
    keep(nameOf(part.label), verdict);
    const all = this.answers.every((each) => each.verdict && each.verdict !== "wrong");
    if (all || verdict === "shown") this.tell();
    else this.unveil();
    const step = proof(part, verdict === "wrong" ? given : undefined);
    if (step && verdict !== "right") show(step, this.box, false);
  }

  render() {
    const forms = this.answers.map((answer, k) => this.question(answer, k));
    return html`${forms}<div class="paper"><slot></slot></div>`;
  }

  /** @param {Answer} answer @param {number} k */
  question({ part, given, verdict }, k) {
    const act = {
      type: (text) => this.change(k, { given: text, verdict: null }),
      choose: (at) =>
        this.change(k, { given: toggle(part, /** @type {number[]} */ (given), at), verdict: null }),
    };
    const judge = (e) => {
      e.preventDefault();
      if (complete(part, given)) this.settle(k, isRight(part, given) ? "right" : "wrong");
    };
    const hint = several(part) ? html` <i>${HINTS[part.kind]}</i>` : nothing;
    const said = verdict ? this.said({ part, given, verdict }) : nothing;
    return html`<form @submit=${judge}>
      <fieldset><legend>${part.label}${hint}</legend>${field(part, given, act)}</fieldset>
      <p class="acts">
        <button type="submit" class="main" ?disabled=${!complete(part, given)}>Answer</button>
        <button type="button" @click=${() => this.settle(k, "shown")}>Show me</button></p>
      <div class="said ${verdict ?? ""}" role="status">${said}</div>
    </form>`;
  }

  /** @param {Answer} answer */
  said({ part, given, verdict }) {
    const wrong = verdict === "wrong";
    const step = proof(part, wrong ? given : undefined);
    const mark = verdict === "shown" ? nothing : icon(wrong ? "cross" : "check");
    const words = wrong ? html`<b>Not so.</b>` : html`<b>${WORDS[verdict]}:</b> ${answerOf(part)}`;
    return html`<p>${mark}${words}</p>${step ? this.proof(step) : nothing}`;
  }

  /** @param {Proof} step */
  proof(step) {
    const { at, where, why, line, walk, timeline } = step;
    const open = () => show(step, this.box, true);
    const see = (act, words) => html`<button type="button" @click=${act}>See it in the ${words}</button>`;
    const stated = `${timeline ? "In the timeline," : "No walk shows this;"} ${where}`;
    const place = at === undefined ? stated : `Step ${at + 1}, ${where}`;
    return html`<p>${place}: ${why}</p>
      ${line ? html`<p class="decides">${icon("right")}<code>${line}</code></p>` : nothing}
      ${walk ? see(open, "walk") : nothing}
      ${timeline ? see(() => showMoment(step), "timeline") : nothing}`;
  }
}
