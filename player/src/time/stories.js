/**
 * <packetwalk-stories>: many stories of one page, told one at a time by the timeline within; a link
 * `#story=NAME` opens one.
 */
import { parsePage } from "../data/store.js";
import { unpackIfPacked } from "../data/unpack.js";
import { storyOf } from "./link.js";
import { byName, named } from "./shelf.js";

/** @import { Story } from "./types.js" */

export class PacketwalkStories extends HTMLElement {
  connectedCallback() {
    addEventListener("hashchange", this.followHash);
    if (this.stories) return;
    this.timeline = /** @type {import("./element.js").PacketwalkTimeline} */ (
      this.querySelector("packetwalk-timeline")
    );
    /** By name. @type {Map<string, Story>} */
    this.stories = new Map();
    const failed = (error) => {
      this.timeline.message = `These stories cannot be shown: ${error.message}.`;
      this.timeline.requestUpdate();
    };
    this.read()
      .then((stories) => this.offer(stories))
      .catch(failed);
  }

  disconnectedCallback() {
    removeEventListener("hashchange", this.followHash);
  }

  /** What the page carries, or a file of the site. @returns {Promise<Story[]>} */
  async read() {
    if (this.dataset.stories) return named(this);
    const text = this.querySelector("script.walk")?.textContent ?? "{}";
    return unpackIfPacked(parsePage(text, document.querySelector("script.walks")?.textContent)).stories;
  }

  /** @param {Story[]} stories */
  offer(stories) {
    this.stories = byName(stories);
    const label = document.createElement("label");
    this.choice = document.createElement("select");
    this.choice.append(
      ...stories.map(({ name, title, plugin, mode }) => new Option(`${plugin} ${mode}: ${title}`, name)),
    );
    this.choice.addEventListener("change", () => {
      history.replaceState(null, "", `#story=${this.choice.value}`);
      this.tell(this.choice.value);
    });
    label.append("Story ", this.choice);
    this.prepend(label);
    this.tell(this.choice.value);
    this.followHash();
  }

  /** @param {string} name */
  tell(name) {
    const story = this.stories.get(name);
    if (!story || !this.timeline) return;
    this.choice.value = name;
    this.timeline.given = { stories: [story] };
  }

  followHash = () => {
    const name = storyOf(location.hash);
    if (!name || !this.stories.has(name)) return;
    this.tell(name);
    this.scrollIntoView({ block: "start" });
  };
}
