/** Time: moves t at a speed, in real time, until it arrives. */

/** One step lasts this long at speed 1, and this long when a reader steps by hand. */
const STEP_MS = 1500, HAND_MS = 420;

export class Clock {
  /** @param {(t: number) => void} show  called once a frame */
  constructor(show) {
    this.show = show;
    this.t = 0;
    this.target = 0;
    this.rate = 0;
    this.handle = 0;
  }

  get running() { return this.handle !== 0; }

  /** Go to `target` at `speed`; `then` is called on arrival. */
  play(target, speed, then) { this.start(target, speed / STEP_MS, then); }

  /** One short move to a neighbouring step. */
  glide(target) { this.start(target, Math.abs(target - this.t) / HAND_MS, null); }

  /** Be there at once. */
  jump(t) {
    this.stop();
    this.t = t;
    this.show(t);
  }

  start(target, rate, then) {
    this.stop();
    this.target = target; this.rate = rate; this.then = then;
    let before = performance.now();
    const tick = (now) => {
      const gone = Math.min(100, now - before);
      before = now;
      const way = this.target - this.t;
      const move = Math.min(Math.abs(way), gone * this.rate);
      this.t = move === Math.abs(way) ? this.target : this.t + Math.sign(way) * move;
      this.handle = this.t === this.target ? 0 : requestAnimationFrame(tick);
      this.show(this.t);
      if (!this.handle) this.then?.();
    };
    this.handle = requestAnimationFrame(tick);
  }

  stop() {
    if (this.handle) cancelAnimationFrame(this.handle);
    this.handle = 0;
  }
}
