/**
 * A page with players of any walk of the tests (`npm run pretest` writes them):
 * ?walk=NAME&step=N&with=PLUGIN/MODE&theme=dark&n=COUNT.
 */
import { ALL } from "./test/fixtures.js";
import { golden } from "./test/golden.js";
import "../packetwalk/widgets/static/player.js";

const GOLDEN = "../_build/walks/";
const query = new URLSearchParams(location.search);
const name = query.get("walk") ?? "flannel-vxlan-cross-node";

offerThemes();
await offerWalks();
const page = await carried();
for (let n = 0; n < Number(query.get("n") ?? 1); n++) document.querySelector("#here").append(player(page));

function offerThemes() {
  const root = document.documentElement;
  if (query.get("theme")) root.dataset.theme = query.get("theme");
  document.querySelector("#theme").onclick = () => {
    const dark = getComputedStyle(root).getPropertyValue("--pw-bg").trim() === "#12161c";
    root.dataset.theme = dark ? "light" : "dark";
  };
}

async function offerWalks() {
  const which = document.querySelector("#which");
  const listing = await (await fetch(GOLDEN)).text();
  const names = new Set([...listing.matchAll(/[\w.-]+(?=\.json)/g)].map(String).concat(Object.keys(ALL)));
  which.append(...[...names].map((each) => new Option(each, each, false, each === name)));
  which.onchange = () => {
    query.set("walk", which.value);
    location.search = query;
  };
}

/** What the page carries: the walk, and those that stand beside it. */
async function carried() {
  const walk = ALL[name]?.() ?? (await read(name));
  const beside = (query.get("with") ?? "").split(",").filter(Boolean);
  if (!beside.length) return walk;
  const { proto, size, df, cold } = walk.options;
  const compare = {};
  for (const mode of beside) compare[mode] = await read(`${mode.replace("/", "-")}-${walk.scenario}`);
  return { walks: { [`${proto}/${size}/${Number(df)}/${Number(cold)}`]: walk }, compare };
}

async function read(file) {
  return golden(await (await fetch(`${GOLDEN}${file}.json`)).text());
}

function player(content) {
  const element = document.createElement("packet-walk");
  element.setAttribute("step", query.get("step") ?? "1");
  if (query.get("with")) element.setAttribute("with", query.get("with"));
  const script = Object.assign(document.createElement("script"), { type: "application/json" });
  script.className = "walk";
  script.textContent = JSON.stringify(content);
  element.append(script);
  return element;
}
