/** The module that a page with a timeline loads. */
import { PacketwalkTimeline } from "./element.js";
import { PacketwalkStories } from "./stories.js";

if (!customElements.get("packetwalk-timeline"))
  customElements.define("packetwalk-timeline", PacketwalkTimeline);
if (!customElements.get("packetwalk-stories")) customElements.define("packetwalk-stories", PacketwalkStories);
