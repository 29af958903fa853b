/** The module a page or a notebook loads. */

import { render } from "./anywidget.js";
import { PacketWalk } from "./player/element.js";
import { WalkAsk } from "./questions/ask.js";

if (!customElements.get("packet-walk")) customElements.define("packet-walk", PacketWalk);
if (!customElements.get("walk-ask")) customElements.define("walk-ask", WalkAsk);

export * from "./shared.js";
export default { render };
