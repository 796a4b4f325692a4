// Texts that the author reads before the story: their manner goes over into what it writes.

import {at, counted, make, tell} from "./dom.js";

const MAX_CHARS = 3_000_000;
const MAX_TEXTS = 20;

export class FirstView {
  // onRead is called with a name and a text, or null to take it away.
  constructor({story, onRead}) {
    Object.assign(this, {story, onRead});
    at("first-file").addEventListener("change", () => this.#take());
    at("first-add").addEventListener("click", () => this.#add());
  }

  show() {
    const items = [...this.story().first].map(([name, text]) => make("li", {},
      make("span", {}, `${name}: ${counted(text.length, "character")} `),
      make("button", {type: "button", class: "small", "aria-label": `Do not read ${name} first`, click: () => this.onRead(name, null)}, "✕")));
    at("first-list").replaceChildren(...items);
  }

  async #take() {
    for (const file of at("first-file").files) {
      if (file.size > 4 * MAX_CHARS) {
        tell(`${file.name} is too long: at most ${counted(MAX_CHARS, "character")} are read first.`, true);
        continue;
      }
      this.#read(file.name.slice(0, 300), (await file.text()).replace(/^\ufeff/, "").replace(/\r\n?/g, "\n"));
    }
    at("first-file").value = "";
  }

  #add() {
    const text = at("first-text").value;
    if (!text.trim()) return;
    let number = 1;
    while (this.story().first.has(`Note ${number}`)) number++;
    if (this.#read(`Note ${number}`, text)) at("first-text").value = "";
  }

  // Takes a text, unless it is more than the server keeps: it would refuse all that is written afterwards with it.
  #read(name, text) {
    const others = [...this.story().first].filter(([other]) => other !== name);
    const size = others.reduce((sum, [, other]) => sum + other.length, text.length);
    if (others.length >= MAX_TEXTS || size > MAX_CHARS) {
      tell(`${name} is too much: at most ${MAX_TEXTS} texts of ${counted(MAX_CHARS, "character")} together are read first.`, true);
      return false;
    }
    this.onRead(name, text);
    return true;
  }
}
