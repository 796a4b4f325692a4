// A text written symbol by symbol, and ended. As in kernels/sampling.py, writing/generation.py and writing/stopping.py.

const MAX_MATCH_LENGTH = 16;
const OPENING_CHARS = 2;
const MAX_OPENINGS = 8;

// Returns the symbol at which the running sum of the chances passes the draw.
// sampling: {temperature, topK, topP, minP}.
function choose(logits, allowed, sampling, draw) {
  const size = logits.length, {temperature, topK, topP, minP} = sampling;
  let best = -1;
  for (let i = 0; i < size; i++) {
    if (Number.isNaN(logits[i])) throw new Error("the author's predictions are not numbers.");
    if (allowed[i] && (best < 0 || logits[i] > logits[best])) best = i;
  }
  if (temperature === 0) return best;
  const largest = 3.4028234663852886e38, bounded = (value) => Math.min(Math.max(value, -largest), largest);
  const scores = new Float64Array(size).fill(-Infinity), highest = bounded(logits[best]);
  for (let i = 0; i < size; i++) if (allowed[i]) scores[i] = bounded(logits[i]) - highest;
  if (topP < 1 || (topK > 0 && topK < size)) keepMostProbable(scores, topK, topP);
  const floor = minP > 0 ? Math.log(minP) : -Infinity, heat = Math.max(temperature, 1.1754943508222875e-38);
  const chances = new Float64Array(size);
  let total = 0;
  for (let i = 0; i < size; i++) {
    if (scores[i] >= floor && scores[i] > -Infinity) chances[i] = Math.exp(scores[i] / heat);
    total += chances[i];
  }
  let passed = 0;
  for (let i = 0; i < size; i++) {
    passed += chances[i];
    if (passed > draw * total) return i;
  }
  return best;
}

function keepMostProbable(scores, topK, topP) {
  const order = Array.from(scores.keys()).sort((one, other) => {
    return scores[one] === scores[other] ? one - other : scores[other] > scores[one] ? 1 : -1;
  });
  let total = 0, before = 0;
  for (const symbol of order) total += Math.exp(scores[symbol]);
  order.forEach((symbol, rank) => {
    const chance = Math.exp(scores[symbol]) / total;
    if (rank && ((topP < 1 && before >= topP) || (topK > 0 && rank >= topK))) scores[symbol] = -Infinity;
    before += chance;
  });
}

class Writer {
  constructor(author) {
    this.alphabet = new Alphabet(author.alphabet);
    this.model = new Model(author);
  }

  // Yields nothing while the prompt is read, and then each piece of text as soon as it is complete, for ever.
  // seed: BigInt.
  * write(prompt, sampling, seed) {
    const {alphabet, model} = this, {texts} = alphabet, gate = new Gate(alphabet);
    const draw = (attempt) => uniform(seed, this.state.position, attempt);
    const choice = (allowed, attempt = 0) => choose(this.logits, allowed, sampling, draw(attempt));
    this.state = model.newState();
    const isOpening = !prompt && alphabet.isLossless && alphabet.has("\n");
    const [stable, unread] = alphabet.divide(isOpening ? "\n\n" : prompt);
    const first = alphabet.isLossless ? [0] : stable ? [] : [alphabet.startId];
    for (const symbol of [...first, ...alphabet.encode(stable)]) {
      this.read(symbol);
      yield "";
    }
    const beyond = this.readOut(unread, choice);
    if (isOpening) yield this.open(choice);
    else yield beyond;
    for (;;) {
      const symbol = choice(gate.allowed());
      yield gate.push(symbol);
      this.read(symbol, MAX_MATCH_LENGTH);
    }
  }

  read(symbol, limit = Infinity) {
    this.logits = this.model.read(this.state, symbol, limit);
  }

  // Reads the end of a prompt that may belong to a longer subword; returns what the last symbol holds beyond it.
  readOut(unread, choice) {
    const {alphabet} = this;
    let beyond = "";
    while (unread) {
      const character = String.fromCodePoint(unread.codePointAt(0));
      let symbols = alphabet.encode(character), text = character;
      if (alphabet.has(character)) {
        const allowed = alphabet.texts.map((each) => each && (each.startsWith(unread) || unread.startsWith(each)) ? 1 : 0);
        symbols = [choice(allowed)];
        text = alphabet.texts[symbols[0]];
      }
      for (const symbol of symbols) this.read(symbol);
      [unread, beyond] = [unread.slice(text.length), text.slice(unread.length)];
    }
    return beyond;
  }

