// What the context models expect: contexts hashed, n-grams looked up, the text matched with itself.
// As in kernels/contexts.py, kernels/ngram_lookup.py, kernels/match.py and kernels/consensus.py.

class Hashing {
  // facts: kinds of context and the numbers that they are hashed with, each as [high, low].
  // marks: of every symbol, as in ngrams/letters.py; their bits are those of kernels/contexts.py.
  constructor(facts, marks) {
    Object.assign(this, facts);
    this.marks = marks;
    this.numKinds = facts.shorter.length;
    this.reach = facts.orders.at(-1);
    this.named = new Int32Array(this.numKinds);
  }

  newState() {
    return {
      recent: new Int32Array(this.reach), hashes: new Int32Array(2 * this.orders.length), words: new Int32Array(8),
      wasWord: false, content: new Int32Array(2), length: 0, openBits: 0,
    };
  }

  // Fills `named` with the contexts of a symbol, 32 bits each, signed.
  push(state, symbol) {
    const {orders, leaving, salts, power, join, joinOther} = this, {recent, hashes, words} = state;
    const count = orders.length;
    for (let i = 0; i < count; i++) {
      const oldest = recent[this.reach - orders[i]];
      multiply64(leaving[i][0], leaving[i][1], 0, oldest);
      const outHigh = high, outLow = low;
      multiply64(hashes[2 * i], hashes[2 * i + 1], power[0], power[1]);
      add64(0, symbol);
      subtract64(outHigh, outLow);
      hashes[2 * i] = high;
      hashes[2 * i + 1] = low;
      this.name(i, high, low);
    }
    recent.copyWithin(0, 1);
    recent[this.reach - 1] = symbol;
    const mark = this.marks[symbol], letter = (mark & 1) === 1;
    const begins = this.hasJoints ? !letter : letter !== state.wasWord;
    if (this.hasJoints ? !letter : state.wasWord && !letter) {
      words.copyWithin(2, 0, 6);
      if (state.length >= this.minContentSymbols) state.content.set(words.subarray(0, 2));
    }
    state.length = begins ? 1 : state.length + 1;
    if (begins) {
      words[0] = 0;
      words[1] = symbol;
    } else {
      multiply64(words[0], words[1], power[0], power[1]);
      add64(0, symbol);
      words[0] = high;
      words[1] = low;
    }
    state.wasWord = letter;
    multiply64(words[0], words[1], join[0], join[1]);
    add64(words[2], words[3]);
    this.name(count, high, low);
    multiply64(high, low, joinOther[0], joinOther[1]);
    add64(words[4], words[5]);
    const twoHigh = high, twoLow = low;
    this.name(count + 1, high, low);
    multiply64(twoHigh, twoLow, join[0], join[1]);
    add64(words[6], words[7]);
    this.name(count + 2, high, low);
    multiply64(words[0], words[1], joinOther[0], joinOther[1]);
    add64(words[4], words[5]);
    this.name(count + 3, high, low);
    if (!this.hasSettings) return;
    state.openBits = (state.openBits & ~(mark >> 1)) ^ (mark >> 3 & 3);
    multiply64(words[0], words[1], joinOther[0], joinOther[1]);
    add64(state.content[0], state.content[1]);
    this.name(count + 4, high, low);
    multiply64(words[0], words[1], joinOther[0], joinOther[1]);
    add64(0, state.openBits);
    this.name(count + 5, high, low);
  }

  name(kind, ofHigh, ofLow) {
    const [saltHigh, saltLow] = this.salts[kind], keepHigh = ofHigh, keepLow = ofLow;
    multiply64(ofHigh ^ saltHigh, ofLow ^ saltLow, this.spread[0], this.spread[1]);
    this.named[kind] = high;
    high = keepHigh;
    low = keepLow;
  }
}

class NgramLookup {
  // arrays: contexts (rising), sizes, backoffs, totals, symbols, shares, shareValues, totalValues, unigrams.
  constructor(arrays, shorter, firstOutput) {
    Object.assign(this, arrays);
    this.shorter = shorter;
    this.firstOutput = firstOutput;
    const {contexts, sizes} = arrays, count = contexts.length;
    this.starts = new Int32Array(count + 1);
    for (let i = 0; i < count; i++) this.starts[i + 1] = this.starts[i] + sizes[i];
    const bits = count ? 31 - Math.clz32(count) : 0;
    this.shift = 32 - bits;
    this.begins = new Int32Array(2 ** bits + 1);
    for (let i = 0; i < count; i++) this.begins[this.bucket(contexts[i]) + 1]++;
    for (let i = 0; i < 2 ** bits; i++) this.begins[i + 1] += this.begins[i];
    const vocabSize = this.unigrams.length, numKinds = shorter.length, numOutputs = numKinds - firstOutput;
    this.probs = shorter.map(() => new Float32Array(vocabSize));
    this.logs = Array.from({length: numOutputs}, () => new Float32Array(vocabSize));
    this.confidences = new Float32Array(3 * numOutputs);
  }

