/** Icons, as SVG. */
import { html, svg } from "lit";

const PATHS = {
  play: svg`<path d="M7 4.5v15l12-7.5z" fill="currentColor"/>`,
  pause: svg`<path d="M7 5h3.6v14H7zM13.4 5H17v14h-3.6z" fill="currentColor"/>`,
  next: svg`<path d="m9 5 7 7-7 7"/>`,
  back: svg`<path d="m15 5-7 7 7 7"/>`,
  first: svg`<path d="M6 5v14M18 5l-7 7 7 7"/>`,
  last: svg`<path d="M18 5v14M6 5l7 7-7 7"/>`,
  open: svg`<path d="m9 6 6 6-6 6"/>`,
  check: svg`<path d="m5 12.5 4.5 4.5L19 7.5"/>`,
  cross: svg`<path d="m6 6 12 12M18 6 6 18"/>`,
  warning: svg`<path d="M12 4 3 19.5h18zM12 10v4.5M12 17v.5"/>`,
  download: svg`<path d="M12 4v11m-4.5-4.5L12 15l4.5-4.5M5 20h14"/>`,
  link: svg`<path d="M10 14a4 4 0 0 0 6 .4l3-3a4.1 4.1 0 0 0-5.8-5.8l-1.3 1.3
    M14 10a4 4 0 0 0-6-.4l-3 3a4.1 4.1 0 0 0 5.8 5.8l1.3-1.3"/>`,
  code: svg`<path d="m8 7-5 5 5 5M16 7l5 5-5 5M13.5 5l-3 14"/>`,
  image: svg`<path d="M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 8.5v.01"/>`,
  right: svg`<path d="M4 12h15m-5-5 5 5-5 5"/>`,
};

/** @param {keyof typeof PATHS} name */
export const icon = (name) =>
  html`<svg class="icon" viewBox="0 0 24 24" width="18" height="18"
    aria-hidden="true" focusable="false">${PATHS[name]}</svg>`;
