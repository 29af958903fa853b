/** The style sheets of the timeline, in order: what it shares with the walk's player, then its own. */
import { properties } from "../colours.js";
import { base, controls } from "../styles/common.js";
import own from "../styles/timeline.css";

const colours = `:host{${properties("light")}}:host([theme=dark]){${properties("dark")}}`;

export const styles = [colours, base, controls, own].join("");
