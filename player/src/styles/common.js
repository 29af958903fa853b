/** The style sheets that the player and a timeline both wear. */
export { default as base } from "./base.css";
export { default as controls } from "./controls.css";
