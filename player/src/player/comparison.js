/**
 * The walks beside the first one of a player: which they are, where they come from, and their packets in
 * step.
 */
import { IPTABLES, MOST, modeKey, usual } from "../data/options.js";
import { Envelopes } from "../draw/envelopes.js";
import { alignment } from "../model/alignment.js";
import { heightOf, morph, rims, shownBytes } from "../model/envelope.js";
import { packetOf } from "../model/frame.js";
import { timeline } from "../model/timeline.js";
import { headline, titleOf } from "../model/words.js";

/** @import { Mode, Options } from "../data/options.js" */
/** @import { PacketWalk } from "./element.js" */
/** @import { Frame } from "../model/frame.js" */
/** @import { Timeline, Walk } from "../types.js" */

/** Pixels of a byte at most, and around and between the lanes. */
const MOST_SCALE = 2.4;
const GAP = 12;
const PAD = 12;
const EDGE = 28;
export const STACKED = 560;

/** @typedef {{key: string, mode: Mode, walk: Walk|null, line: Timeline|null, error: string}} Lane */

export class Comparison {
  /** @param {PacketWalk} player */
  constructor(player) {
    this.player = player;
    /** @type {Mode[]} */
    this.modes = [];
    /** @type {Lane[]} */
    this.lanes = [];
    this.picking = false;
    this.offers = null;
    this.message = "";
    this.drawn = new Map();
  }

  /** The walks that have come. */
  get walks() {
    return this.lanes.flatMap((lane) => lane.walk ?? []);
  }

  get shown() {
    return this.picking || this.modes.length > 0;
  }

  get possible() {
    const { current, opening } = this.player;
    return current?.plugin !== "linux" && !current?.policies && (opening.store?.open ?? false);
  }

  /** The first walk and those that have come, as lanes. @returns {Lane[]} */
  get all() {
    const { current: walk, line } = this.player;
    return [{ key: "", mode: walk, walk, line, error: "" }, ...this.lanes];
  }

  /** @param {Mode[]} modes */
  set(modes) {
    this.modes = modes.slice(0, MOST);
  }

  /** The walk of a lane, in the usual form where that mode has no other. @param {Options} o */
  async exact(o) {
    const { store } = this.player.opening;
    return store.exact(o).catch((error) => {
      if (usual(o)) throw error;
      return store.exact({ ...o, rules: IPTABLES, release: "" });
    });
  }

  /** Fetch what stands beside the walk now shown: the same packet in the other modes. */
  follow() {
    const { options } = this.player;
    this.modes = this.modes.filter((m) => modeKey(m) !== modeKey(options));
    this.lanes = this.modes.map((mode) => ({ key: modeKey(mode), mode, walk: null, line: null, error: "" }));
    this.room = null;
    for (const lane of this.lanes) {
      this.exact({ ...options, ...lane.mode, fault: null })
        .then(
          (walk) => {
            lane.walk = walk;
            lane.line = timeline(walk);
          },
          (error) => {
            lane.error = error?.message ?? String(error);
          },
        )
        .finally(() => {
          if (this.lanes.includes(lane)) {
            this.room = null;
            this.player.requestUpdate();
          }
        });
    }
    this.player.requestUpdate();
  }

  /** Show or hide what there is to choose. */
  pick() {
    this.picking = !this.picking;
    this.player.requestUpdate();
    if (!this.picking || this.offers) return;
    this.player.opening.store
      .modes()
      .then(
        (all) => {
          this.offers = all;
          this.message = "";
        },
        () => {
          this.offers = null;
          this.message = "The list of modes cannot be read.";
        },
      )
      .finally(() => this.player.requestUpdate());
  }

  /** Add a walk or take it away. @param {Mode} mode */
  toggle(mode) {
    const without = this.modes.filter((m) => modeKey(m) !== modeKey(mode));
    this.set(without.length < this.modes.length ? without : [...this.modes, mode]);
    this.follow();
  }

  /**
   * Take a walk away by the button on its lane: the focus goes to where walks are added.
   * @param {Mode} mode
   */
  remove(mode) {
    this.toggle(mode);
    this.player.drawing.part(".choices button[aria-expanded]")?.focus();
  }

  /** The step of a lane beside a step of the first walk. @param {Lane} lane @param {number} i */
  at(lane, i) {
    return lane.key === "" ? i : alignment(this.player.current, lane.walk, i);
  }

  /** What the lanes show at a step, in words. @param {number} i */
  words(i) {
    return this.lanes
      .filter((lane) => lane.walk)
      .map((lane) => {
        const { step } = lane.line.moments[this.at(lane, i)];
        return ` ${headline(lane.mode)}: ${titleOf(step)}, ${step.netns}.`;
      })
      .join("");
  }

  /**
   * Pixels of a byte and the height that the largest packet needs: the same for all lanes.
   * @param {number} width of the player
   */
  space(width) {
    if (this.room?.width === width) return this.room;
    const stacks = this.all.flatMap((lane) => lane.line?.moments.map((m) => packetOf(m.step)) ?? []);
    const side = width < STACKED ? 1 : this.all.length;
    const own = (width - EDGE - GAP * (side - 1)) / side - 2 * PAD;
    const scale = Math.min(MOST_SCALE, ...stacks.map((s) => (own - rims(s)) / shownBytes(s)));
    this.room = { width, scale, height: Math.max(...stacks.map(heightOf)) };
    return this.room;
  }

  /** Called once a frame. @param {Frame} f */
  draw(f) {
    if (!this.modes.length) return this.drawn.clear();
    const { scale } = this.space(this.player.width);
    for (const lane of this.all) {
      const svg = lane.line && this.player.drawing.part(`.beside svg[data-lane="${lane.key}"]`);
      if (!svg) continue;
      if (this.drawn.get(lane.key)?.packet !== svg) this.drawn.set(lane.key, new Envelopes(svg));
      const { before, after } = packets(lane.line, this.at(lane, Math.max(0, f.i - 1)), this.at(lane, f.i));
      this.drawn.get(lane.key).draw(morph(before, after, scale, f.e).boxes);
    }
  }
}

/** The packet of a lane at two steps, the same twice where it waits or where another packet takes over. */
function packets(line, from, to) {
  const moment = line.moments[to];
  const after = packetOf(moment.step);
  const earlier = line.moments[from];
  return { before: from === to || earlier.trace !== moment.trace ? after : packetOf(earlier.step), after };
}
