/**
 * A guest in v86, in whichever worker or program runs this: files go in and come out by 9p, the control
 * line only starts work and tells its end.
 */

/** The same when the state is made as when it is taken up again. */
export const DEVICES = {
  memory_size: 96 * 2 ** 20,
  vga_memory_size: 2 ** 20,
  filesystem: {},
  virtio_console: true,
  disable_keyboard: true,
  disable_mouse: true,
  disable_speaker: true,
};

export const COMMAND_LINE = [
  "console=ttyS0 quiet tsc=reliable mitigations=off noapic nolapic nomce nowatchdog random.trust_cpu=on",
  "rcupdate.rcu_cpu_stall_suppress=1 rcupdate.rcu_expedited=1",
].join(" ");

const CONTROL = "virtio-console0";

export class Machine {
  /** @type {Promise<any>} */
  #before = Promise.resolve();

  /**
   * @param {any} V86  the class of libv86
   * @param {object} options  of v86, beside DEVICES
   */
  constructor(V86, options) {
    this.emulator = new V86({ ...DEVICES, autostart: true, ...options });
    /** @type {(line: string) => void} */
    this.heard = () => {};
    /** @type {(byte: number) => void} */
    this.typed = () => {};
    let line = "";
    this.emulator.add_listener(`${CONTROL}-output-bytes`, (bytes) => {
      for (const byte of bytes) {
        if (byte !== 10) line += String.fromCharCode(byte);
        else {
          const whole = line.trim();
          line = "";
          if (whole) this.heard(whole);
        }
      }
    });
    this.emulator.add_listener("serial0-output-byte", (byte) => this.typed(byte));
  }

  /** When the emulator is there, its state taken up. @returns {Promise<void>} */
  get ready() {
    return new Promise((resolve) => this.emulator.add_listener("emulator-ready", () => resolve()));
  }

  /** @param {string} text */
  say(text) {
    this.emulator.bus.send(`${CONTROL}-input-bytes`, new TextEncoder().encode(text));
  }

  /**
   * What the guest tells until one line is the end.
   * @param {(line: string) => boolean} ends @returns {Promise<string>}
   */
  until(ends) {
    return new Promise((resolve, refuse) => {
      this.heard = (line) => {
        if (line.startsWith("failed")) refuse(new Error(`the guest: ${line}`));
        else if (ends(line)) resolve(line);
      };
    });
  }

  /**
   * Give the guest a job when it has done those before, and return its answer.
   * @param {string} name @param {Uint8Array} job @param {(order: number) => void} [progress]
   * @returns {Promise<Uint8Array>}
   */
  work(name, job, progress = () => {}) {
    const mine = this.#before.then(() => this.#work(name, job, progress));
    this.#before = mine.catch(() => {});
    return mine;
  }

  async #work(name, job, progress) {
    await this.emulator.create_file(`/${name}`, job);
    const done = this.until((line) => {
      if (line.startsWith("at ")) progress(Number(line.slice(3)));
      return line === `done ${name}`;
    });
    this.say(`${name}\n`);
    await done;
    return this.emulator.read_file(`/${name}.answer`);
  }

  /** Type on the serial line. @param {string} text */
  type(text) {
    this.emulator.serial0_send(text);
  }

  end() {
    return this.emulator.destroy();
  }
}
