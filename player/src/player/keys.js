/** The keys of the player: space, left and right, home and end. */
/** @import { PacketWalk } from "./element.js" */

const OWN = "input:not([type=range]), select, textarea, [role=tree], .hex, walk-ask, a";

/** @param {KeyboardEvent} e @param {PacketWalk} player */
export function playerKey(e, player) {
  if (e.altKey || e.ctrlKey || e.metaKey || e.defaultPrevented || !(e.target instanceof Element)) return;
  if (e.target.closest(OWN)) return;
  if (e.key === " " && e.target.closest("button")) return;
  const act = {
    " ": () => player.playback.toggle(),
    ArrowRight: () => player.playback.go(player.i + 1),
    ArrowLeft: () => player.playback.go(player.i - 1),
    Home: () => player.playback.go(0),
    End: () => player.playback.go(player.playback.end),
  }[e.key];
  if (!act) return;
  e.preventDefault();
  act();
}
