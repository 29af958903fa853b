/** Time: moves t at a speed, in real time, until it arrives. */

/** A move to a neighbouring step, made by hand, lasts this long. */
const HAND_MS = 420;

export class Clock {
  /** @param {(t: number) => void} show  called once a frame */
  constructor(show) {
    this.show = show;
    this.t = 0;
    this.target = 0;
    this.handle = 0;
  }

  get running() {
    return this.handle !== 0;
  }

  /** Go to `target`; `duration(i)` is how long step i takes in ms; `arrived` is called at the end. */
  play(target, duration, arrived) {
    this.start(target, (t) => 1 / duration(Math.floor(t) + 1), arrived);
  }

  /** One short move to a neighbouring step. */
  glide(target) {
    const rate = Math.abs(target - this.t) / HAND_MS;
    this.start(target, () => rate, null);
    this.gliding = true;
  }

  /** Be there at once. */
  jump(t) {
    this.stop();
    this.t = t;
    this.show(t);
  }

  start(target, rate, arrived) {
    this.stop();
    this.target = target;
    this.rate = rate;
    this.arrived = arrived;
    let before = performance.now();
    const tick = (now) => {
      const gone = Math.min(100, now - before);
      before = now;
      const way = this.target - this.t;
      const move = Math.min(Math.abs(way), gone * this.rate(this.t));
      this.t = move === Math.abs(way) ? this.target : this.t + Math.sign(way) * move;
      this.handle = this.t === this.target ? 0 : requestAnimationFrame(tick);
      this.show(this.t);
      if (!this.handle) this.arrived?.();
    };
    this.handle = requestAnimationFrame(tick);
  }

  stop() {
    if (this.handle) cancelAnimationFrame(this.handle);
    this.handle = 0;
    this.gliding = false;
  }
}
