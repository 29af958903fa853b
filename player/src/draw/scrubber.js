/** The visible part of the scrub bar; the real slider lies above it, unseen. */
export class Scrubber {
  /** @param {HTMLElement} bar */
  constructor(bar) {
    this.bar = bar;
    this.range = bar.querySelector("input");
    /** @type {HTMLElement} */
    this.done = bar.querySelector(".done");
    /** @type {HTMLElement} */
    this.thumb = bar.querySelector(".thumb");
    this.width = 1;
    this.share = 0;
    this.at = -1;
    new ResizeObserver(([entry]) => this.fit(entry.contentRect.width)).observe(bar);
  }

  /** Observed, not asked: asking would cost a layout. @param {number} width */
  fit(width) {
    this.width = width || 1;
    this.at = -1;
    this.show(this.share);
  }

  /**
   * Written by whole pixels only: a frame in which nothing would be seen to move costs nothing.
   * @param {number} share 0..1
   */
  show(share) {
    this.share = share;
    const at = Math.round(share * this.width);
    if (at === this.at) return;
    this.at = at;
    this.done.style.transform = `translateX(${at - this.width}px)`;
    this.thumb.style.transform = `translateX(${at}px)`;
  }
}
