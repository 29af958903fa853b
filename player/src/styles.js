/** The style sheets of the player, in order: a later one may change what an earlier one says. */
import { layerRules, properties } from "./colours.js";
import base from "./styles/base.css";
import choices from "./styles/choices.css";
import columns from "./styles/columns.css";
import compare from "./styles/compare.css";
import controls from "./styles/controls.css";
import diagram from "./styles/diagram.css";
import differences from "./styles/differences.css";
import hex from "./styles/hex.css";
import meter from "./styles/meter.css";
import packet from "./styles/packet.css";
import print from "./styles/print.css";
import stage from "./styles/stage.css";
import steps from "./styles/steps.css";
import takeAway from "./styles/take-away.css";
import why from "./styles/why.css";

const colours = `:host{${properties("light")}}:host([theme=dark]){${properties("dark")}}${layerRules()}`;

export const styles = [
  colours,
  base,
  choices,
  stage,
  controls,
  columns,
  steps,
  why,
  packet,
  meter,
  hex,
  takeAway,
  diagram,
  compare,
  differences,
  print,
].join("");

/** What a picture of the diagram needs. */
export const pictureStyles = layerRules() + diagram;
