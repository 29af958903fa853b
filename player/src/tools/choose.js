/** <walk-choose>: asks, and says which mode fits and why; the reasons are the page's. */
import { dataOf, make } from "./dom.js";
import { turns, weigh } from "./weigh.js";

/** @import { Data, Given, Reason, Weighed } from "./weigh.js" */

const LINK = /^#choose=([\w,-]+)$/;
const SIGNS = { plus: "+", if: "!", no: "−" };

export class WalkChoose extends HTMLElement {
  connectedCallback() {
    /** @type {Data} */
    this.data = dataOf(this);
    this.form = this.querySelector("form");
    this.form.addEventListener("change", () => this.show());
    addEventListener("hashchange", this.follow);
    this.follow();
    this.show();
  }

  disconnectedCallback() {
    removeEventListener("hashchange", this.follow);
  }

  /** A link may give the answers, in the order of the questions. */
  follow = () => {
    const answers = LINK.exec(location.hash)?.[1].split(",");
    if (!answers) return;
    for (const [k, { id }] of this.data.questions.entries()) {
      const group = /** @type {RadioNodeList} */ (this.form.elements.namedItem(id));
      if ([...group].some((each) => /** @type {HTMLInputElement} */ (each).value === answers[k]))
        group.value = answers[k];
    }
    this.show();
  };

  /** @returns {Given} */
  get given() {
    return Object.fromEntries(/** @type {any} */ (new FormData(this.form)));
  }

  show() {
    const { data, given } = this;
    const { fits, out } = weigh(data, given);
    const [best, ...others] = fits;
    this.querySelector(".told").replaceChildren(...headline(best));
    this.querySelector(".why").replaceChildren(
      reasons([...best.plus, ...best.if]),
      ...part("Also possible", firstOfEach(others).map(beside)),
      ...part("What would change it", turns(data, given).map(turn)),
      ...part("Ruled out", byReason(out)),
      make("p", {}, make("a", { href: this.link(given) }, "Link to these answers")),
    );
  }

  /** @param {Given} given */
  link = (given) => `#choose=${this.data.questions.map(({ id }) => given[id]).join(",")}`;
}

/** @param {Weighed} best */
function headline({ mode, if: conditions }) {
  const but = conditions.length
    ? `, on ${conditions.length} condition${conditions.length > 1 ? "s" : ""}`
    : "";
  const walk = make(
    "a",
    { class: "step", href: `#walk=${mode.key}/cross-node/icmp/56/0/0/none/0&el=1` },
    "Watch its walk",
  );
  return [make("strong", {}, mode.name), ` (${mode.title})${but}. `, walk];
}

/** @param {Reason} reason */
const because = ({ why, see }) => [`${why} `, make("a", { href: see }, "Evidence")];

/** @param {Reason[]} list */
function reasons(list) {
  if (!list.length) return make("p", {}, "Nothing speaks for it but that nothing speaks against it.");
  const condition = (reason) => (reason.is === "if" ? [make("i", {}, "On a condition. ")] : []);
  const item = (reason) =>
    make("li", { "data-sign": SIGNS[reason.is] }, ...condition(reason), ...because(reason));
  return make("ul", {}, ...list.map(item));
}

/** @param {string} title @param {(string|Node)[][]} items */
function part(title, items) {
  if (!items.length) return [];
  return [make("h3", {}, title), make("ul", {}, ...items.map((words) => make("li", {}, ...words)))];
}

/** The best of every plugin. @param {Weighed[]} fits */
const firstOfEach = (fits) =>
  fits.filter(({ mode }, k) => fits.findIndex((each) => each.mode.rank === mode.rank) === k);

/** Who is ruled out, reason by reason. @param {Weighed[]} out */
function byReason(out) {
  const reasons = [...new Set(out.map(({ no }) => no[0]))];
  const names = (reason) =>
    out.filter(({ no }) => no[0] === reason).map(({ mode }) => make("b", {}, mode.name));
  const listed = (found) => found.flatMap((name, k) => (k ? [", ", name] : [name]));
  return reasons.map((reason) => [...listed(names(reason)), ": ", ...because(reason)]);
}

/** @param {Weighed} each */
function beside({ mode, plus, if: conditions }) {
  const first = conditions[0] ?? plus[0];
  return [make("b", {}, mode.name), ...(first ? [": ", ...because(first)] : [])];
}

const turn = ({ question, answer, mode }) => [
  `${question.ask} `,
  make("i", {}, answer.say),
  ": ",
  make("b", {}, mode.name),
];
