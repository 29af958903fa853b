/** The keys of the player: space, left and right, home and end. */
/** @import { PacketWalk } from "./element.js" */

const OWN = "input:not([type=range]), select, textarea, [role=tree], .hex, a";

/** @param {KeyboardEvent} e @param {PacketWalk} player */
export function playerKey(e, player) {
  if (e.altKey || e.ctrlKey || e.metaKey || e.defaultPrevented || !(e.target instanceof Element)) return;
  if (e.target.closest(OWN)) return;
  if (e.key === " " && e.target.closest("button")) return;
  const end = player.line.moments.length - 1;
  const act = {
    " ": () => player.toggle(),
    ArrowRight: () => player.go(player.i + 1),
    ArrowLeft: () => player.go(player.i - 1),
    Home: () => player.go(0),
    End: () => player.go(end),
  }[e.key];
  if (!act) return;
  e.preventDefault();
  act();
}
