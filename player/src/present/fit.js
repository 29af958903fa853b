/** How large a picture can be drawn on a screen: pure. */

const LARGEST = 4;
const SMALLEST = 0.5;
const STEP = 0.05;

/**
 * The largest scale at which a picture that is laid out for its width fits a room.
 * @param {(width: number) => number} heightAt  how high the picture is at a width
 * @param {number} width  of the room @param {number} height  of the room
 * @returns {{scale: number, width: number, height: number}}  with the picture's size before it is scaled
 */
export function fit(heightAt, width, height) {
  for (let k = LARGEST / STEP; k > SMALLEST / STEP; k--) {
    const made = at(heightAt, width, k * STEP);
    if (made.height * made.scale <= height) return made;
  }
  return at(heightAt, width, SMALLEST);
}

function at(heightAt, room, scale) {
  const width = Math.floor(room / scale);
  return { scale, width, height: heightAt(width) };
}

/**
 * The largest size of letters at which words fit their room, by halving.
 * @param {(size: number) => boolean} fits @param {number} least @param {number} most  in px
 */
export function letters(fits, least, most) {
  let [low, high] = [least, most];
  if (fits(high)) return high;
  while (high - low > 1) {
    const middle = Math.round((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}
