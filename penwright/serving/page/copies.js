// Runs of the story that stand word for word in one of the author's books, underlined, with the book and the place.

import {at, make, tell} from "./dom.js";

const MAX_CHARS = 100000;

// Returns ranges in code units of runs that count characters.
export function rangesOf(text, runs) {
  const units = [0];
  for (const char of text) units.push(units.at(-1) + char.length);
  const found = [];
  for (const run of runs) {
    const start = Math.max(units[run.start], found.at(-1)?.stop ?? 0);
    if (units[run.stop] > start) found.push({...run, start, stop: units[run.stop], name: "copied"});
  }
  return found;
}

export class Copies {
  // parts: api, story(), editor(), onPaint().
  constructor(parts) {
    Object.assign(this, parts);
    this.ranges = [];
    this.canFind = false;
    at("copies").addEventListener("change", () => this.refresh());
  }

  setAbout(about) {
    this.canFind = about.finds_copies;
    at("copies").disabled = !this.canFind;
    at("copies").checked = this.canFind;
    at("copies-told").textContent = this.canFind
      ? `Runs of ${about.shortest_copy} characters or more that stand in one of ${about.num_books.toLocaleString("en")} books are underlined.`
      : "Start the server with --corpus and the author's books to see what is copied from them.";
  }

  async refresh() {
    const story = this.story(), node = story.head;
    if (!this.canFind || !at("copies").checked) {
      this.#set([]);
      return;
    }
    const stop = Math.min(story.text.length, this.editor().caret + MAX_CHARS / 2), start = Math.max(0, stop - MAX_CHARS);
    const text = story.text.slice(start, stop);
    try {
      const ranges = rangesOf(text, await this.api.copies(text));
      if (story.head !== node || this.story() !== story) return;
      this.#set(ranges.map((range) => ({...range, start: range.start + start, stop: range.stop + start})));
    } catch (error) {
      tell(error.message, true);
    }
  }

  // Tells of the run at the cursor.
  describe() {
    const {caret} = this.editor(), run = this.ranges.find(({start, stop}) => start <= caret && caret <= stop);
    at("copy-told").textContent = run ? placeOf(run) : "";
  }

  #set(ranges) {
    this.ranges = ranges;
    at("copied-runs").replaceChildren(...ranges.slice(0, 100).map((run) => make("li", {}, make("button", {
      type: "button", class: "row", click: () => { this.editor().show(run.start); at("text").focus(); },
    }, `${(run.stop - run.start).toLocaleString("en")} characters: ${placeOf(run)}`))));
    this.onPaint();
    this.describe();
  }
}

function placeOf({title, by, char, num_chars: numChars}) {
  return `${title}${by ? ` by ${by}` : ""}, at ${Math.round(100 * char / Math.max(1, numChars))} %`;
}
