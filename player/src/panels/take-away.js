/** What a reader can take along: captures, a link, an embed snippet, a picture. */
import { html, nothing } from "lit";
import { icon } from "../draw/icons.js";

/**
 * @param {{devices: string[], linked: boolean, note: string, snippet: string|null}} state
 *   linked: whether an address leads to the walk
 * @param {{pcapng(): void, pcap(device: string): void, link(): void, embed(): void, image(): void}} act
 */
export function takeAway({ devices, linked, note, snippet }, act) {
  return html`<footer class="take">
    <button type="button" @click=${act.pcapng}>${icon("download")}pcapng, all devices</button>
    ${devices.length ? oneDevice(devices, act) : nothing}
    ${linked ? links(snippet, act) : nothing}
    <button type="button" @click=${act.image}>${icon("image")}SVG</button>
    <span class="note" role="status">${note}</span>
    ${snippet ? copyable(snippet) : nothing}
  </footer>`;
}

const links = (snippet, act) => html`
    <button type="button" @click=${act.link}>${icon("link")}link to this step</button>
    <button type="button" aria-expanded=${snippet ? "true" : "false"}
      @click=${act.embed}>${icon("code")}embed</button>`;

function oneDevice(devices, act) {
  const take = ({ target }) => {
    if (target.value) act.pcap(target.value);
    target.value = "";
  };
  return html`<label>${icon("download")}<span class="hidden">pcap of one device</span>
    <select @change=${take}>
      <option value="">pcap of one device …</option>
      ${devices.map((d) => html`<option value=${d}>${d}</option>`)}</select></label>`;
}

const copyable = (snippet) =>
  html`<textarea readonly rows="3" aria-label="Embed snippet" .value=${snippet}
    @focus=${(e) => e.target.select()}></textarea>`;
