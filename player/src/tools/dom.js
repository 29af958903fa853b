/** Elements by hand: the pages with a tool load no library for it. */

/**
 * @param {string} tag @param {Record<string, string>} attributes
 * @param {(string|Node)[]} children  text is only ever text
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * Fill a list with what is new, and leave what is chosen.
 * @param {HTMLSelectElement} list @param {string[][]} offers
 */
export function offer(list, offers) {
  const { value } = list;
  list.replaceChildren(...offers.map(([of, words]) => make("option", { value: of }, words)));
  list.value = offers.some(([of]) => of === value) ? value : offers[0][0];
}

/** The data that a tool carries. @param {Element} tool @returns {any} */
export const dataOf = (tool) => JSON.parse(tool.querySelector("script").textContent);
