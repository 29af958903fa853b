/** The module that a notebook with a timeline loads. */
import "./page.js";
import { render } from "./notebook.js";

export default { render };
