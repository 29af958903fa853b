/** What <walk-why> is made of. */
import { make } from "../tools/dom.js";

/**
 * @param {string} kind  its class @param {string} label  for screen readers @param {(string|Node)[]} children
 */
const section = (kind, label, ...children) =>
  make("section", { class: kind, "aria-label": label }, ...children);

/** @param {string} kind @param {string} words */
const button = (kind, words) => make("button", { type: "button", class: kind }, words);

/** @param {string} kind  what is said there, to screen readers, too: at once where it is wrong */
const said = (kind) => make("p", { class: kind, role: kind === "wrong" ? "alert" : "status" });

/** @param {string} words @param {Record<string, string>} attributes */
const field = (words, attributes) => make("label", {}, `${words} `, make("input", attributes));

const END = { autocomplete: "off", spellcheck: "false", autocapitalize: "none", required: "" };
const PROTOCOLS = [
  ["", "as it fits"],
  ["icmp", "ICMP"],
  ["tcp", "TCP"],
  ["udp", "UDP"],
];

/** Where files are given. */
export function source() {
  const files = make("input", { type: "file", multiple: "", hidden: "", "aria-label": "Files" });
  const folder = make("input", { type: "file", webkitdirectory: "", hidden: "", "aria-label": "Folder" });
  return section(
    "source",
    "The recording",
    make(
      "p",
      {},
      "Drop a recording here: its folder, a .zip or .tgz of it, or the .tgz files of all nodes at once.",
    ),
    make(
      "div",
      { class: "bar" },
      button("choose", "Choose files"),
      button("choose-folder", "Choose a folder"),
      button("example", "Try a broken cluster"),
    ),
    make(
      "div",
      { class: "bar" },
      make("progress", { hidden: "", "aria-label": "Loading" }),
      make("span", { class: "state", role: "status" }),
    ),
    make("p", { class: "private" }, "Nothing leaves this page: Python, about 14 MB, comes to your files."),
    said("wrong"),
    said("held"),
    make("ul", { class: "notes" }),
    files,
    folder,
  );
}

/** What is asked. @param {string} id  for what belongs to fields */
export function question(id) {
  const protocols = PROTOCOLS.map(([value, words]) => make("option", { value }, words));
  return make(
    "form",
    { "aria-label": "What is asked" },
    field("From", { name: "source", list: `${id}-from`, ...END }),
    field("To, with :PORT if you like", { name: "destination", list: `${id}-to`, ...END }),
    make("label", {}, "Protocol ", make("select", { name: "protocol" }, ...protocols)),
    field("Bytes", {
      name: "size",
      type: "number",
      inputmode: "numeric",
      min: "0",
      max: "65507",
      placeholder: "small, then full",
    }),
    make("label", { class: "flag" }, make("input", { name: "df", type: "checkbox" }), " Do not fragment"),
    make("button", { type: "submit" }, "Ask"),
    make("datalist", { id: `${id}-from` }),
    make("datalist", { id: `${id}-to` }),
    said("wrong"),
  );
}

/** Everybody to everybody. */
export const everyPair = () =>
  section(
    "who",
    "Every pair",
    make("div", { class: "bar" }, button("every", "Ask every pair")),
    said("told"),
    make(
      "div",
      { class: "table-scroll", hidden: "" },
      make("table", { class: "numbers" }, make("thead"), make("tbody")),
    ),
  );

export const told = () =>
  section(
    "why",
    "The answer",
    said("verdict"),
    make("dl", {}),
    make("div", { class: "bar" }, button("step", "Show the walk")),
  );

export const walk = () => section("walk", "The packet's walk", said("stepping"));
