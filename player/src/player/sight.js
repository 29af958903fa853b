/** Nothing is read or drawn before the player comes near the screen; what leaves it stands still. */
import { nextTask } from "./tasks.js";

/** @import { PacketWalk } from "./element.js" */

const NEAR = "300px";
/** What is brought into view keeps this far from the edge of the screen. */
const EDGE = 26;

export class Sight {
  /** @param {PacketWalk} player */
  constructor(player) {
    this.player = player;
    player.addController(this);
  }

  hostConnected() {
    const look = (entries) => {
      if (!entries.at(-1).isIntersecting) this.player.playback.pause();
      else if (!this.player.seen) nextTask().then(() => this.wake());
    };
    this.near = new IntersectionObserver(look, { rootMargin: NEAR });
    this.near.observe(this.player);
    if (this.player.seen) this.measure();
  }

  hostDisconnected() {
    this.near.disconnect();
    this.room?.disconnect();
  }

  wake() {
    if (this.player.seen || !this.player.isConnected) return;
    this.player.seen = true;
    this.measure();
    this.player.opening.begin();
  }

  /**
   * Bring the picture and its controls into view, and where they are taller than the screen, the packet.
   * @param {boolean} whole  the picture too, not only a packet that has left the screen
   */
  follow(whole) {
    const { drawing } = this.player;
    const controls = drawing.part(".controls")?.getBoundingClientRect();
    const stage = drawing.part(".stage")?.getBoundingClientRect();
    const packet = drawing.part(".parcel")?.getBoundingClientRect();
    if (!controls || !packet) return;
    const room = innerHeight - controls.height;
    const fits = stage.height < room;
    const out = fits
      ? whole && (stage.top < 0 || stage.bottom > room)
      : packet.top < EDGE || packet.bottom > room - EDGE;
    if (out) scrollBy({ top: fits ? stage.top - EDGE : packet.top - room / 3, behavior: "smooth" });
  }

  /** Know the player's width, now and whenever it changes. */
  measure() {
    const { player } = this;
    this.room = new ResizeObserver(([entry]) => {
      player.width = Math.round(entry.contentRect.width);
    });
    this.room.observe(player);
    player.width = Math.round(player.getBoundingClientRect().width);
  }
}
