/**
 * <packetwalk-stories>: many stories of one page, told one at a time by the timeline within; a link
 * `#story=NAME` opens one.
 */
import { parsePage } from "../data/store.js";
import { unpackIfPacked } from "../data/unpack.js";
import { storyOf } from "./link.js";

/** @import { Story } from "./types.js" */

export class PacketwalkStories extends HTMLElement {
  connectedCallback() {
    addEventListener("hashchange", this.followHash);
    if (!this.stories) this.read();
    this.followHash();
  }

  disconnectedCallback() {
    removeEventListener("hashchange", this.followHash);
  }

  /** Read what the page carries, and offer it. */
  read() {
    const text = this.querySelector("script.walk")?.textContent ?? "{}";
    const page = unpackIfPacked(parsePage(text, document.querySelector("script.walks")?.textContent));
    /** By name. @type {Map<string, Story>} */
    this.stories = new Map(page.stories.map((story) => [story.name, story]));
    this.timeline = /** @type {import("./element.js").PacketwalkTimeline} */ (
      this.querySelector("packetwalk-timeline")
    );
    const label = document.createElement("label");
    this.choice = document.createElement("select");
    this.choice.append(
      ...[...this.stories.values()].map(
        ({ name, title, plugin, mode }) => new Option(`${plugin} ${mode}: ${title}`, name),
      ),
    );
    this.choice.addEventListener("change", () => {
      history.replaceState(null, "", `#story=${this.choice.value}`);
      this.tell(this.choice.value);
    });
    label.append("Story ", this.choice);
    this.prepend(label);
    this.tell(this.choice.value);
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
