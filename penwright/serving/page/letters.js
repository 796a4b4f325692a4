// Writing by hand with the author's probabilities: the letters that may come next, the most probable first. A click puts
// one in and shows the next; undo takes it back.

import {at, make, tell} from "./dom.js";

const NUM_LETTERS = 20;
const LEAST_SHOWN = 0.0001;
const SHOWN = {" ": "␣", "\n": "↵", "\t": "⇥"};

// Returns letters {text, chance} of the answer to a request for one. What has no text of its own is left out.
export function lettersOf({top_logprobs: [top]}) {
  return Object.entries(top ?? {})
    .filter(([text]) => text && !/^<(edge|nibble .)>$/.test(text))
    .map(([text, logProb]) => ({text, chance: Math.exp(logProb)}))
    .sort((one, other) => other.chance - one.chance);
}

const percentOf = (chance) => chance < LEAST_SHOWN ? "<0.01" : (100 * chance).toPrecision(2);

export class Letters {
  // parts: api, labels, story(), editor(), onChoose(at, text, chance).
  constructor(parts) {
    Object.assign(this, parts);
    at("letters").addEventListener("click", () => this.show());
  }

  async show() {
    const story = this.story(), {caret} = this.editor();
    story.close();
    const node = story.head;
    try {
      const fields = {prompt: story.promptAt(caret), max_tokens: 1, logprobs: NUM_LETTERS, temperature: 0, seed: 0};
      const {choices} = await this.api.complete({...fields, ...this.labels.field()});
      if (story.head !== node || this.editor().caret !== caret) return;
      const found = lettersOf(choices[0].logprobs);
      at("next-letters").replaceChildren(...found.map(({text, chance}) => make("li", {}, make("button", {
        type: "button", "aria-label": `${SHOWN[text] ? JSON.stringify(text) : text}, ${percentOf(chance)} per cent`,
        click: () => this.#choose(caret, text, chance),
      }, make("span", {class: "name"}, text.replace(/[ \n\t]/g, (sign) => SHOWN[sign])), ` ${percentOf(chance)} %`))));
      at("next-letters").querySelector("button")?.focus();
    } catch (error) {
      tell(error.message, true);
    }
  }

  async #choose(caret, text, chance) {
    this.onChoose(caret, text, chance);
    await this.show();
  }
}
