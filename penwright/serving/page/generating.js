// The author at work: it goes on from the cursor, offers a suggestion or several candidates, and stops at once.

import {counted, tell} from "./dom.js";
import {firstWord, wordStop} from "./layers.js";

const MAX_PROMPT = 4_000_000;
const SUGGESTED_WORDS = 12;
const MAX_NOTED = 3000;

export class Generating {
  // parts: api, settings, labels, editor(), story(), candidates, onChange() after the text or the tree has changed.
  constructor(parts) {
    Object.assign(this, parts);
    this.aborter = null;
    this.suggestion = null;  // {at, text, node}
  }

  get isWriting() {
    return this.aborter !== null;
  }

  // Ends whatever is being written. The server hears of it at once.
  stop() {
    this.aborter?.abort();
  }

  // Goes on from the cursor with as many texts as the settings say.
  async continue() {
    if (this.isWriting) return;
    if (this.settings.number > 1) await this.propose();
    else await this.#write(this.#place());
  }

  // Takes the last generation back and writes another beside it.
  async retry() {
    if (this.isWriting) return;
    const story = this.story();
    story.close();
    if (story.head.by !== "author") {
      tell("The last change is not the author's: there is nothing to write again. Ctrl Enter goes on.");
      return;
    }
    const {at} = story.head;
    this.editor().show(story.undo());
    await this.#write(at);
  }

  // Writes several texts side by side; none is in the story until one is taken.
  async propose() {
    const at = this.#place(), story = this.story(), {number} = this.settings;
    const asked = this.#asked(at, {number});
    if (!asked) return;
    story.close();
    const parent = story.head, texts = Array(number).fill("");
    this.candidates.begin(number);
    this.editor().follow();
    await this.#run(asked, (choice) => {
      texts[choice.index] += choice.text;
      this.candidates.show(choice.index, texts[choice.index], choice.finish_reason !== null);
    });
    if (story.head !== parent || this.story() !== story) return;
    const nodes = texts.map((text, index) => text ? story.propose(at, 0, text, noteOf(asked, index)) : null);
    this.candidates.end(nodes);
    this.editor().follow();
    this.onChange();
    tell(`${counted(nodes.filter(Boolean).length, "candidate")}: a number takes one, Esc leaves them. All stay in the tree.`);
  }

  // Shows how the text might go on, without putting it in.
  async suggest() {
    if (this.isWriting) return;
    const at = this.#place(), story = this.story(), asked = this.#asked(at, {number: 1, words: SUGGESTED_WORDS});
    if (!asked) return;
    this.dismiss();
    story.close();
    let text = "";
    await this.#run(asked, (choice) => {
      text += choice.text;
      if (!this.editor().isComposing) this.editor().setGhost(text);
    });
    if (!text || this.story() !== story || this.editor().caret !== at || this.editor().isComposing) {
      this.dismiss();
      return;
    }
    this.#offer({at, text, node: story.propose(at, 0, text, noteOf(asked, 0))});
    if (at !== story.text.length) {
      this.candidates.offer(this.suggestion.node);
      this.editor().follow();
    }
    this.onChange();
    tell("A suggestion: Tab takes it, Ctrl → takes a word, Esc leaves it.");
  }

  // Puts the suggestion in, all of it or its first word. Returns false if there is none.
  accept({isWhole}) {
    const {suggestion} = this, editor = this.editor(), story = this.story();
    if (!suggestion || editor.isComposing || editor.caret !== suggestion.at) return false;
    const word = isWhole ? suggestion.text : firstWord(suggestion.text);
    if (isWhole && suggestion.node.parent === story.head) story.goTo(suggestion.node.id);
    else story.edit(suggestion.at, 0, word, "author", {of: suggestion.node.id});
    story.close();
    const at = suggestion.at + word.length, text = suggestion.text.slice(word.length);
    this.#offer(text ? {...suggestion, at, text} : null);
    editor.ghost = text;
    editor.show(at);
    this.onChange();
    return true;
  }

  // Leaves the suggestion. It stays in the tree.
  dismiss() {
    const had = this.suggestion !== null || this.editor().ghost !== "";
    this.#offer(null);
    this.editor().setGhost("");
    return had;
  }

  #offer(suggestion) {
    this.suggestion = suggestion;
    this.onOffer(suggestion !== null);
  }

  // Goes on writing at an offset, into a node of its own.
  async #write(at) {
    const story = this.story(), editor = this.editor(), asked = this.#asked(at, {number: 1});
    if (!asked) return;
    this.dismiss();
    const began = performance.now();
    const node = story.begin(at, 0, "author", noteOf(asked, 0));
    let first = 0;
    const isDone = await this.#run(asked, ({text}) => {
      if (story.open !== node) this.stop();  // something else was done meanwhile
      if (story.open !== node || !text) return;
      first ||= performance.now() - began;
      story.grow(text);
      editor.append(at + node.inserted.length - text.length, text);
    });
    const size = node.inserted.length;
    if (story.open === node) story.close();
    this.onChange();
    if (isDone !== null) {
      const speed = Math.round(size / Math.max(0.001, (performance.now() - began - first) / 1000));
      const pace = size > 200 ? `, ${speed.toLocaleString("en")} a second` : "";
      tell(`${isDone ? "Done" : "Stopped"}: ${counted(size, "character")}${pace}, seed ${asked.seed}.`);
    }
  }

  // Streams a request. Returns true if it came to its end, false if it was stopped, null if it failed.
  async #run(asked, take) {
    const aborter = new AbortController();
    this.aborter = aborter;
    this.onState(true);
    tell(asked.prompt.length > 20000 ? `Reading ${counted(asked.prompt.length, "character")} …` : "Writing …");
    try {
      for await (const choice of this.api.stream(asked, aborter.signal)) {
        if (aborter.signal.aborted) break;
        take(choice);
      }
      return !aborter.signal.aborted;
    } catch (error) {
      if (error.name === "AbortError") {
        tell("Stopped.");
        return false;
      }
      tell(error.message, true);
      return null;
    } finally {
      this.aborter = null;
      this.onState(false);
    }
  }

  // Where to go on: at the cursor, and behind the word if that stands within one.
  #place() {
    const editor = this.editor(), {text} = this.story(), {caret} = editor;
    const start = Math.max(0, caret - 100), at = start + wordStop(text.slice(start, caret + 100), caret - start);
    if (at !== caret) editor.show(at);
    return at;
  }

  #asked(at, options) {
    this.settings.next();
    const fields = this.settings.fields(options), prompt = this.story().promptAt(at);
    if (prompt.length > MAX_PROMPT) {
      tell(`The author reads at most ${counted(MAX_PROMPT, "character")} before it writes, and there are ${prompt.length.toLocaleString("en")}.`, true);
      return null;
    }
    if (!fields) return null;
    this.onRead(prompt.length);
    return {...fields, ...this.labels.field(), prompt};
  }
}

function noteOf({prompt, as, ...fields}, index) {
  const labels = as && {as: JSON.stringify(as).slice(0, MAX_NOTED)};  // a note is flat, and short
  return {...fields, ...labels, read: prompt.length, sample: index};
}
