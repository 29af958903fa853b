/** The address: what a link names is shown, and what is shown has its link, or none. */
import { holdsText, isOurs, isUnknown, linkTo, pack, recipeOf, unpack } from "./link.js";

const MOST = 40;
const COPIED =
  "The link is copied, and stands in the address bar. What you typed is in it, and nowhere else.";

export class Address {
  /** @type {{recipe: any, asked: import("./link.js").Asked}|null} what was shown before a link */
  #before = null;

  /** @param {import("./element.js").WalkPolicy} tool */
  constructor(tool) {
    this.tool = tool;
  }

  get #plugins() {
    return [...this.tool.form.plugin.options].map(({ value }) => value);
  }

  /**
   * A link names a recipe, or holds a text; back from one, what was there before is there again.
   * @param {HashChangeEvent} [event]
   */
  follow = async (event) => {
    const { hash } = location;
    const named = recipeOf(hash);
    const old = event ? new URL(event.oldURL).hash : null;
    if (old === "" && isOurs(hash)) this.#before = { recipe: this.tool.recipe, asked: this.tool.asked };
    if (named) this.#recipe(named);
    else if (holdsText(hash)) await this.#text(hash);
    else if (isUnknown(hash)) this.#say("The address holds nothing that this page knows", hash);
    else if (!hash && old && isOurs(old)) this.#back();
  };

  /** @param {{recipe: string, plugin?: string, more?: string}} named */
  #recipe({ recipe, plugin, more }) {
    const { tool } = this;
    const found = tool.recipes.find(({ name }) => name === recipe);
    if (!found) {
      this.#say("The link names no recipe of this page", recipe);
      return;
    }
    const known = this.#plugins.includes(plugin);
    tool.load(found, known ? plugin : undefined);
    const valid = this.#plugins.join(", ");
    if (plugin !== undefined && !known) this.#say(`The link names nobody who enforces (${valid})`, plugin);
    else if (more !== undefined) this.#say("The link goes on behind what this page reads", more);
  }

  /** @param {string} hash */
  async #text(hash) {
    const { tool } = this;
    try {
      const asked = await unpack(hash);
      if (location.hash !== hash) return;
      if (!this.#plugins.includes(asked.plugin)) asked.plugin = this.#plugins[0];
      tool.open(asked);
      if (tool.hasPython) await tool.edit(false);
    } catch (error) {
      tool.state.say(error.message);
    }
  }

  #back() {
    const { tool } = this;
    const { value } = [...tool.form.recipe.options].find(({ defaultSelected }) => defaultSelected);
    const first = tool.recipes.find(({ name }) => name === value);
    const { recipe, asked } = this.#before ?? { recipe: first, asked: null };
    if (!recipe) {
      tool.open(asked);
      return;
    }
    tool.load(recipe, asked?.plugin ?? this.#plugins[0]);
    if (!asked) return;
    tool.fields.set(asked);
    tool.ask();
  }

  /** @param {string} words @param {string} what  as the address has it */
  #say(words, what) {
    this.tool.state.say(`${words}: ${what.length > MOST ? `${what.slice(0, MOST)}...` : what}.`);
  }

  /** Let it name the recipe that is shown, or nothing. */
  tell() {
    const { recipe, asked, altered } = this.tool;
    const fragment = altered ? "" : linkTo(recipe.name, asked.plugin);
    if (fragment || isOurs(location.hash)) put(fragment || location.pathname + location.search);
  }

  async share() {
    const { tool } = this;
    const { recipe, asked, altered } = tool;
    try {
      put(altered ? await pack(asked) : linkTo(recipe.name, asked.plugin));
      await navigator.clipboard?.writeText(location.href).catch(() => {});
      tool.state.say(COPIED);
    } catch (error) {
      tool.state.say(error.message);
    }
  }
}

/** @param {string} url */
const put = (url) => history.replaceState(history.state, "", url);
