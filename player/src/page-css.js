/** What a page needs before the module has come: the colours, and the room the player will take. */
import { properties } from "./colours.js";

/** Heights of a finished player, in px, for a narrow and a wide column. */
const NARROW = 2175;
const WIDE = 1395;
/** What two walks beside the first add. */
const NARROW_BESIDE = 1990;
const WIDE_BESIDE = 800;
/** What the story of a fault adds. */
const NARROW_STORY = 120;
const WIDE_STORY = 56;
/** Heights of a timeline of three nodes, and of two on one clock. */
const TIMELINE = { narrow: 2080, wide: 1300 };
const TIMELINES = { narrow: 3700, wide: 2420 };

const rooms = (player, beside, story) => `packet-walk{--pw-player:${player}px}
packet-walk[with]{--pw-beside:${beside}px}
packet-walk[fault]:not([plugin=linux]){--pw-story:${story}px}`;
const timelines = (size) => `packetwalk-timeline{--pw-height:${TIMELINE[size]}px}
packetwalk-timeline[beside]{--pw-height:${TIMELINES[size]}px}`;

export function pageCss() {
  return `/* Made by player/build.mjs from player/src/colours.js and page-css.js. */
:root{${properties("light")}}
html[data-theme=dark]{${properties("dark")}}
@media (prefers-color-scheme:dark){html:not([data-theme=light],[data-theme=dark]){${properties("dark")}}}
:is(packet-walk,packetwalk-timeline){display:block;margin:1.5rem 0}
packetwalk-stories{display:block;margin:1.5rem 0}
packetwalk-stories select{max-width:100%;min-height:44px;font:inherit}
packet-walk{--pw-height:calc(var(--pw-player) + var(--pw-beside, 0px) + var(--pw-story, 0px))}
${rooms(NARROW, NARROW_BESIDE, NARROW_STORY)}
${timelines("narrow")}
@media (min-width:610px){
${rooms(WIDE, WIDE_BESIDE, WIDE_STORY)}
${timelines("wide")}
}
@media (scripting:enabled) and (not print){
:is(packet-walk,packetwalk-timeline):not(:defined,[plain]){
height:var(--pw-height);overflow:hidden;visibility:hidden;content-visibility:hidden
}
}
`;
}
