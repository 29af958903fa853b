/** Nothing is read or drawn before the player comes near the screen; what leaves it stands still. */
/** @import { PacketWalk } from "./element.js" */

const NEAR = "300px";

export class Sight {
  /** @param {PacketWalk} player */
  constructor(player) {
    this.player = player;
    player.addController(this);
  }

  hostConnected() {
    const look = (entries) => {
      if (entries.at(-1).isIntersecting) this.wake();
      else this.player.playback.pause();
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
    if (this.player.seen) return;
    this.player.seen = true;
    this.measure();
    this.player.opening.begin();
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
