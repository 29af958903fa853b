/** What the player gives to a script beside it on a page, so that nothing is loaded twice (build.mjs). */

export { html, LitElement, nothing, svg, unsafeCSS } from "lit";
export { guard } from "lit/directives/guard.js";
export { properties } from "./colours.js";
export { file } from "./data/files.js";
export { parsePage } from "./data/store.js";
export { unpackIfPacked } from "./data/unpack.js";
export { Clock } from "./draw/clock.js";
export { icon } from "./draw/icons.js";
export { Scrubber } from "./draw/scrubber.js";
export { ThemeOf } from "./draw/theme.js";
export { copy } from "./export/download.js";
export { headline } from "./model/words.js";
export { tool } from "./panels/controls.js";
export { base, controls } from "./styles/common.js";
