/** The keys of a tree, as the ARIA practices describe them. */

/** @param {KeyboardEvent & {currentTarget: HTMLElement, target: HTMLElement}} e */
export function treeKey(e) {
  /** @type {NodeListOf<HTMLElement>} */
  const found = e.currentTarget.querySelectorAll("[role=treeitem]");
  const items = [...found];
  const at = items.indexOf(e.target);
  if (at < 0) return;
  const item = items[at];
  const expanded = item.getAttribute("aria-expanded");
  const open = (yes) => item.dispatchEvent(new CustomEvent("openchange", { detail: yes }));
  const act = {
    ArrowDown: () => items[at + 1]?.focus(),
    ArrowUp: () => items[at - 1]?.focus(),
    Home: () => items[0].focus(),
    End: () => items.at(-1).focus(),
    ArrowRight: () => (expanded === "false" ? open(true) : expanded && items[at + 1]?.focus()),
    ArrowLeft: () =>
      expanded === "true"
        ? open(false)
        : expanded === null &&
          items
            .slice(0, at)
            .findLast((x) => x.ariaExpanded)
            ?.focus(),
    Enter: () => expanded && open(expanded === "false"),
    " ": () => expanded && open(expanded === "false"),
  }[e.key];
  if (!act) return;
  e.preventDefault();
  e.stopPropagation();
  act();
}
