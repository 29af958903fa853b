/** The address: what a link names is shown, and what is shown has its link, or none. */
import { holdsText, isOurs, isUnknown, linkTo, pack, recipeOf, unpack } from "./link.js";

const MOST = 40;
const UNKNOWN = {
  plugin: () => "nobody who enforces",
  mode: (plugin) => `no mode of ${plugin}`,
  rules: (plugin) => `no form of the rules of ${plugin}`,
  protocol: () => "no protocol of this page",
};
const COPIED =
  "The link is copied, and stands in the address bar. What you typed is in it, and nowhere else.";

export class Address {
  /** @type {{recipe: any, asked: import("./link.js").Asked}|null} what was shown before a link */
  #before = null;

  /** @param {import("./element.js").WalkPolicy} tool */
  constructor(tool) {
    this.tool = tool;
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

  /** @param {ReturnType<typeof recipeOf>} named */
  #recipe({ recipe, more, ...named }) {
    const { tool } = this;
    const found = tool.recipes.find(({ name }) => name === recipe);
    if (!found) {
      this.#say("The link names no recipe of this page", recipe);
      return;
    }
    const { how, wrong } = this.#known(named);
    tool.load(found, how);
    if (wrong) this.#say(...wrong);
    else if (more !== undefined) this.#say("The link goes on behind what this page reads", more);
  }

  /**
   * How a link has it, as far as it is known here, and what is to be said of the rest.
   * @param {{plugin?: string, mode?: string, rules?: string, protocol?: string}} named
   * @returns {{how: {plugin: string}, wrong: [string, string]|null}}
   */
  #known(named) {
    const { fields } = this.tool;
    const how = { plugin: fields.values.plugin };
    /** @type {[string, string]|null} */
    let wrong = null;
    for (const [name, words] of Object.entries(UNKNOWN)) {
      const given = named[name];
      const valid = fields.valid(name, how.plugin);
      if (valid.includes(given)) how[name] = given;
      else if (given !== undefined)
        wrong ??= [`The link names ${words(how.plugin)} (${valid.join(", ")})`, given];
    }
    return { how, wrong };
  }

  /** @param {string} hash */
  async #text(hash) {
    const { tool } = this;
    try {
      const { plugin, mode, rules, protocol, ...asked } = await unpack(hash);
      if (location.hash !== hash) return;
      const { how, wrong } = this.#known({ plugin, mode, rules, protocol });
      tool.open({ ...tool.fields.values, ...asked, ...how });
      if (wrong) this.#say(...wrong);
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
    tool.load(recipe, asked ?? { plugin: tool.fields.valid("plugin")[0] });
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
    const { recipe, how, altered } = this.tool;
    const fragment = altered ? "" : linkTo(recipe.name, ...how);
    if (fragment || isOurs(location.hash)) put(fragment || location.pathname + location.search);
  }

  async share() {
    const { tool } = this;
    const { recipe, asked, how, altered } = tool;
    try {
      put(altered ? await pack(asked) : linkTo(recipe.name, ...how));
      await navigator.clipboard?.writeText(location.href).catch(() => {});
      tool.state.say(COPIED);
    } catch (error) {
      tool.state.say(error.message);
    }
  }
}

/** @param {string} url */
const put = (url) => history.replaceState(history.state, "", url);
