/** What a mode leaves of an underlay's MTU: the lines that the model has given, and nothing else. */

/**
 * @typedef {{name: string, bytes: number, layer: string, behind: boolean}} Part
 * @typedef {{
 *   start: number, pod: [number, number], fits: [number, number], carrier: string, overhead: Part[],
 *   whole: string, cut: string,
 * }} Stretch  `pod` and `fits` are [value at the start, what each byte of the underlay adds]
 * @typedef {{
 *   plugin: string, mode: string, key: string, title: string, sealed: boolean, far: boolean,
 *   stretches: Stretch[],
 * }} Mode
 */

const ETHERNET = 14;
const IP_AND_ICMP = 28;
const IP_AND_TCP = 40;

/** @param {Mode} mode @param {number} underlay */
export function sum(mode, underlay) {
  const { pod, fits, start, carrier, overhead, whole, cut } = mode.stretches.findLast(
    (stretch) => stretch.start <= underlay,
  );
  const on = ([value, slope]) => value + slope * (underlay - start);
  const added = overhead.reduce((all, part) => all + part.bytes, 0);
  const most = on(fits);
  const fill = (words) => words.replaceAll("{size}", String(most + 1)).replaceAll("{fits}", String(most));
  return {
    underlay,
    pod: on(pod),
    fits: most,
    added,
    spare: underlay - added - most,
    carrier,
    overhead,
    ping: most - IP_AND_ICMP,
    mss: on(pod) - IP_AND_TCP,
    frame: ETHERNET + most + (mode.far ? 0 : added),
    whole: fill(whole),
    cut: fill(cut),
  };
}

/** @typedef {ReturnType<typeof sum>} Sum */

/** The result in a sentence or two. @param {Mode} mode @param {Sum} of */
export function told({ plugin, mode, far }, of) {
  const less = of.fits < of.pod ? `, but only ${of.fits} bytes cross in one piece` : "";
  const said = [`${plugin} ${mode} over ${of.underlay} bytes: the pods have an MTU of ${of.pod}${less}.`];
  if (of.carrier !== mode) said.push(`${mode} itself does not fit: ${of.carrier} carries the packets.`);
  if (far) said.push("Only nodes behind a router get the headers; the pods pay for them always.");
  return said.join(" ");
}

/** The sum, header by header. @param {Sum} of */
export function byHeader({ underlay, overhead, fits, spare }) {
  const parts = overhead.map(({ name, bytes }) => ` − ${bytes} ${name}`);
  const rest = spare ? ` − ${spare} that the plugin leaves unused` : "";
  return `${underlay}${parts.join("")}${rest} = ${fits}`;
}
