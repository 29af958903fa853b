// What a page is made of, as one number: each element with its attributes, its words, its place and whether it is
// shown, but no colour. Two states of a page with the same number differ in colours at most.
(() => {
  let sum = 2166136261; // FNV-1a, of 32 bits
  const add = (text) => {
    for (let k = 0; k < text.length; k++) sum = Math.imul(sum ^ text.charCodeAt(k), 16777619);
  };
  const SCHEME = /^(data-)?theme$/; // says which colours are on, of a page or of a player

  function read(node) {
    if (node.nodeType === Node.TEXT_NODE) add(node.data);
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    const { x, y, width, height } = node.getBoundingClientRect();
    const shown = node.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    const attributes = [...node.attributes].filter(({ name }) => !SCHEME.test(name));
    add([node.tagName, ...attributes.map(({ name, value }) => `${name}=${value}`), x + scrollX, y + scrollY, width, height, shown].join(" "));
    node.childNodes.forEach(read);
    node.shadowRoot?.childNodes.forEach(read);
  }

  read(document.documentElement);
  return sum >>> 0;
})();
