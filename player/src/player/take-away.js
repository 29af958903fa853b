/** What the take-away buttons do. */

import { toHash } from "../data/options.js";
import { copy, download } from "../export/download.js";
import { embed } from "../export/embed.js";
import { captured, savedWords, together } from "../export/frames.js";
import { pcap, pcapng } from "../export/pcap.js";
import { svgText } from "../export/svg.js";
import { stepWords } from "../model/words.js";
import { pictureStyles } from "../styles.js";
import { nameOnPage } from "./name.js";
/** @import { PacketWalk } from "./element.js" */

/** @param {PacketWalk} player */
export function takeAwayActs(player) {
  let known = null;
  let frames = [];
  const all = () => {
    if (known !== player.line) {
      known = player.line;
      frames = captured(player.line);
    }
    return frames;
  };
  const file = (end) =>
    [player.options.plugin, player.options.mode, player.options.scenario, player.options.fault, end]
      .filter(Boolean)
      .join("-");
  const say = (words) => {
    player.note = words;
  };
  const copied = async (text, words) => say((await copy(text)) ? words : "copying is not allowed here");
  return {
    pcapng() {
      const { walks } = player.comparison;
      const content = walks.length ? together([player.current, ...walks]) : all();
      const name = `${file(walks.length ? "compared" : "walk")}.pcapng`;
      if (content.length) download(name, pcapng(content), "application/x-pcapng");
      say(savedWords(content, walks.length + 1));
    },
    pcap(device) {
      const own = all().filter((f) => `${f.netns}:${f.dev}` === device);
      download(
        `${file(device.replace(":", "-"))}.pcap`,
        pcap(own, own[0].link),
        "application/vnd.tcpdump.pcap",
      );
      say(`${own.length} packets of ${device} saved`);
    },
    link() {
      const url = new URL(location.href);
      url.hash = toHash(player.options, player.i, nameOnPage(player), player.comparison.modes);
      copied(url.href, "link copied");
    },
    embed() {
      if (player.snippet) {
        player.snippet = null;
        return;
      }
      const { options, i, comparison } = player;
      const root = player.getAttribute("data-root");
      if (root === null) {
        say("only the built book has files that another page can load");
        return;
      }
      const walks = new URL(root, location.href).href;
      player.snippet = embed(options, i, walks.replace(/walks\/?$/, ""), comparison.modes);
      copied(player.snippet, "snippet copied");
    },
    image() {
      const { current, line, i, drawing } = player;
      const layers = ["ground", "marks", "still", "packet"].map((c) => drawing.part(`.stage svg.${c}`));
      const title = stepWords(current, line, line.moments[i]);
      const text = svgText(layers, pictureStyles, getComputedStyle(player), title);
      download(`${file(`step-${i + 1}`)}.svg`, text, "image/svg+xml");
      say("picture saved");
    },
  };
}
