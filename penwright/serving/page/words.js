// How surprising each word is to the author, and which words it would rather write. A word's surprise is the sum of its
// characters' −log2 p, in bits: the numbers of `penwright score`.

import {at, make, tell} from "./dom.js";

const MAX_CONTEXT = 12000;
const MAX_SCORED = 6000;
const MAX_TRIES = 24;
const MAX_WORD = 24;
const MAX_SHOWN = 8;
const LEVELS = [8, 12, 16, 22];  // bits from which a word is tinted, and more and more
const WORD = /^[^\s\p{L}\p{N}]*[\p{L}\p{N}'’-]+/u;  // with a quotation mark before it

// Returns words {start, stop, bits} of a scored text. Offsets of the scores count characters, those of words code units.
export function wordsOf(text, {text_offset: offsets, token_logprobs: logProbs}) {
  const units = [0];
  for (const char of text) units.push(units.at(-1) + char.length);
  const bits = new Float64Array(text.length + 1);
  offsets.forEach((offset, index) => {
    if (logProbs[index] !== null && offset < units.length) bits[units[offset]] -= logProbs[index] / Math.LN2;
  });
  return Array.from(text.matchAll(/\S+/gu), ({index, 0: word}) => {
    let sum = 0;
    for (let unit = index; unit < index + word.length; unit++) sum += bits[unit];
    return {start: index, stop: index + word.length, bits: sum};
  });
}

export const levelOf = (bits) => LEVELS.filter((level) => bits >= level).length;

// Returns the words that several texts begin with, the most probable first: {word, chance}. A word's chance is that of its
// letters and of the sign that ends it, added up over the signs that were seen: without one, "a" would have the chance of
// every word that begins with it.
export function alternativesOf(choices) {
  const found = new Map(), seen = new Set();
  for (const {text, logprobs: {tokens, token_logprobs: logProbs}} of choices) {
    const word = WORD.exec(text)?.[0];
    if (!word || word.length === text.length) continue;  // no end was seen
    let written = "", sum = 0;
    for (let index = 0; index < tokens.length && written.length <= word.length; index++) {
      written += tokens[index];
      sum += logProbs[index] ?? 0;
    }
    if (seen.has(written)) continue;
    seen.add(written);
    found.set(word, (found.get(word) ?? 0) + Math.exp(sum));
  }
  return [...found].map(([word, chance]) => ({word, chance})).sort((one, other) => other.chance - one.chance).slice(0, MAX_SHOWN);
}

export class Words {
  // parts: api, settings, labels, story(), editor(), onChoose(at, size, word, chance), onPaint().
  constructor(parts) {
    Object.assign(this, parts);
    this.ranges = [];
    this.numTries = MAX_TRIES;
    this.aborter = null;
    at("surprise").addEventListener("change", () => this.refresh());
    at("alternatives").addEventListener("click", () => this.alternatives());
  }

  setAbout({max_texts: maxTexts}) {
    this.numTries = Math.min(MAX_TRIES, maxTexts);
  }

  get isOn() {
    return at("surprise").checked;
  }

  // Scores the words around the cursor anew.
  async refresh() {
    this.aborter?.abort();
    if (!this.isOn) {
      this.ranges = [];
      this.onPaint();
      return;
    }
    const aborter = this.aborter = new AbortController(), story = this.story();
    const stop = Math.min(story.text.length, Math.max(this.editor().caret + MAX_SCORED / 3, MAX_SCORED));
    const prompt = story.promptAt(stop).slice(-MAX_CONTEXT), start = stop - prompt.length, node = story.head;
    const shownFrom = Math.max(0, prompt.length < MAX_CONTEXT ? 0 : stop - MAX_SCORED);
    if (!stop) return;
    try {
      const {choices} = await this.api.complete({prompt, echo: true, logprobs: 0, max_tokens: 0, ...this.labels.field()}, aborter.signal);
      if (story.head !== node || this.story() !== story) return;
      const words = wordsOf(prompt, choices[0].logprobs).map((word) => ({...word, start: word.start + start, stop: word.stop + start}));
      this.ranges = words.filter((word) => word.start >= shownFrom)
        .map((word) => ({...word, name: `surprise-${levelOf(word.bits)}`}));
      const total = this.ranges.reduce((sum, word) => sum + word.bits, 0);
      const size = this.ranges.length ? this.ranges.at(-1).stop - this.ranges[0].start : 1;
      at("surprise-told").textContent = `${(total / size).toFixed(2)} bits a character over the last ${size.toLocaleString("en")}.`;
      this.onPaint();
      this.describe();
    } catch (error) {
      if (error.name !== "AbortError") tell(error.message, true);
    }
  }

  // Tells of the word at the cursor.
  describe() {
    const {caret} = this.editor();
    const word = this.ranges.find(({start, stop}) => start <= caret && caret <= stop);
    at("word-told").textContent = word ? `“${this.story().text.slice(word.start, word.stop)}”: ${word.bits.toFixed(1)} bits` : "";
  }

  // Shows what the author might have written in the place of the word at the cursor.
  async alternatives() {
    const story = this.story(), {caret} = this.editor(), near = Math.max(0, caret - 200);
    const start = near + /\S*$/u.exec(story.text.slice(near, caret)).index;
    const size = WORD.exec(story.text.slice(start, start + 200))?.[0].length ?? 0, node = story.head;
    const fields = this.settings.fields({number: this.numTries, words: 0});
    if (!fields) return;
    at("choices").replaceChildren(make("li", {class: "aside"}, "Asking …"));
    try {
      const {choices} = await this.api.complete({
        ...fields, ...this.labels.field(), prompt: story.promptAt(start), max_tokens: MAX_WORD, logprobs: 0, temperature: 1, min_p: 0.02,
      });
      if (story.head !== node) return;
      const items = alternativesOf(choices).map(({word, chance}) => make("li", {}, make("button", {
        type: "button", class: "row", click: () => this.onChoose(start, this.#sizeAfter(start, size), word, chance),
      }, make("span", {class: "name"}, word), ` ${(100 * chance).toPrecision(2)} %`)));
      at("choices").replaceChildren(...(items.length ? items : [make("li", {class: "aside"}, "None was found.")]));
      at("choices").querySelector("button")?.focus();
    } catch (error) {
      at("choices").replaceChildren();
      tell(error.message, true);
    }
  }

  // What a chosen word replaces: the rest of what the author wrote there in one go, or one's own word.
  #sizeAfter(start, size) {
    const {text} = this.story();
    if (text.byAt(start) !== "author") return size;
    return text.runStop(start, (by) => by === "author" || by === "edited") - start;
  }
}