  bucket(context) {
    return Math.floor((context + 2147483648) / 2 ** this.shift);
  }

  find(context) {
    if (!this.contexts.length) return -1;
    const bucket = this.bucket(context);
    let first = this.begins[bucket], last = this.begins[bucket + 1];
    while (first < last) {
      const middle = (first + last) >> 1;
      if (this.contexts[middle] < context) first = middle + 1;
      else last = middle;
    }
    return this.contexts[first] === context ? first : -1;
  }

  // Fills `logs` and `confidences`.
  look(named) {
    const {shorter, starts, symbols, shares, shareValues} = this, vocabSize = this.unigrams.length;
    for (let kind = 0; kind < shorter.length; kind++) {
      const row = this.find(named[kind]), isFound = row >= 0;
      const backoff = isFound ? shareValues[this.backoffs[row]] : 1;
      const from = shorter[kind] < 0 ? this.unigrams : this.probs[shorter[kind]], probs = this.probs[kind];
      for (let i = 0; i < vocabSize; i++) probs[i] = from[i] * backoff;
      if (isFound) {
        for (let at = starts[row]; at < starts[row + 1]; at++) probs[symbols[at]] += shareValues[shares[at]];
      }
      const output = kind - this.firstOutput;
      if (output < 0) continue;
      this.confidences[3 * output] = isFound ? this.totalValues[this.totals[row]] : 0;
      this.confidences[3 * output + 1] = isFound ? 1 : 0;
      this.confidences[3 * output + 2] = backoff;
      const logs = this.logs[output];
      for (let i = 0; i < vocabSize; i++) logs[i] = logarithm(probs[i] + FLOOR);
    }
  }
}
const FLOOR = fround(1e-7);

// Each slot of the match model: the check of its context, and its two last successors, each plus 1.
class Match {
  constructor(kinds, numSlots) {
    this.kinds = kinds;
    this.numSlots = numSlots;
    this.latest = new Int32Array(kinds.length);
    this.earlier = new Int32Array(kinds.length);
    this.lengths = new Float64Array(kinds.length);
  }

  newState() {
    const count = this.kinds.length, size = count * this.numSlots;
    return {
      checks: new Uint16Array(size), latest: new Int32Array(size), earlier: new Int32Array(size),
      waiting: new Float64Array(count), expected: new Int32Array(count), lengths: new Float64Array(count),
    };
  }

  // Fills `latest`, `earlier` and `lengths` with the match after a symbol; with nothing where it is longer than `limit`.
  push(state, symbol, named, limit) {
    let longest = 0;
    for (let i = 0; i < this.kinds.length; i++) {
      const base = i * this.numSlots, mask = this.numSlots - 1, awaited = state.expected[i];
      if (state.waiting[i] > 0) {
        const number = state.waiting[i] >>> 0, slot = base + (number & mask);
        state.checks[slot] = number >>> 16;
        state.earlier[slot] = awaited;
        state.latest[slot] = symbol + 1;
      }
      const wasRight = state.waiting[i] > 0 && awaited === symbol + 1;
      const number = named[this.kinds[i]] + 2147483649, slot = base + ((number >>> 0) & mask);
      const isOwn = state.checks[slot] === (number >>> 0) >>> 16;
      state.waiting[i] = number;
      state.expected[i] = isOwn ? state.latest[slot] : 0;
      state.lengths[i] = wasRight ? state.lengths[i] + 1 : 0;
      this.latest[i] = state.expected[i] - 1;
      this.earlier[i] = (isOwn ? state.earlier[slot] : 0) - 1;
      this.lengths[i] = state.lengths[i];
      longest = Math.max(longest, state.lengths[i]);
    }
    if (longest > limit) {
      this.latest.fill(-1);
      this.earlier.fill(-1);
      this.lengths.fill(0);
    }
  }
}

// Fills `consensus` with how far the matched symbols and the n-grams agree, and how sure each is.
function fillConsensus(allLogs, latest, inputs, consensus) {
  const count = latest.length;
  let at = 0;
  for (let i = 0; i < count; i++) {
    let votes = 0;
    for (let k = 0; k < count; k++) if (latest[i] >= 0 && latest[k] >= 0) votes += latest[k] === latest[i] ? 1 : -1;
    consensus[at++] = votes / count;
  }
  if (!allLogs.length) return;
  for (const output of inputs) {
    for (const symbol of latest) consensus[at++] = symbol >= 0 ? (allLogs[output][symbol] + 2) * 0.5 : 0;
  }
  for (const logs of allLogs) {
    let entropy = 0, highest = -Infinity;
    for (const value of logs) {
      entropy -= value * Math.exp(value);
      if (value > highest) highest = value;
    }
    consensus[at] = entropy - 1;
    consensus[allLogs.length + at++] = highest + 1;
  }
}
