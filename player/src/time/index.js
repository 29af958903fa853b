/** The module that a page with a timeline loads, and a notebook. */
import { PacketwalkTimeline } from "./element.js";
import { render } from "./notebook.js";

if (!customElements.get("packetwalk-timeline"))
  customElements.define("packetwalk-timeline", PacketwalkTimeline);

export default { render };
