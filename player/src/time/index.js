/** The module that a page with a timeline loads, and a notebook. */
import { PacketwalkTimeline } from "./element.js";
import { render } from "./notebook.js";
import { PacketwalkStories } from "./stories.js";

if (!customElements.get("packetwalk-timeline"))
  customElements.define("packetwalk-timeline", PacketwalkTimeline);
if (!customElements.get("packetwalk-stories")) customElements.define("packetwalk-stories", PacketwalkStories);

export default { render };
