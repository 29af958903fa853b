/** The module that a page with a tool loads; it needs nothing of the player. */

import { WalkChoose } from "./choose.js";
import { WalkMtu } from "./mtu.js";

if (!customElements.get("walk-mtu")) customElements.define("walk-mtu", WalkMtu);
if (!customElements.get("walk-choose")) customElements.define("walk-choose", WalkChoose);
