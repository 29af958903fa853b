/** The reader's own hands on a cluster in the page: a terminal on any namespace, and the packet again. */
import { Terminal } from "./terminal.js";

/** @import { PacketWalk } from "../player/element.js" */

const HTML = `<p class="acts"><label>In <select class="where"></select></label>
  <button type="button" class="open">Open a terminal</button>
  <button type="button" class="resend">Send the packet again</button></p>
  <p class="small hint" hidden>Change what you like, with ip, bridge, iptables, nft, conntrack or ping,
  then send the packet again. Shift and Tab leave the terminal.</p><div class="screen"></div>
  <p class="small came" role="status" aria-live="polite"></p>`;

export class Hands {
  /** @type {Terminal|null} */
  #terminal = null;
  /** @type {PacketWalk|null} that plays what came of a packet */
  #player = null;
  #sent = 0;

  /**
   * @param {HTMLElement} place @param {HTMLElement} owner  beside which a walk stands
   * @param {{shell(netns: string): void, type(text: string): void, again(number: number): void}} act
   */
  constructor(place, owner, act) {
    this.place = place;
    this.owner = owner;
    this.act = act;
  }

  find(selector) {
    return /** @type {any} */ (this.place.querySelector(selector));
  }

  /** Offer the namespaces of a cluster. @param {string[]} namespaces @param {string} folder */
  offer(namespaces, folder) {
    this.end();
    this.#sent = 0;
    this.place.innerHTML = HTML;
    this.find(".where").append(...namespaces.map((name) => new Option(name)));
    this.find(".open").onclick = () => this.#open(folder);
    this.find(".resend").onclick = () => {
      this.find(".resend").disabled = true;
      this.told("The packet is sent again.");
      this.act.again(++this.#sent);
    };
  }

  async #open(folder) {
    const root = /** @type {ShadowRoot} */ (this.place.getRootNode());
    this.#terminal ??= new Terminal(root, folder, (text) => this.act.type(text));
    try {
      await this.#terminal.open(this.find(".screen"));
    } catch {
      this.#terminal = null;
      return this.told("The terminal could not be fetched.");
    }
    this.find(".hint").hidden = false;
    this.act.shell(this.find(".where").value);
  }

  /** @param {Uint8Array} bytes  that a shell wrote */
  show(bytes) {
    this.#terminal?.show(bytes);
  }

  told(words) {
    const line = this.find(".came");
    if (line) line.textContent = words;
  }

  /**
   * What the kernel did with the packet that was sent again.
   * @param {{walk?: any, said?: string, why_not?: string}} found
   */
  came({ walk, said, why_not }) {
    this.find(".resend").disabled = false;
    if (!walk) return this.told(`No walk of it: ${why_not}`);
    const error = said ? ` The sender was told: ${said}.` : "";
    this.told(`What the kernel did with it stands below, as it was recorded.${error}`);
    this.#player?.remove();
    this.#player = /** @type {PacketWalk} */ (document.createElement("packet-walk"));
    this.#player.toggleAttribute("unlinked", true);
    this.#player.walk = walk;
    this.owner.after(this.#player);
  }

  /** Nothing of it stays. */
  end() {
    this.#terminal?.end();
    this.#terminal = null;
    this.#player?.remove();
    this.#player = null;
    this.place.replaceChildren();
  }
}
