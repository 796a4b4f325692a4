// One editable text: a text field over a mirror that paints it. The field is what a browser edits, reads aloud and
// composes in; the mirror shows colours and what is suggested. Of a very long story a part around the caret is shown.

import {at, make} from "./dom.js";
import {changeOf, linesOf, stretched} from "./layers.js";

const MAX_SHOWN = 40000;
const STEP = 20000;

export class Editor {
  // hooks: onEdit(at, size, inserted), onMove(), layers() -> lists of ranges of the story.
  constructor(story, hooks) {
    Object.assign(this, {story, hooks, base: 0, shown: "", ghost: "", isComposing: false});
    this.field = at("text");
    this.mirror = at("mirror");
    this.keys = [];
    this.field.value = "";
    this.mirror.replaceChildren();
    this.aborter = new AbortController();
    const {signal} = this.aborter, on = (name, call) => this.field.addEventListener(name, call, {signal});
    on("input", () => this.isComposing ? this.paint() : this.#take());
    on("compositionstart", () => { this.isComposing = true; this.setGhost(""); });
    on("compositionend", () => { this.isComposing = false; this.#take(); });
    document.addEventListener("selectionchange", () => document.activeElement === this.field && hooks.onMove(), {signal});
    at("earlier").addEventListener("click", () => this.#shift(-STEP), {signal});
    at("later").addEventListener("click", () => this.#shift(STEP), {signal});
  }

  close() {
    this.aborter.abort();
  }

  // Caret in the story.
  get caret() {
    return this.base + this.field.selectionEnd;
  }

  get selectionStart() {
    return this.base + this.field.selectionStart;
  }

  // Shows the story as it is now, with the caret at an offset, or where it was.
  show(caret = this.caret, {scrolls = true} = {}) {
    const {text} = this.story;
    if (caret < this.base || caret > this.base + MAX_SHOWN || this.base > text.length) this.#setBase(caret - STEP);
    const now = text.slice(this.base, this.base + MAX_SHOWN);
    const change = changeOf(this.field.value, now, -1);
    if (change) this.field.setRangeText(change.inserted, change.at, change.at + change.size, "end");
    this.shown = now;
    const place = Math.max(0, Math.min(now.length, caret - this.base));
    if (this.field.selectionEnd !== place || this.field.selectionStart !== place) this.field.setSelectionRange(place, place);
    this.paint();
    if (scrolls) this.#follow(place);
  }

  // Puts text in at an offset that the author wrote, and lets the reader's own caret stand.
  append(where, text) {
    const place = where - this.base, {selectionStart, selectionEnd} = this.field;
    const isAtEnd = selectionEnd === place && selectionStart === place;
    if (place < 0 || place > this.shown.length) return;
    this.field.setRangeText(text, place, place, "preserve");
    if (isAtEnd) this.field.setSelectionRange(place + text.length, place + text.length);
    this.shown = this.field.value;
    this.paint();
    if (isAtEnd) this.#follow(place + text.length);
  }

  // Scrolls to the caret, such as after the view has become smaller.
  follow() {
    this.#follow(this.field.selectionEnd);
  }

  setGhost(text) {
    if (text === this.ghost) return;
    this.ghost = text;
    this.paint();
    if (text) this.#reveal(this.mirror.lastElementChild);
  }

  // Paints the lines that changed.
  paint() {
    const {base} = this, text = this.field.value;
    let layers = this.hooks.layers(base, base + this.shown.length)
      .map((ranges) => ranges.map((range) => ({...range, start: range.start - base, stop: range.stop - base})));
    const composed = this.isComposing ? changeOf(this.shown, text, this.field.selectionEnd) : null;
    if (composed) layers = layers.map((ranges) => stretched(ranges, composed));
    const lines = linesOf(text, layers);
    if (this.ghost && base + text.length === this.story.text.length) {
      this.ghost.split("\n").forEach((part, which) => {
        if (which) lines.push([]);
        lines.at(-1).push({text: part, names: "ghost"});
      });
    }
    const keys = lines.map((line) => line.map(({text: part, names}) => `${names}\u0001${part}`).join("\u0002"));
    let first = 0, last = 0;
    const most = Math.min(keys.length, this.keys.length);
    while (first < most && keys[first] === this.keys[first]) first++;
    while (last < most - first && keys[keys.length - 1 - last] === this.keys[this.keys.length - 1 - last]) last++;
    const {children} = this.mirror, before = children[this.keys.length - last] ?? null;
    for (let index = this.keys.length - last; index-- > first;) children[index].remove();
    const fresh = lines.slice(first, lines.length - last).map(lineElement);
    for (const element of fresh) this.mirror.insertBefore(element, before);
    this.keys = keys;
    at("earlier").hidden = base === 0;
    at("later").hidden = base + text.length >= this.story.text.length;
  }

  #take() {
    const now = this.field.value, change = changeOf(this.shown, now, this.field.selectionEnd);
    if (!change) return;
    this.shown = now;
    this.hooks.onEdit(this.base + change.at, change.size, change.inserted);
    this.paint();
  }

  // Shows the part of the story that begins about an offset, at the beginning of a line if one is near.
  #setBase(start) {
    const {text} = this.story;
    let base = Math.max(0, Math.min(start, text.length - MAX_SHOWN));
    if (base) base += text.slice(base, base + 5000).indexOf("\n") + 1;
    if (base === this.base) return;
    this.base = base;
    this.shown = this.field.value = text.slice(base, base + MAX_SHOWN);
  }

  #shift(step) {
    const edge = step < 0 ? this.base : this.base + this.shown.length;
    this.#setBase(this.base + step);
    this.show(edge);
    this.field.focus();
  }

  // Scrolls only as far as it takes to see an offset.
  #follow(place) {
    const start = this.shown.slice(0, place).lastIndexOf("\n") + 1;
    let line = 0, rest = place - start;
    for (let index = this.shown.indexOf("\n"); index >= 0 && index < start; index = this.shown.indexOf("\n", index + 1)) line++;
    const element = this.mirror.children[line];
    if (!element) return;
    const parts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    let part = parts.nextNode();
    while (part && rest > part.length) {
      rest -= part.length;
      part = parts.nextNode();
    }
    const sign = document.createRange();
    if (part) sign.setStart(part, Math.max(0, rest - 1));
    if (part) sign.setEnd(part, rest);
    this.#reveal(part ? sign : element);
  }

  #reveal(shown) {
    const page = at("page"), box = shown.getBoundingClientRect(), view = page.getBoundingClientRect();
    if (box.bottom > view.bottom - 24) page.scrollTop += box.bottom - view.bottom + 48;
    else if (box.top < view.top) page.scrollTop -= view.top - box.top + 24;
  }
}

function lineElement(line) {
  const parts = line.map(({text, names}) => names ? make("span", {class: names}, text) : text);
  return make("div", {}, ...(parts.length ? parts : [make("br")]));
}
