/** <walk-proof>: a real kernel in this page does what the walk says; what it did stands beside the walk. */
import { optionsOf } from "../data/options.js";
import { Python } from "../python/python.js";
import { lacking, ofWalk } from "./able.js";
import { Hands } from "./hands.js";
import { styles } from "./styles.js";
import { element, verdict } from "./verdict.js";

/** @import { PacketWalk } from "../player/element.js" */

const MB = 1e6;
const SECONDS = 180; // for Python's answer, on a slow machine
class WalkProof extends HTMLElement {
  /** @type {PacketWalk} whose walk is proven */
  player;
  /** The address of the kernel's folder. */
  folder = "";
  /** What the folder says of itself. @type {any} */
  about = null;
  /** A fault that the model has and the kernel has not: to see that a wrong model is noticed. */
  altered = "";
  /** Seconds to the frames. */
  captured = 0;
  /** @type {Worker|null} */
  #kernel = null;
  #booted = false;
  /** @type {Python|null} */
  #python = null;
  #job = null;
  /** Whether the packet of a cluster that is there is sent again, and nothing is compared. */
  #again = false;
  /** What differed the first time. */
  #once = "";
  /** The options of the walk that was proven. */
  #options = "";
  /** @type {Hands} */
  #hands;
  #serial = 0;
  #began = 0;

