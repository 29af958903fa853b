/** The frame on the screen as one SVG file that needs nothing else. */

/**
 * @param {SVGSVGElement[]} layers  drawn one above the other; what is moved lies in a box that carries its
 *   place in style.transform
 * @param {string} css  the rules of the diagram
 * @param {CSSStyleDeclaration} style  where the colours are read from
 * @param {string} title
 * @returns {string}
 */
export function svgText(layers, css, style, title) {
  const { width, height } = layers[0].viewBox.baseVal;
  const root = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  root.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  root.setAttribute("viewBox", `0 0 ${width} ${height}`);
  root.setAttribute("width", String(width));
  root.setAttribute("height", String(height));
  const add = (name, text) => {
    const el = root.appendChild(document.createElementNS(root.namespaceURI, name));
    el.textContent = text;
    return el;
  };
  add("title", title);
  const names = [...new Set(css.match(/--pw-[\w-]+/g))];
  const colours = names.map((n) => `${n}:${style.getPropertyValue(n).trim()}`).join(";");
  add("style", `svg{${colours};font-family:${style.fontFamily}}${css}`);
  const ground = add("rect", "");
  for (const [k, v] of Object.entries({ width, height, fill: style.getPropertyValue("--pw-bg").trim() }))
    ground.setAttribute(k, String(v));
  for (const layer of layers) {
    const g = root.appendChild(document.createElementNS(root.namespaceURI, "g"));
    g.setAttribute("class", layer.getAttribute("class") ?? "");
    const at = /translate\(([-\d.]+)px,\s*([-\d.]+)px\)/.exec(layer.parentElement.style.transform);
    if (at) g.setAttribute("transform", `translate(${at[1]} ${at[2]})`);
    for (const child of layer.cloneNode(true).childNodes)
      if (child.nodeType === 1) g.append(child.cloneNode(true));
  }
  return new XMLSerializer().serializeToString(root);
}
