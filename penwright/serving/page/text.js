// A long text as pieces, each written by one hand. A change costs the pieces that it meets, not the length of the text.
// Offsets count UTF-16 code units, as everywhere in a browser.

const MAX_PIECE = 4096;

export class Text {
  constructor() {
    this.pieces = [];  // of {text, by}, none empty
    this.length = 0;
  }

  // Puts pieces in the place of `size` code units at `at`, and returns the pieces that were there.
  replace(at, size, pieces) {
    if (at < 0 || size < 0 || at + size > this.length) throw new RangeError(`no text of ${size} at ${at}`);
    const first = this.#split(at), stop = this.#split(at + size);
    const added = pieces.filter((piece) => piece.text);
    const removed = this.pieces.splice(first, stop - first, ...added);
    this.length += sizeOf(added) - size;
    this.#join(first + added.length);
    this.#join(first);
    return removed;
  }

  // Returns the pieces of a part.
  part(start, stop) {
    const found = [];
    let {index, offset} = this.#find(start);
    for (; index < this.pieces.length && offset < stop; index++) {
      const {text, by} = this.pieces[index];
      const shown = text.slice(Math.max(0, start - offset), stop - offset);
      if (shown) found.push({text: shown, by});
      offset += text.length;
    }
    return found;
  }

  slice(start, stop = this.length) {
    return this.part(start, stop).map((piece) => piece.text).join("");
  }

  // Returns who wrote the code unit at an offset, or null where there is none.
  byAt(at) {
    return at >= 0 && at < this.length ? this.pieces[this.#find(at).index].by : null;
  }

  // Returns the end of what the same kind of hand wrote around an offset.
  runStop(at, isSame) {
    if (at >= this.length) return this.length;
    let {index, offset} = this.#find(at);
    while (index < this.pieces.length && isSame(this.pieces[index].by)) offset += this.pieces[index++].text.length;
    return Math.max(offset, at);
  }

  // Returns the piece that holds an offset, and where it begins. Looked for from the nearer end.
  #find(at) {
    let index = 0, offset = 0;
    if (at <= this.length / 2) {
      while (index < this.pieces.length && offset + this.pieces[index].text.length <= at) {
        offset += this.pieces[index++].text.length;
      }
      return {index, offset};
    }
    index = this.pieces.length;
    offset = this.length;
    while (index > 0 && offset > at) offset -= this.pieces[--index].text.length;
    return {index, offset};
  }

  // Returns the index of the piece that begins at an offset, after cutting one in two if none does.
  #split(at) {
    const {index, offset} = this.#find(at);
    if (offset === at) return index;
    const {text, by} = this.pieces[index];
    this.pieces.splice(index, 1, {text: text.slice(0, at - offset), by}, {text: text.slice(at - offset), by});
    return index + 1;
  }

  // Makes one piece of two short ones by the same hand.
  #join(index) {
    const before = this.pieces[index - 1], after = this.pieces[index];
    if (!before || !after || before.by !== after.by || before.text.length + after.text.length > MAX_PIECE) return;
    this.pieces.splice(index - 1, 2, {text: before.text + after.text, by: before.by});
  }
}

function sizeOf(pieces) {
  return pieces.reduce((size, piece) => size + piece.text.length, 0);
}
