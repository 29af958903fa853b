/** What the page loads that asks a recording, and a notebook. */
import { InKernel } from "./answerers.js";
import { WalkWhy } from "./element.js";

if (!customElements.get("walk-why")) customElements.define("walk-why", WalkWhy);

/** @param {{model: any, el: HTMLElement}} widget @returns {() => void} clean up */
function render({ model, el }) {
  const tool = /** @type {WalkWhy} */ (document.createElement("walk-why"));
  const data = document.createElement("script");
  data.type = "application/json";
  data.textContent = model.get("first");
  tool.append(data);
  tool.kernel = new InKernel(model);
  el.append(tool);
  return () => tool.remove();
}

export default { render };
