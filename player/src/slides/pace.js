/** How one key goes through a walk: on to where something is decided next, back to where it was before. */

/**
 * @typedef {{
 *   i: number, playing: boolean, chapters: {at: number}[],
 *   playback: {end: number, goal: number, play(): void, go(i: number): void},
 * }} Walking
 */

/**
 * Play to the next decision; asked again while it plays, be there. False where there is no more.
 * @param {Walking|null} walk
 */
export function forward(walk) {
  if (!walk || walk.i >= walk.playback.end) return false;
  if (walk.playing) walk.playback.go(walk.playback.goal);
  else walk.playback.play();
  return true;
}

/** Go back to the decision before. False at the beginning. @param {Walking|null} walk */
export function back(walk) {
  if (!walk || walk.i === 0) return false;
  walk.playback.go(walk.chapters.findLast(({ at }) => at < walk.i)?.at ?? 0);
  return true;
}
