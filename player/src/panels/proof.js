/** How the walk now shown was proven, and where: a mark that leads to the page which tells how. */
import { html, nothing } from "lit";
import { icon } from "../draw/icons.js";

/** @typedef {{where: string, text: string}} Proof */

/**
 * The proof of a scenario, broken or not, as the page carries it.
 * @param {any} catalogue
 * @param {{scenario: string, fault: string|null, rules?: string, release?: string}} options
 * @returns {Proof|null}  with rules of nftables, or in another release, that of the whole mode
 */
export const proofOf = (catalogue, { scenario, fault, rules, release }) =>
  catalogue?.proof?.[release || rules] ??
  catalogue?.proof?.[fault ? `${scenario}+${fault}` : scenario] ??
  null;

/**
 * The page that tells how we know, on a site whose walks lie under `dataRoot`.
 * @param {string|null} dataRoot
 */
export const proofPage = (dataRoot) =>
  dataRoot == null ? null : `${dataRoot.replace(/\/?$/, "/")}../../book/how-do-we-know.html`;

/** @param {Proof|null} proof @param {string|null} page */
export function proofMark(proof, page) {
  if (!proof) return nothing;
  const words = html`${icon(proof.where ? "check" : "warning")}${proof.text}`;
  const kind = `chip proof ${proof.where ? "good" : ""}`;
  return page ? html`<a class=${kind} href=${page}>${words}</a>` : html`<span class=${kind}>${words}</span>`;
}

/**
 * A kernel in the page, where the site has one: nothing of it is fetched before the reader asks.
 * @param {string|null} folder @param {() => void} begin
 */
export const proveHere = (folder, begin) =>
  folder ? html`<button type="button" class="small prove" @click=${begin}>Prove it here</button>` : nothing;
