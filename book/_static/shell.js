// What a page does beyond being read: colours, contents, search key, copying, scrolling boxes.
const root = document.documentElement;
const one = (selector) => document.querySelector(selector);

// Colours: auto follows the system, then light, then dark. The choice stays in this browser.
const system = matchMedia("(prefers-color-scheme: dark)");
const modeButton = one(".mode");
function setMode(mode) {
  root.dataset.mode = mode;
  root.dataset.theme = mode === "auto" ? (system.matches ? "dark" : "light") : mode;
  const name = `Colours: ${mode}`;
  modeButton.querySelector(".mode-name").textContent = name;
  modeButton.setAttribute("aria-label", name);
}
modeButton.hidden = false;
setMode(root.dataset.mode);
system.addEventListener("change", () => setMode(root.dataset.mode));
modeButton.addEventListener("click", () => {
  const next = { auto: "light", light: "dark", dark: "auto" }[root.dataset.mode];
  try { localStorage.setItem("mode", next); } catch { /* private windows may refuse */ }
  setMode(next);
});

// Search: "/" goes to the field, as the sign in it says.
addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable], packet-walk, packetwalk-timeline");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    one(".find input").focus();
  }
  if (event.key === "Escape" && location.hash === "#contents") location.hash = "main";
});

// A box that does not scroll need not be reached by keyboard. Observed, not asked: asking would cost a layout.
const scrollers = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const scrolls = target.scrollWidth > target.clientWidth + 1 || target.scrollHeight > target.clientHeight + 1;
    if (scrolls) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
for (const box of document.querySelectorAll("main pre, .table-scroll")) scrollers.observe(box);

// Copy a listing without its prompts, and of a terminal session only what was typed.
for (const block of document.querySelectorAll(".cell_input .highlight, :not(.output) > .highlight")) {
  if (block.closest(".cell_output")) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    const text = block.querySelector("pre").textContent;
    const typed = text.split("\n").filter((line) => /^[$#] /.test(line)).map((line) => line.slice(2));
    const session = block.parentElement.matches(".highlight-console, .highlight-shell-session");
    await navigator.clipboard.writeText(session && typed.length ? typed.join("\n") : text);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  block.append(button);
}

// Mark, in the contents, the section being read.
const links = new Map([...document.querySelectorAll(".toc-sections a")].map((a) => [decodeURIComponent(a.hash.slice(1)), a]));
const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) links.get(target.id)?.classList.toggle("seen", isIntersecting);
}, { rootMargin: "-10% 0px -60%" });
for (const id of links.keys()) {
  const section = document.getElementById(id);
  if (section) watcher.observe(section);
}
addEventListener("load", () => requestAnimationFrame(() => one(".toc .here > a")?.scrollIntoView({ block: "nearest" })));

// What was read and answered: in this browser alone (the answers are kept by the player's script).
const PAGES = "packetwalk-pages";
const ANSWERS = "packetwalk-answers";
const kept = (key) => { try { return JSON.parse(localStorage.getItem(key)) ?? {}; } catch { return {}; } };
const base = new URL(root.dataset.content_root ?? ".", location.href).pathname;
const pageName = (path) => path.slice(base.length);
function showRead() {
  const read = kept(PAGES);
  for (const link of document.querySelectorAll(".toc a:not([href^='#'])"))
    link.classList.toggle("read", pageName(new URL(link.href).pathname) in read);
}
showRead();
const last = one(".turn");
if (last) new IntersectionObserver((entries, watching) => {
  if (!entries.some((entry) => entry.isIntersecting)) return;
  watching.disconnect();
  try { localStorage.setItem(PAGES, JSON.stringify({ ...kept(PAGES), [pageName(location.pathname)]: 1 })); } catch { /* not kept */ }
}).observe(last);
const progress = one(".progress");
function showProgress() {
  const answers = kept(ANSWERS);
  const rows = [...document.querySelectorAll("tr[data-answer]")];
  for (const row of rows) row.dataset.verdict = answers[row.dataset.answer] ?? "";
  const count = (verdict) => rows.filter((row) => row.dataset.verdict === verdict).length;
  progress.querySelector("p").textContent =
    `${Object.keys(kept(PAGES)).length} pages read to their end; of ${rows.length} questions ${count("right")} answered, ${count("shown")} shown. Only this browser knows.`;
}
if (progress) {
  progress.hidden = false;
  showProgress();
  progress.querySelector("button").addEventListener("click", () => {
    for (const key of [PAGES, ANSWERS]) localStorage.removeItem(key);
    showProgress();
    showRead();
  });
}

// Lay the sections out when there is time, one by one: all at once would stall the first walk.
const waiting = [...document.querySelectorAll(".chapter > section > section")];
const whenIdle = globalThis.requestIdleCallback ?? ((act) => setTimeout(act, 50));
function layOutNext() {
  waiting.shift()?.classList.add("laid-out");
  if (waiting.length) whenIdle(layOutNext);
}
addEventListener("load", () => whenIdle(layOutNext));

// Timelines: their script is loaded when one comes near, or when the address names a moment or a story of one.
const timelines = [...document.querySelectorAll("packetwalk-timeline[data-script]")];
const nearing = new IntersectionObserver((entries) => {
  if (entries.some((entry) => entry.isIntersecting)) loadTimelines();
}, { rootMargin: "600px" });
function loadTimelines() {
  nearing.disconnect();
  import(new URL(timelines[0].dataset.script, location.href).href).catch(() => {
    for (const each of timelines) each.setAttribute("plain", ""); // its words are there without a script
  });
}
function loadNamed() {
  if (timelines.length && /^#(?:moment|story)=/.test(location.hash)) loadTimelines();
}
for (const each of timelines) nearing.observe(each);
loadNamed();
addEventListener("hashchange", loadNamed);

// To a room: the walks of the page on the whole screen (player/src/present).
if (new URLSearchParams(location.search).has("present") && one("packet-walk"))
  import(new URL("_static/present.js", new URL(root.dataset.content_root ?? ".", location.href)).href);
