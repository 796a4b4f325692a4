// Text to symbols and back. As in alphabet/, and alphabet/byte_fallback.py.

const FIRST_NIBBLE = 1;
const FIRST_CHARACTER = 17;
const NUM_CODE_POINTS = 0x110000;
const BLANK = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const WORD = "\\p{L}\\p{N}";
const TOKEN = new RegExp(
  ` ?[${WORD}]{1,40}(?:['\u2019][${WORD}]{1,20})?| ?[^${WORD}${BLANK}]{1,40}|\\n{1,40}|[\\t\\x0b-\\r\\x1c-\\x20\\x85\\xa0`
  + "\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]{1,40}", "gu");
const LONE_WORD = new RegExp(`^ ?[${WORD}]{1,40}$`, "u");
const IS_BLANK = new RegExp(`^[${BLANK}]`, "u");

function codePointsOf(text) {
  return Array.from(text, (character) => character.codePointAt(0));
}

// The hexadecimal digits of a character's UTF-8 form; surrogates have one too.
function spelling(codePoint) {
  let bytes;
  if (codePoint < 0x80) bytes = [codePoint];
  else if (codePoint < 0x800) bytes = [0xC0 | codePoint >> 6, 0x80 | codePoint & 63];
  else if (codePoint < 0x10000) bytes = [0xE0 | codePoint >> 12, 0x80 | codePoint >> 6 & 63, 0x80 | codePoint & 63];
  else {
    bytes = [0xF0 | codePoint >> 18, 0x80 | codePoint >> 12 & 63, 0x80 | codePoint >> 6 & 63, 0x80 | codePoint & 63];
  }
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// The first number from `first` up to `last` of which `isReached` is true, which then stays true.
function bisect(first, last, isReached) {
  while (first < last) {
    const middle = Math.floor((first + last) / 2);
    if (isReached(middle)) last = middle;
    else first = middle + 1;
  }
  return first;
}

class Alphabet {
  // facts: {kind, texts, isLossless, numCharacters, startId, joins}.
  constructor(facts) {
    Object.assign(this, facts);
    this.idOfText = new Map(this.texts.map((text, id) => [text, id]).filter(([text]) => text));
    if (!this.isLossless) this.idOfText.delete(this.texts[0]);
    this.hasSubwords = this.kind === "bpe" || this.kind === "words";
    this.joined = new Map();
    (this.joins ?? []).forEach(([left, right], rank) => {
      this.joined.set(left * 65536 + right, {rank, id: this.idOfText.get(this.texts[left] + this.texts[right])});
    });
  }

  has(character) {
    return this.idOfText.has(character);
  }

  spelledOut(text) {
    const ids = [];
    for (const character of text) {
      const id = this.idOfText.get(character);
      if (id !== undefined) ids.push(id);
      else if (!this.isLossless) ids.push(0);
      else for (const digit of spelling(character.codePointAt(0))) ids.push(FIRST_NIBBLE + parseInt(digit, 16));
    }
    return ids;
  }

  encode(text) {
    if (!this.hasSubwords) return this.spelledOut(text);
    return (text.match(TOKEN) ?? []).flatMap((token) => this.takeApart(token));
  }

  takeApart(token) {
    if (this.kind === "words") return this.idOfText.has(token) ? [this.idOfText.get(token)] : this.spelledOut(token);
    let symbols = this.spelledOut(token);
    for (;;) {
      let best = null, left = 0, right = 0;
      for (let i = 0; i + 1 < symbols.length; i++) {
        const join = this.joined.get(symbols[i] * 65536 + symbols[i + 1]);
        if (join && (!best || join.rank < best.rank)) [best, left, right] = [join, symbols[i], symbols[i + 1]];
      }
      if (!best) return symbols;
      const row = [];
      for (let i = 0; i < symbols.length; i++) {
        const isPair = symbols[i] === left && i + 1 < symbols.length && symbols[i + 1] === right;
        row.push(isPair ? best.id : symbols[i]);
        if (isPair) i++;
      }
      symbols = row;
    }
  }

  // The part of a text that is encoded the same whatever follows, and the rest.
  divide(text) {
    if (!this.hasSubwords) return [text, ""];
    const tokens = text.match(TOKEN) ?? [], last = tokens.at(-1) ?? "", before = tokens.at(-2) ?? "";
    const rest = (last === "'" || last === "\u2019") && LONE_WORD.test(before) ? before + last : last;
    return [text.slice(0, text.length - rest.length), rest];
  }
}

// Decides which nibbles may follow, so that they only ever spell characters that have no id of their own.
class Gate {
  constructor(alphabet) {
    this.alphabet = alphabet;
    const never = new Set([0xFFFD]);
    for (const text of alphabet.texts) if (text && text.length <= 2) {
      const points = codePointsOf(text);
      if (points.length === 1) never.add(points[0]);
    }
    for (let i = 0; i < 0xA0; i++) if (i < 0x20 || i >= 0x7F) never.add(i);
    for (let i = 0xD800; i < 0xE000; i++) never.add(i);
    this.never = Array.from(never).sort((one, other) => one - other);
    this.spelled = "";
    this.ranges = new Map([["", [0, NUM_CODE_POINTS]]]);
    this.atEdge = this.allowed();
  }

  reachable(spelled) {
    if (!this.ranges.has(spelled)) {
      const [first, last] = this.reachable(spelled.slice(0, -1));
      const start = bisect(first, last, (point) => spelling(point) >= spelled);
      this.ranges.set(spelled, [start, bisect(start, last, (point) => spelling(point) >= spelled + "g")]);
    }
    return this.ranges.get(spelled);
  }

  canComplete(spelled) {
    const {never} = this, [start, stop] = this.reachable(spelled);
    const below = (point) => bisect(0, never.length, (index) => never[index] >= point);
    return below(stop) - below(start) < stop - start;
  }

  // 1 for each symbol that may come next.
  allowed() {
    if (this.atEdge && !this.spelled) return this.atEdge;
    const {alphabet} = this, allowed = new Uint8Array(alphabet.texts.length);
    if (!this.spelled) allowed.fill(1);
    allowed[0] = 0;
    if (!alphabet.isLossless) return allowed;
    for (let value = 0; value < 16; value++) {
      allowed[FIRST_NIBBLE + value] = this.canComplete(this.spelled + value.toString(16)) ? 1 : 0;
    }
    return allowed;
  }

  // Takes a symbol and returns the text that it completes.
  push(symbol) {
    const {alphabet} = this;
    if (!alphabet.isLossless || symbol < FIRST_NIBBLE || symbol >= FIRST_CHARACTER) return alphabet.texts[symbol];
    this.spelled += (symbol - FIRST_NIBBLE).toString(16);
    const [point] = this.reachable(this.spelled);
    if (spelling(point) !== this.spelled) return "";
    this.spelled = "";
    return String.fromCodePoint(point);
  }
}