  connectedCallback() {
    if (this.shadowRoot) return;
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(styles);
    root.adoptedStyleSheets = [sheet];
    root.innerHTML = `<section aria-label="Proof in this page">
      <p class="state" role="status" aria-live="polite"></p><progress></progress>
      <div class="found"></div><div class="hands"></div>
      <p class="acts"><button type="button" class="again" hidden>Prove this walk</button>
      <button type="button" class="cancel">Cancel</button></p></section>`;
    this.find(".cancel").onclick = () => this.close();
    this.find(".again").onclick = () => this.prove();
    this.#hands = new Hands(this.find(".hands"), this, {
      shell: (netns) => this.#kernel?.postMessage({ shell: netns }),
      type: (text) => this.#kernel?.postMessage({ type: text }),
      again: (number) => this.#resend(number),
    });
  }

  disconnectedCallback() {
    this.end();
  }

  find(selector) {
    return /** @type {any} */ (this.shadowRoot.querySelector(selector));
  }

  say(words, part = null) {
    this.find(".state").textContent = words;
    const bar = this.find("progress");
    bar.hidden = part === null;
    if (part > 0) bar.value = part;
    else bar.removeAttribute("value");
  }

  /** Begin, or prove the walk that is shown now in the same kernel. */
  async prove() {
    const cannot = lacking() || ofWalk(this.player.current);
    if (cannot) return this.stop(cannot);
    this.#began = performance.now();
    this.#job = null;
    this.#again = false;
    this.#once = "";
    this.#hands.end();
    this.find(".found").replaceChildren();
    this.find(".again").hidden = true;
    this.find(".cancel").textContent = "Cancel";
    this.say("The kernel and Python are being fetched.", 0);
    try {
      this.about ??= await (await fetch(new URL("guest.json", this.folder))).json();
    } catch {
      return this.stop("The kernel could not be fetched.");
    }
    if (!this.#kernel) this.#boot();
    const { current } = this.player;
    this.#options = JSON.stringify({ ...current.options, ...optionsOf(current) });
    this.#ask("order", [this.#options]);
  }

  /** @param {number} number  how often */
  #resend(number) {
    this.#again = true;
    this.#job = null;
    this.#ask("again", [this.#options, number]);
  }

  #boot() {
    const worker = new Worker(new URL("guest.js", this.folder), { type: "module" });
    worker.onmessage = ({ data }) => this.#kernel === worker && this.#hear(data);
    worker.onerror = (event) => {
      event.preventDefault();
      if (this.#kernel === worker)
        this.stop("The kernel's worker did not start: the page's policy may forbid it.");
    };
    this.#kernel = worker;
    worker.postMessage({ begin: this.about });
  }

  #ask(by, question, files) {
    this.#python ??= new Python(
      String(new URL(this.about.python, this.folder)),
      {
        progress: () => {},
        ready: () => {},
        found: (answer, _, desk) => {
          if (desk === "verdict") this.#judged(answer);
          else if (desk === "walked") this.#walked(answer);
          else this.#ordered(answer);
        },
        failed: (words) => this.stop(words),
      },
      () => SECONDS,
      "proof",
    );
    this.#python.ask(question, by, files ? { files } : {});
  }

  #hear({ loaded, bytes, booted, at, answer, typed, failed }) {
    if (typed) this.#hands.show(typed);
    else if (failed) this.stop(`The kernel failed: ${failed}.`);
    else if (loaded)
      this.say(
        `The kernel is being fetched: ${(loaded / MB).toFixed(1)} of ${(bytes / MB).toFixed(1)} MB.`,
        (loaded / bytes) * 0.4,
      );
    else if (booted) {
      this.#booted = true;
      this.say(`${this.about.kernel} runs.`, 0.4);
      this.#begin();
    } else if (at !== undefined && this.#job && !this.#again)
      this.say(
        `${this.about.kernel} builds the cluster: order ${at} of ${this.#job.orders}.`,
        0.4 + (at / this.#job.orders) * 0.5,
      );
    else if (answer) this.#compare(answer);
  }

  #ordered(found) {
    if (found.refused) return this.stop(found.refused);
    this.#job = found;
    this.#begin();
  }

  #begin() {
    if (!this.#booted || !this.#job) return;
    if (!this.#again)
      this.say(`${this.about.kernel} builds the cluster: ${this.#job.namespaces.length} namespaces.`, 0.42);
    this.#kernel.postMessage({ job: this.#job.job });
  }

  #compare(answer) {
    const files = {
      serial: ++this.#serial,
      files: /** @type {[string, Blob][]} */ ([["answer", new Blob([answer])]]),
    };
    if (this.#again) return this.#ask("walked", [this.about.kernel], files);
    this.captured = (performance.now() - this.#began) / 1000;
    this.say("What the kernel did is compared with the model.", 0.92);
    this.#ask("verdict", [this.about.kernel, this.altered], files);
  }

  /** Python's memory is given back as soon as it has answered. */
  #rest() {
    this.#python.end();
    this.#python = null;
  }

  #walked(found) {
    this.#rest();
    this.#hands.came(found.refused ? { why_not: found.refused } : found);
  }

  #judged(found) {
    const [differs] = found.differences ?? [];
    if (differs && !this.#once) return this.#onceMore(differs);
    this.#rest();
    if (found.refused) return this.stop(`${this.about.kernel} refused: ${found.refused}`, "bad");
    const took = (performance.now() - this.#began) / 1000;
    this.say("");
    const parts = verdict(found, this.about.kernel, { captured: this.captured, took }, this.#once);
    this.find(".found").replaceChildren(...parts, this.#sources());
    this.find(".again").hidden = false;
    this.find(".cancel").textContent = "Let the kernel go";
    this.#hands.offer(this.#job.namespaces, this.folder);
    this.dispatchEvent(new CustomEvent("proven", { detail: found, bubbles: true }));
  }

  /** A machine that is too busy lets timers run out; what does not come again is no difference. */
  #onceMore(differs) {
    this.#once = differs;
    this.#begin();
  }

  #sources() {
    const line = element("p", "The kernel and its tools are Debian's, under their own licences: ", "small");
    const link = element("a", "packages, versions and sources");
    link.setAttribute("href", String(new URL("SOURCES.txt", this.folder)));
    line.append(link, ".");
    return line;
  }

  stop(words, kind = "") {
    this.end();
    this.say("");
    this.find(".found").replaceChildren(element("p", words, `verdict ${kind}`));
    this.find(".again").hidden = false;
    this.find(".cancel").textContent = "Close";
  }

  /** End the kernel and Python: nothing of them stays. */
  end() {
    this.#kernel?.terminate();
    this.#kernel = null;
    this.#booted = false;
    this.#hands?.end();
    this.#python?.end();
    this.#python = null;
  }

  close() {
    this.end();
    this.remove();
  }
}

if (!customElements.get("walk-proof")) customElements.define("walk-proof", WalkProof);

/** Prove the walk of a player, below it. @param {PacketWalk} player @param {string} folder  an address */
export function prove(player, folder) {
  const next = player.nextElementSibling;
  const proof = /** @type {any} */ (next instanceof WalkProof ? next : document.createElement("walk-proof"));
  Object.assign(proof, { player, folder });
  if (proof !== next) player.after(proof);
  proof.prove();
  proof.scrollIntoView({ block: "center" }); // it stands below the walk, and the button above
}
