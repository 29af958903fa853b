/** A terminal on a namespace of the kernel in the page: xterm.js, fetched when a reader opens one. */

const SCRIPT = "xterm.mjs";
const STYLE = "xterm.css";
const SIZE = { cols: 80, rows: 16 }; // what a serial line is taken for, and no taller than a small screen

export class Terminal {
  /** @type {any} of xterm.js */
  #screen = null;

  /**
   * @param {ShadowRoot} root  in which it stands, for its style
   * @param {string} folder  the address of the kernel's folder
   * @param {(text: string) => void} typed
   */
  constructor(root, folder, typed) {
    this.root = root;
    this.folder = folder;
    this.typed = typed;
  }

  /** Show it, empty. @param {HTMLElement} place */
  async open(place) {
    if (!this.#screen) {
      const [{ Terminal: Screen }, css] = await Promise.all([
        import(String(new URL(SCRIPT, this.folder))),
        fetch(new URL(STYLE, this.folder)).then((answer) => answer.text()),
      ]);
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      this.root.adoptedStyleSheets = [...this.root.adoptedStyleSheets, sheet];
      this.#screen = new Screen({ ...SIZE, fontSize: 13, screenReaderMode: true });
      this.#screen.open(place);
      this.#screen.onData(this.typed);
      // Tab is the shell's; who goes through the page by keyboard leaves with Shift and Tab.
      this.#screen.attachCustomKeyEventHandler(({ key, shiftKey }) => !(key === "Tab" && shiftKey));
    }
    this.#screen.reset();
    this.#screen.focus();
  }

  /** @param {Uint8Array} bytes */
  show(bytes) {
    this.#screen?.write(bytes);
  }

  end() {
    this.#screen?.dispose();
    this.#screen = null;
  }
}
