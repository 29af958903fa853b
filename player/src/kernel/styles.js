/** How a proof looks: the page's colours where it has them. */
export const styles = `
:host { display: block; margin: 0.5rem 0 1.5rem; font: inherit; }
section { border: 1px solid var(--pst-color-border, #c9cdd3); border-radius: 6px; padding: 0.6rem 0.9rem; }
p { margin: 0.3rem 0; }
progress { width: 100%; }
progress[hidden], button[hidden] { display: none; }
.verdict { font-weight: 600; }
.good { color: var(--pst-color-success, #1a6b2d); }
.bad { color: var(--pst-color-danger, #a4161a); }
.small { font-size: 0.85em; }
ul { margin: 0.3rem 0; padding-left: 1.2rem; font: 0.85em ui-monospace, monospace; overflow-wrap: anywhere; }
a { color: inherit; }
.hands:empty { display: none; }
.screen { overflow-x: auto; }
select { font: inherit; }
button { font: inherit; padding: 0.15rem 0.7rem; }
`;
