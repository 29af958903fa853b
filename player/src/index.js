/** The module a page or a notebook loads. */
import { PacketWalk } from "./element.js";
import { render } from "./anywidget.js";

if (!customElements.get("packet-walk")) customElements.define("packet-walk", PacketWalk);

export default { render };