  // Begins a paragraph, not with a blank, and not with two capitals, as headings do, if it can help it.
  open(choice) {
    const {texts} = this.alphabet, {state, logits} = this;
    const within = texts.map((text) => text ? 1 : 0), first = texts.map((text) => text && !IS_BLANK.test(text) ? 1 : 0);
    if (!first.includes(1)) return "";
    let text = "";
    for (let attempt = 0; attempt < MAX_OPENINGS; attempt++) {
      [this.state, this.logits, text] = [structuredClone(state), logits, ""];
      while (Array.from(text).length < OPENING_CHARS) {
        const symbol = choice(text ? within : first, attempt);
        text += texts[symbol];
        this.read(symbol);
      }
      const start = Array.from(text).slice(0, OPENING_CHARS).join("");
      const isUpper = /\p{Uppercase}/u.test(start) && !/\p{Lowercase}|\p{Lt}/u.test(start);
      if (!(/^\p{L}+$/u.test(start) && isUpper)) break;
    }
    return text;
  }
}

const CLOSERS = "\"'\u2019\u201d\u00bb\u203a)\\]}\u300d\u300f*_";
const WORD_CHARS = 40;
const PARAGRAPH_CHARS = 10000;
const SENTENCE_CHARS = 600;
const LAST_WORD_CHARS = 100;
const SENTENCE_END = new RegExp(`[.!?\u2026\u3002\uff01\uff1f][${CLOSERS}]*$`, "u");
const WIDE_SENTENCE_END = new RegExp(`[\u3002\uff01\uff1f][${CLOSERS}]*$`, "u");
const WIDE = /^[\u3040-\u30ff\u3400-\u9fff\u{20000}-\u{2ffff}]/u;
const IS_CLOSER = new RegExp(`^[${CLOSERS}\\\\]`, "u");
const NO_SENTENCE_END = new RegExp(`(?:^|[${BLANK}("'\u201c\u2018\u2014-])(?:[A-HJ-Z]|Mr|Mrs|Ms|Dr|St|Prof|Rev|Hon|Esq|Capt|Col|Gen`
  + "|Lieut|Lt|Sergt|Sgt|Messrs|Mme|Mlle|Jr|Sr)\\.$", "u");

// Counts a text as it is written, and ends it. limits: {chars, words, paragraphs}, each a number or null.
class Watch {
  constructor({chars, words, paragraphs}) {
    Object.assign(this, {chars, words, paragraphs, numChars: 0, numWords: 0, numParagraphs: 0, enoughAt: null});
    this.isCounting = words !== null || paragraphs !== null;
    this.tail = "";
    this.held = "";
    this.isOver = false;
  }

  // Takes the next character and returns the text to pass on.
  push(character) {
    if (this.isCounting && this.endsBefore(character)) {
      this.isOver = true;
      return "";
    }
    this.numChars++;
    this.tail = (this.tail + character).slice(-512);
    this.isOver = this.numChars === this.chars;
    if (this.isCounting && IS_BLANK.test(character) && !this.isOver) {
      this.held += character;
      return "";
    }
    const passed = this.held + character;
    this.held = "";
    return passed;
  }

  endsBefore(character) {
    const isBlank = IS_BLANK.test(character), numLines = this.held.split("\n").length - 1;
    const isParagraphEnd = character === "\n" && numLines > 0 && this.numChars > this.held.length;
    if (isParagraphEnd && numLines === 1) this.numParagraphs++;
    if (this.numParagraphs === this.paragraphs) return true;
    if (this.enoughAt === null && this.isEnough()) this.enoughAt = this.numChars;
    if (WIDE.test(character) || ((this.numChars === 0 || this.held) && !isBlank)) this.numWords++;
    if (this.enoughAt === null) return false;
    const overdue = this.numChars - this.enoughAt;
    if (isParagraphEnd || overdue >= SENTENCE_CHARS + LAST_WORD_CHARS || (isBlank && overdue >= SENTENCE_CHARS)) return true;
    if (IS_CLOSER.test(character)) return false;
    if (!isBlank) return WIDE_SENTENCE_END.test(this.tail);
    return SENTENCE_END.test(this.tail) && !NO_SENTENCE_END.test(this.tail);
  }

  isEnough() {
    const {words, paragraphs, numWords, numChars} = this;
    if (words !== null && (numWords >= words || numChars >= words * WORD_CHARS)) return true;
    return paragraphs !== null && numChars >= paragraphs * PARAGRAPH_CHARS;
  }
}
