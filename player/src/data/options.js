/** The choices that name one walk, their key, and the part of an address that carries them. */
/** @import { Walk } from "../types.js" */

/** The rules that are meant where nobody names others. */
export const IPTABLES = "iptables";

/**
 * @typedef {{
 *   plugin: string, mode: string, scenario: string, proto: string, size: number, df: boolean, cold: boolean,
 *   fault: string|null, rules: string, release: string,
 * }} Options  `rules` is who writes them: iptables or nftables; `release` the plugin's or kube-proxy's,
 * empty: those that are meant
 */

/** @param {Options} o  the key of a walk within one file: proto/size/df/cold */
export const walkKey = (o) => `${o.proto}/${o.size}/${o.df ? 1 : 0}/${o.cold ? 1 : 0}`;

/** @param {string} key */
function keyParts(key) {
  const [proto, size, df, cold] = key.split("/");
  return { proto, size: Number(size), df: df === "1", cold: cold === "1" };
}

/**
 * The walk that comes nearest to what is asked: the same protocol, then size, DF and cold caches.
 * @param {string[]} keys @param {Options} o
 * @returns {string|null} null when not even the protocol is there
 */
export function nearestKey(keys, o) {
  const away = (key) => {
    const k = keyParts(key);
    return (k.size === o.size ? 0 : 4) + (k.df === o.df ? 0 : 2) + (k.cold === o.cold ? 0 : 1);
  };
  const same = keys.filter((key) => keyParts(key).proto === o.proto);
  return same.sort((a, b) => away(a) - away(b))[0] ?? null;
}

/** The choices a walk was made with. @param {Walk} walk @returns {Options} */
export function optionsOf(walk) {
  const {
    proto = "icmp",
    size = 0,
    df = false,
    cold = false,
    fault = null,
    rules = IPTABLES,
    release = "",
  } = walk.options ?? {};
  return {
    plugin: walk.plugin,
    mode: walk.mode,
    scenario: walk.scenario,
    proto,
    size,
    df: Boolean(df),
    cold: Boolean(cold),
    fault,
    rules,
    release,
  };
}

/** @typedef {{rules?: string, release?: string}} Form */

/** Whether rules and release are what is meant where nobody names others. @param {Form} o */
export const usual = ({ rules = IPTABLES, release = "" }) => rules === IPTABLES && !release;

/** @param {Mode & Form} o  the folder of its walks; with other rules or of another release one of its own */
const home = ({ plugin, mode, rules = IPTABLES, release = "" }) =>
  [plugin, mode, rules === IPTABLES ? "" : rules, release].filter(Boolean);

/** @param {Options} o  where the walks of a scenario and a fault are kept, under data-root */
export const walkFile = (o) => file(...home(o), o.scenario, o.fault || "none");

/** @param {Options} o  where the packets are kept that have the sizes other modes' choices offer */
export const sizesFile = (o) => file(...home(o), o.scenario, "sizes");

/** @param {Mode & Form} of  where what many files of a mode have in common is kept, those of all releases */
export const sharedFile = (of) => file(...home({ ...of, release: "" }), "shared");

const file = (...names) => `${names.map(encodeURIComponent).join("/")}.json.gz`;

/** @typedef {{plugin: string, mode: string}} Mode */

/** The most walks that stand beside the first. */
export const MOST = 2;

/** @param {Mode} of */
export const modeKey = ({ plugin, mode }) => `${plugin}/${mode}`;

/**
 * Modes named one after another: "flannel/host-gw,calico/bgp".
 * @param {string|null|undefined} text
 * @returns {Mode[]}
 */
export function modesIn(text) {
  const names = [...new Set((text ?? "").split(",").map((name) => name.trim()))].map((name) =>
    name.split("/"),
  );
  return names
    .filter((parts) => parts.length === 2 && parts.every((p) => /^\w[\w.-]*$/.test(p)))
    .map(([plugin, mode]) => ({ plugin, mode }))
    .slice(0, MOST);
}

const flag = (text) => text === "1" || text === "true" || text === "";
const whole = (text, otherwise) => (/^\d{1,5}$/.test(text ?? "") ? Number(text) : otherwise);

/** @param {{getAttribute(name: string): string|null, hasAttribute(name: string): boolean}} el */
export function optionsFromAttributes(el) {
  const text = (name, otherwise) => el.getAttribute(name) || otherwise;
  return {
    options: {
      plugin: text("plugin", ""),
      mode: text("mode", ""),
      scenario: text("scenario", ""),
      proto: text("proto", "icmp"),
      size: whole(el.getAttribute("size"), 56),
      df: el.hasAttribute("df") && flag(el.getAttribute("df")),
      cold: el.hasAttribute("cold") && flag(el.getAttribute("cold")),
      fault: text("fault", null),
      rules: text("rules", IPTABLES),
      release: text("release", ""),
    },
    step: whole(el.getAttribute("step"), null),
    beside: modesIn(el.getAttribute("with")),
  };
}

/** @param {Options} o  a walk's name in an address: `plugin/mode/scenario/proto/size/df/cold/fault` */
export const walkName = (o) =>
  [o.plugin, o.mode, o.scenario, ...walkKey(o).split("/"), o.fault || "none"]
    .map(encodeURIComponent)
    .join("/");

/**
 * The fragment that opens this very step: `walk=plugin/mode/scenario/proto/size/df/cold/fault/step&el=name`,
 * with `&rules=nftables` for other rules, `&release=3.32` for another release, and
 * `&with=plugin/mode,plugin/mode` for the walks beside it. Steps count from 0, as `seq` does.
 * @param {Options} o @param {number} step @param {string} el @param {Mode[]} [beside]
 */
export function toHash(o, step, el, beside = []) {
  const walk = `${walkName(o)}/${step}`;
  const rules = o.rules === IPTABLES ? "" : `&rules=${o.rules}`;
  const release = o.release ? `&release=${o.release}` : "";
  const others = beside.length ? `&with=${beside.map(modeKey).join(",")}` : "";
  return `#walk=${walk}${rules}${release}${others}&el=${encodeURIComponent(el)}`;
}

/**
 * @param {string} hash
 * @returns {{
 *   options: Options, step: number|null, el: string|null, header: string, beside: Mode[],
 * }|null}  null when the fragment speaks of something else
 */
export function fromHash(hash) {
  const query = Object.fromEntries(
    hash
      .replace(/^#/, "")
      .split("&")
      .map((p) => p.split("=", 2)),
  );
  const parts = query.walk?.split("/").map(decode);
  if (!parts || parts.length < 8) return null;
  const [plugin, mode, scenario, proto, size, df, cold, fault, step] = parts;
  if (!/^[a-z]+$/.test(proto) || !/^\d{1,5}$/.test(size)) return null;
  return {
    options: {
      plugin,
      mode,
      scenario,
      proto,
      size: Number(size),
      df: df === "1",
      cold: cold === "1",
      fault: fault === "none" ? null : fault,
      rules: /^[a-z]+$/.test(query.rules ?? "") ? query.rules : IPTABLES,
      release: /^[\w.-]+$/.test(query.release ?? "") ? query.release : "",
    },
    step: whole(step, null),
    el: query.el === undefined ? null : decode(query.el),
    header: query.header ?? "",
    beside: modesIn(decode(query.with ?? "")),
  };
}

/** A broken percent escape in a typed address is no reason to fail. @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
