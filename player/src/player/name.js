/** A player's name in a link: its id, or its place among the players of the page. @param {Element} el */
export const nameOnPage = (el) =>
  el.id || String([...document.querySelectorAll("packet-walk")].indexOf(el) + 1);
