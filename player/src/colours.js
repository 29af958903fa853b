/**
 * The colours of the layers, in light and dark: the one place where they are written.
 * `solid` fills a header, `ink` is text on it, `text` is the same layer's colour as text on the page.
 */
export const LAYERS = {
  eth: { light: ["#5b6b80", "#ffffff", "#4b5a6d"], dark: ["#8a99ad", "#10151b", "#a9b6c6"] },
  ip: { light: ["#2563eb", "#ffffff", "#1d54cf"], dark: ["#5b8cff", "#0b1020", "#8db0ff"] },
  udp: { light: ["#0b7a5c", "#ffffff", "#0a6b51"], dark: ["#2cc59a", "#06231a", "#4fd8b0"] },
  tcp: { light: ["#0e7490", "#ffffff", "#0c657e"], dark: ["#38bdd8", "#06222a", "#67d2e8"] },
  vxlan: { light: ["#b45309", "#ffffff", "#9a4708"], dark: ["#f59e0b", "#2a1a00", "#f8b84a"] },
  "inner-eth": { light: ["#8d9bae", "#0f1720", "#566477"], dark: ["#66758a", "#ffffff", "#a3b0c1"] },
  "inner-ip": { light: ["#7447ec", "#ffffff", "#6436dc"], dark: ["#9d86ff", "#140b33", "#b8a8ff"] },
  icmp: { light: ["#d3145a", "#ffffff", "#bb104f"], dark: ["#ff5c93", "#33000f", "#ff8bb1"] },
  arp: { light: ["#86198f", "#ffffff", "#7a1782"], dark: ["#e279e8", "#2d0330", "#eb9bef"] },
  data: { light: ["#c9d0da", "#1b2430", "#4f5b69"], dark: ["#3c4654", "#f1f4f8", "#a9b4c2"] },
  esp: { light: ["#9f1d1d", "#ffffff", "#931a1a"], dark: ["#f87171", "#2d0505", "#fa9595"] },
  wg: { light: ["#8a1c3b", "#ffffff", "#7f1a36"], dark: ["#fb7a9a", "#31040f", "#fd9cb4"] },
  sleeve: { light: ["#4d6b12", "#ffffff", "#456010"], dark: ["#a3c94b", "#18210a", "#b7d86a"] },
};

const PAGE = {
  bg: ["#ffffff", "#12161c"],
  panel: ["#f6f7f9", "#1a2028"],
  lane: ["#f2f4f7", "#181e26"],
  ink: ["#1b2430", "#e7ecf3"],
  soft: ["#55606f", "#a3aebc"],
  line: ["#d5dbe4", "#323c49"],
  rim: ["#78859a", "#74839a"],
  accent: ["#0b62bd", "#6cb2ff"],
  "accent-ink": ["#ffffff", "#0b1622"],
  hit: ["#fff3c4", "#3d3312"],
  "hit-line": ["#a87400", "#f0b429"],
  good: ["#176f43", "#4cc38a"],
  bad: ["#b42318", "#ff8a80"],
};

/** The custom properties of one theme. @param {"light"|"dark"} theme */
export function properties(theme) {
  const at = theme === "light" ? 0 : 1;
  const layers = Object.entries(LAYERS).flatMap(([name, c]) => [
    `--pw-${name}:${c[theme][0]}`,
    `--pw-${name}-ink:${c[theme][1]}`,
    `--pw-${name}-text:${c[theme][2]}`,
  ]);
  return [...Object.entries(PAGE).map(([name, c]) => `--pw-${name}:${c[at]}`), ...layers].join(";");
}

/** While a header is named in the text, the others stand back. */
const lone = (name) => `:host([header=${name}]) .envelope:not(.${name}){opacity:.35}`;

const rules = (name) => {
  const own = { solid: name, ink: `${name}-ink`, text: `${name}-text` };
  const words = Object.entries(own).map(([part, of]) => `--${part}:var(--pw-${of})`);
  return `${lone(name)}.${name}{${words.join(";")}}`;
};

/** The classes of the layers: a class name is a layer's name. */
export const layerRules = () => Object.keys(LAYERS).map(rules).join("");
