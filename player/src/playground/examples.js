/** What was computed with the book of every two pods of every recipe: fetched when it is first asked for. */
export class Examples {
  /** @type {Promise<any>|null} */
  #all = null;

  /** @param {string} folder  where it is */
  constructor(folder) {
    this.folder = folder;
  }

  /**
   * @param {string} recipe @param {string} plugin @param {string} source @param {string} destination
   * @returns {Promise<import("./words.js").Told|undefined>}
   */
  async find(recipe, plugin, source, destination) {
    this.#all ??= fetch(new URL("examples.json.gz", this.folder))
      .then((found) => new Response(found.body.pipeThrough(new DecompressionStream("gzip"))).json())
      .catch(() => null);
    return (await this.#all)?.[recipe]?.[plugin]?.[`${source} ${destination}`];
  }
}
