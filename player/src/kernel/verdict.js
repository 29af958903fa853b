/** The verdict on a walk, in words: what agrees, every difference, and how long it took. */

const COMPARED = `Compared as packetwalk prove compares: every frame but for what is drawn at random, tables,
  connections, and the lines that decided.`;

/**
 * @param {{frames: number, places: number, differences: string[], more: number}} found
 * @param {string} kernel  its name
 * @param {{captured: number, took: number}} seconds
 * @param {string} once  what differed the first time, where that did not come again
 */
export function verdict({ frames, places, differences, more }, kernel, { captured, took }, once) {
  const good = differences.length === 0;
  const many = differences.length + more;
  const head = good
    ? `Proven here, in ${kernel}: ${frames} frames and the tables of ${places} namespaces are the model's.`
    : `${kernel} and the model differ in ${many} ${many === 1 ? "place" : "places"}.`;
  const list = differences.map((line) => element("li", line));
  const before = `The first time it differed, and then not again, as on a machine that is too busy: ${once}`;
  const times = `${captured.toFixed(1)} s to the frames, ${took.toFixed(1)} s in all. ${COMPARED}`;
  return [
    element("p", head, good ? "good verdict" : "bad verdict"),
    ...(list.length ? [element("ul", "", "", list)] : []),
    ...(good && once ? [element("p", before, "small once")] : []),
    element("p", times, "small"),
  ];
}

export function element(name, text, kind = "", children = []) {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  made.append(...children);
  return made;
}
