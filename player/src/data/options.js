/** The choices that name one walk, their key, and the part of an address that carries them. */

/** @typedef {{plugin: string, mode: string, scenario: string, proto: string, size: number, df: boolean, cold: boolean, fault: string|null}} Options */

/** @param {Options} o  the key of a walk within one file: proto/size/df/cold */
export const walkKey = (o) => `${o.proto}/${o.size}/${o.df ? 1 : 0}/${o.cold ? 1 : 0}`;

/** @param {Options} o  where the walks of a scenario and a fault are kept, under data-root */
export const walkFile = (o) => [o.plugin, o.mode, o.scenario, o.fault || "none"].map(encodeURIComponent).join("/") + ".json";

const flag = (text) => text === "1" || text === "true" || text === "";
const whole = (text, otherwise) => (/^\d{1,5}$/.test(text ?? "") ? Number(text) : otherwise);

/** @param {{getAttribute(name: string): string|null, hasAttribute(name: string): boolean}} el */
export function optionsFromAttributes(el) {
  const text = (name, otherwise) => el.getAttribute(name) || otherwise;
  return {
    options: {
      plugin: text("plugin", ""), mode: text("mode", ""), scenario: text("scenario", ""), proto: text("proto", "icmp"),
      size: whole(el.getAttribute("size"), 56), df: el.hasAttribute("df") && flag(el.getAttribute("df")),
      cold: el.hasAttribute("cold") && flag(el.getAttribute("cold")), fault: text("fault", null),
    },
    step: whole(el.getAttribute("step"), null),
  };
}

/**
 * The fragment that opens this very step: `walk=plugin/mode/scenario/proto/size/df/cold/fault/step&el=name`.
 * Steps count from 1, as the reader sees them.
 * @param {Options} o @param {number} step @param {string} el
 */
export function toHash(o, step, el) {
  const parts = [o.plugin, o.mode, o.scenario, o.proto, o.size, o.df ? 1 : 0, o.cold ? 1 : 0, o.fault || "none", step];
  return `#walk=${parts.map((p) => encodeURIComponent(p)).join("/")}&el=${encodeURIComponent(el)}`;
}

/**
 * @param {string} hash
 * @returns {{options: Options, step: number|null, el: string|null}|null}  null when the fragment speaks of something else
 */
export function fromHash(hash) {
  const query = new URLSearchParams(hash.replace(/^#/, ""));
  const parts = query.get("walk")?.split("/").map(decode);
  if (!parts || parts.length < 8) return null;
  const [plugin, mode, scenario, proto, size, df, cold, fault, step] = parts;
  if (!/^[a-z]+$/.test(proto) || !/^\d{1,5}$/.test(size)) return null;
  return {
    options: { plugin, mode, scenario, proto, size: Number(size), df: df === "1", cold: cold === "1", fault: fault === "none" ? null : fault },
    step: whole(step, null), el: query.get("el"),
  };
}

/** A broken percent escape in a typed address is no reason to fail. @param {string} text */
function decode(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}
