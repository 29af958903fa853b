/** What the playground's page loads; the editor and Python come when somebody edits. */
import { WalkPolicy } from "./element.js";

if (!customElements.get("walk-policy")) customElements.define("walk-policy", WalkPolicy);
