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
  const typing = event.target.closest?.("input, textarea, select, [contenteditable], packet-walk");
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
addEventListener("load", () => one(".toc .here > a")?.scrollIntoView({ block: "nearest" }));

// Lay the sections out when there is time, one by one: all at once would stall the first walk.
const waiting = [...document.querySelectorAll(".chapter > section > section")];
const whenIdle = globalThis.requestIdleCallback ?? ((act) => setTimeout(act, 50));
function layOutNext() {
  waiting.shift()?.classList.add("laid-out");
  if (waiting.length) whenIdle(layOutNext);
}
addEventListener("load", () => whenIdle(layOutNext));
