/** How a proof looks: in the page's colours, as the player above it. */
export const styles = `
:host { display: block; margin: 0.5rem 0 1.5rem; color: var(--pw-ink);
  font: 14px/1.5 Inter, "Segoe UI", system-ui, sans-serif; }
section { border: 1px solid var(--pw-line); border-radius: 12px; padding: 10px 14px;
  background: var(--pw-bg); }
p { margin: 5px 0; }
.acts { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; }
progress { width: 100%; accent-color: var(--pw-accent); }
progress[hidden], button[hidden] { display: none; }
.verdict { font-weight: 600; }
.good { color: var(--pw-good); }
.bad { color: var(--pw-bad); }
.small { color: var(--pw-soft); }
ul { margin: 5px 0; padding-left: 20px; font: 13px ui-monospace, monospace; overflow-wrap: anywhere; }
a { color: inherit; }
.hands:empty { display: none; }
.screen { overflow-x: auto; }
select, button { min-height: 36px; border: 1px solid var(--pw-line); border-radius: 8px; padding: 4px 12px;
  background: var(--pw-panel); color: inherit; font: inherit; }
button { cursor: pointer; }
:is(select, button):focus-visible { outline: 2px solid var(--pw-accent); outline-offset: 2px; }
`;
