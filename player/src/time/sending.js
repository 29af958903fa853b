/** The packet that is sent at the chosen moment, in the walk's player, which follows the moments. */
import { spanAt } from "./state.js";

/** @import { PacketwalkTimeline } from "./element.js" */
/** @import { PacketWalk } from "../player/element.js" */

const FAILED = "The walk's player could not be loaded.";

export class Sending {
  /** @param {PacketwalkTimeline} timeline */
  constructor(timeline) {
    this.timeline = timeline;
    /** Whose packet is shown: story and probe. @type {[number, number]|null} */
    this.of = null;
    /** @type {PacketWalk|null} */
    this.player = null;
  }

  /** Whose packet is shown, as a name. */
  get name() {
    return this.of ? this.of.join("/") : "";
  }

  /** The walk of the chosen moment. */
  get walk() {
    const [story, probe] = this.of ?? [0, 0];
    const { stories, t } = this.timeline;
    return this.of ? (spanAt(stories[story].probes[probe], t)?.walk ?? null) : null;
  }

  /** Send a packet, or put it away. @param {number} story @param {number} probe */
  async send(story, probe) {
    const again = this.name === `${story}/${probe}`;
    this.of = again ? null : [story, probe];
    this.timeline.requestUpdate();
    if (again) return this.follow();
    try {
      await this.timeline.loadPlayer();
    } catch {
      this.of = null;
      this.timeline.say(FAILED);
      return;
    }
    this.follow();
    this.player?.scrollIntoView({ block: "nearest" });
  }

  /** Show what a packet meets now; nothing where that is not known. */
  follow() {
    const { walk } = this;
    if (!walk || !customElements.get("packet-walk")) {
      this.player?.remove();
      this.player = null;
      return;
    }
    if (!this.player) {
      this.player = /** @type {PacketWalk} */ (document.createElement("packet-walk"));
      this.player.slot = "walk";
      this.player.toggleAttribute("unlinked", true);
      this.timeline.append(this.player);
    }
    if (this.player.walk !== walk) this.player.walk = walk;
  }
}
