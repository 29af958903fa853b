/** The answer's lines, as they are. */
import { make } from "../tools/dom.js";

/**
 * @typedef {{script: string, reason: string}} Mending  all commands, and what speaks for them
 * @typedef {{verdict: string, lines: [string, string, string][], mend: Mending|null}} Diagnosis
 */

/** How a verdict looks. @type {Record<string, string>} */
const LOOKS = {
  reaches: "allowed",
  "does not reach": "denied",
  "does not fit": "unknown",
  "not known": "unknown",
};
/**
 * @param {HTMLElement} verdict @param {HTMLElement} list
 * @param {Diagnosis|null} found  null: nothing is asked
 */
export function tell(verdict, list, found) {
  verdict.className = "verdict";
  verdict.replaceChildren();
  list.replaceChildren();
  if (!found) return;
  const [[, , head], ...lines] = found.lines;
  const said = found.verdict[0].toUpperCase() + found.verdict.slice(1);
  verdict.classList.add(LOOKS[found.verdict]);
  verdict.replaceChildren(make("b", {}, said), `: ${head.slice(0, -`: ${found.verdict}`.length)}`);
  for (const [name, title, text] of lines) {
    const words =
      name === "mend" && found.mend ? mending(found.mend) : [name === "line" ? make("code", {}, text) : text];
    list.append(make("div", {}, make("dt", {}, title), make("dd", {}, ...words)));
  }
}

/** @param {Mending} mend */
const mending = ({ script, reason }) => [
  make("pre", { tabindex: "0", "aria-label": "Commands" }, script),
  make("p", {}, reason),
];
