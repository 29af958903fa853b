/** The module a page or a notebook loads. */

import { render } from "./anywidget.js";
import { PacketWalk } from "./player/element.js";

if (!customElements.get("packet-walk")) customElements.define("packet-walk", PacketWalk);

export default { render };
