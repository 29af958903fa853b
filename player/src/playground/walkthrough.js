/** One packet in words: what decided in each direction, and why nothing before it did. */
import { make } from "../tools/dom.js";

/** @import { Ruling, Told, Wrong } from "./words.js" */

/** Reasons that are told one by one, and those that are shown without being asked for. */
const MOST = 40;
const FEW = 6;

/**
 * What is wrong in the text.
 * @param {HTMLElement} place @param {Wrong["wrong"]|null} wrong @param {(line: number) => void} go
 */
export function tellWrong(place, wrong, go) {
  const { line, said } = wrong ?? { line: null, said: "" };
  place.replaceChildren(...(line ? [lineButton(line, "Line", go), ` ${said}`] : [said]));
}

/**
 * @param {HTMLElement} verdict @param {HTMLElement} way  where the answer stands, and where its reasons do
 * @param {Told|Wrong|null} told  null: nothing was asked
 * @param {(line: number) => void} go  to a line of the text
 */
export function tell(verdict, way, told, go) {
  verdict.className = "verdict";
  verdict.replaceChildren();
  way.replaceChildren();
  if (told === null) return;
  if ("wrong" in told) {
    verdict.replaceChildren(told.wrong.said);
    return;
  }
  const allowed = told.verdict === "allow";
  verdict.className = `verdict ${allowed ? "allowed" : "denied"}`;
  verdict.replaceChildren(make("b", {}, allowed ? "Allowed" : "Denied"), `: ${told.asked}`);
  const nobody = make("li", {}, "Nobody judges it: it meets no endpoint with policies.");
  const rulings = told.rulings.map((each) => ruling(each, go));
  way.replaceChildren(...(rulings.length ? rulings : [nobody]));
}

/** @param {Ruling} each @param {(line: number) => void} go */
function ruling({ endpoint, direction, verdict, says, where, others }, go) {
  const allowed = verdict === "allow";
  const line = where ? [" ", lineButton(where, "line", go)] : [];
  return make(
    "li",
    { class: allowed ? "allowed" : "denied" },
    make("p", {}, make("b", {}, `${direction} of ${endpoint}: ${verdict}`)),
    make("p", {}, `Decided by ${says}`, ...line),
    ...(others.length ? [silent(others)] : []),
  );
}

/** @param {number} line @param {string} word @param {(line: number) => void} go */
function lineButton(line, word, go) {
  const button = make("button", { type: "button" }, `${word} ${line}`);
  button.addEventListener("click", () => go(line));
  return button;
}

/** What did not decide. @param {string[]} others */
function silent(others) {
  const items = others.slice(0, MOST).map((each) => make("li", {}, each));
  if (others.length > MOST) items.push(make("li", {}, `${others.length - MOST} more`));
  const open = others.length > FEW ? {} : { open: "" };
  const head = `What did not decide (${others.length})`;
  return make("details", open, make("summary", {}, head), make("ul", {}, ...items));
}
