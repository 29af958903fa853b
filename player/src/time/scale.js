/**
 * The scale of the time axis: 1 ms and 4 minutes in one picture. A pure function of the times.
 *
 * Between two events the axis is logarithmic, counted from the earlier one: 1 ms after it, 10 ms, 100 ms
 * ... are equally far apart. Each gap has a least width, and what is left is shared out by the
 * logarithms of the gaps, so that a longer gap is never narrower.
 *
 * @typedef {{
 *   times: number[], places: number[], length: number,
 *   place(t: number): number, time(px: number): number,
 * }} Scale  `places` are those of `times`; `time` is the inverse of `place`
 */

/** Pixels that a tenfold time has at the least: where there is no room for it, the axis grows. */
const LEAST_DECADE = 5;

const decades = (ms) => Math.log10(1 + ms);

/**
 * @param {number[]} times  in ms, ascending, each once, two or more
 * @param {number} room  pixels for all of it
 * @param {{least: number, extra?: number[]}} wanted  pixels of each gap at the least, of single ones beyond
 * @returns {Scale}
 */
export function scale(times, room, { least, extra = [] }) {
  const gaps = times.slice(1).map((t, k) => t - times[k]);
  const fixed = gaps.map((_, k) => least + (extra[k] ?? 0));
  const sum = (list) => list.reduce((all, each) => all + each, 0);
  const free = Math.max(0, room - sum(fixed));
  const decade = Math.max(LEAST_DECADE, free / sum(gaps.map(decades)));
  const places = [0];
  for (const [k, gap] of gaps.entries()) places.push(places[k] + fixed[k] + decade * decades(gap));
  const length = places.at(-1);
  const within = (value, list) =>
    Math.min(
      list.length - 2,
      Math.max(
        0,
        list.findLastIndex((x) => x <= value),
      ),
    );
  return {
    times,
    places,
    length,
    place(t) {
      const k = within(t, times);
      const share = decades(Math.min(gaps[k], Math.max(0, t - times[k]))) / decades(gaps[k]);
      return places[k] + share * (places[k + 1] - places[k]);
    },
    time(px) {
      const k = within(px, places);
      const share = Math.min(1, Math.max(0, (px - places[k]) / (places[k + 1] - places[k])));
      return times[k] + 10 ** (share * decades(gaps[k])) - 1;
    },
  };
}

/**
 * Marks within a gap: 1, 10, 100 ms ... after the event before it, as places.
 * @param {Scale} of @param {number} k the gap
 */
export function marks({ times, place }, k) {
  const found = [];
  for (let ms = 1; times[k] + ms < times[k + 1]; ms *= 10) found.push(place(times[k] + ms));
  return found;
}
