/** What a page needs before the module has come: the colours, and the room the player will take. */
import { properties } from "./colours.js";

/** Heights of a finished player, in px, for a narrow and a wide column. */
const NARROW = 2175;
const WIDE = 1395;
/** What two walks beside the first add. */
const NARROW_BESIDE = 1990;
const WIDE_BESIDE = 800;

export function pageCss() {
  return `/* Made by player/build.mjs from player/src/colours.js and page-css.js. */
:root{${properties("light")}}
html[data-theme=dark]{${properties("dark")}}
@media (prefers-color-scheme:dark){html:not([data-theme=light],[data-theme=dark]){${properties("dark")}}}
packet-walk{display:block;margin:1.5rem 0;--pw-height:${NARROW}px}
packet-walk[with]{--pw-height:${NARROW + NARROW_BESIDE}px}
@media (min-width:610px){
packet-walk{--pw-height:${WIDE}px}
packet-walk[with]{--pw-height:${WIDE + WIDE_BESIDE}px}
}
@media (scripting:enabled) and (not print){
packet-walk:not(:defined){height:var(--pw-height);overflow:hidden;visibility:hidden}
}
`;
}
