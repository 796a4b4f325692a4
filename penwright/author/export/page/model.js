// A model, one symbol at a time: a symbol and the memory in, logits out, the memory replaced.
// As in kernels/reading.py, kernels/cells.py and kernels/expecting.py. Sums are of 64 bits: rounded once, not at each
// addend, they differ from those of the kernels in the last digits only.

// Adds to y the products of some inputs and some outputs of a weight: {data: row by row, scales, size: inputs}.
function addProduct(weight, x, begin, first, count, y, at) {
  const {data, scales, size} = weight;
  let n = 0;
  for (; n + 4 <= count; n += 4) {
    const p = (first + n) * size, q = p + size, r = q + size, s = r + size;
    let a = 0, b = 0, c = 0, d = 0;
    for (let k = 0; k < size; k++) {
      const value = x[begin + k];
      a += value * data[p + k];
      b += value * data[q + k];
      c += value * data[r + k];
      d += value * data[s + k];
    }
    y[at + n] += a * scales[first + n];
    y[at + n + 1] += b * scales[first + n + 1];
    y[at + n + 2] += c * scales[first + n + 2];
    y[at + n + 3] += d * scales[first + n + 3];
  }
  for (; n < count; n++) {
    const p = (first + n) * size;
    let a = 0;
    for (let k = 0; k < size; k++) a += x[begin + k] * data[p + k];
    y[at + n] += a * scales[first + n];
  }
}

function addWhole(weight, x, y) {
  addProduct(weight, x, 0, 0, weight.scales.length, y, 0);
}

// Fills `out` with a vector scaled to a root mean square of one.
function normalise(values, out) {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] * values[i];
  const factor = 1 / Math.sqrt(total / values.length + 1e-6);
  for (let i = 0; i < values.length; i++) out[i] = values[i] * factor;
}

const NUM_GATES = {gru: 3, lstm: 4, gated: 3};

class Layer {
  constructor(config, number, size, weights) {
    const own = `layers.${number}.`, inside = config.is_residual ? own + "layer." : own;
    this.cell = config.cell;
    this.resetsBefore = config.gru_reset === "before";
    this.size = size;
    this.hidden = config.hidden_size;
    this.window = number === 0 ? config.window_size : 1;
    this.takesOneHot = number === 0 && !config.embedding_dim && !["window", "gated"].includes(config.cell);
    this.input = weights.get(inside + "input_weight");
    this.bias = weights.get(inside + "bias");
    this.recurrent = weights.get(inside + "recurrent_weight");
    this.candidateBias = weights.get(inside + "candidate_bias");
    this.taps = weights.get(inside + "conv_weight");
    this.projection = weights.get(own + "projection_weight");
    this.mlpInput = weights.get(own + "mlp_input_weight");
    this.mlpOutput = weights.get(own + "mlp_output_weight");
    this.products = new Float32Array(this.hidden * (NUM_GATES[this.cell] ?? 1));
    this.sums = new Float32Array(this.products.length);
    this.out = new Float32Array(this.hidden);
    this.carried = new Float32Array(this.hidden);
    this.mixed = new Float32Array(this.cell === "window" ? this.window * size : size);
    this.inner = new Float32Array(this.mlpInput ? this.mlpInput.scales.length : 0);
  }

  newState() {
    const kept = {window: (this.window - 1) * this.size, gated: 3 * this.size}[this.cell] ?? 0;
    return {
      memory: new Float32Array(this.hidden), cell: new Float32Array(this.cell === "lstm" ? this.hidden : 0),
      recent: new Float32Array(kept),
    };
  }

  // Returns the outputs, which the next call overwrites.
  run(state, symbol, x) {
    const {products, out, hidden} = this;
    products.set(this.bias);
    if (this.cell === "window") {
      this.mixed.set(state.recent);
      this.mixed.set(x.subarray(0, this.size), state.recent.length);
      state.recent.set(this.mixed.subarray(this.size));
      addWhole(this.input, this.mixed, products);
    } else if (this.cell === "gated") {
      this.convolve(state.recent, x);
      addWhole(this.input, this.mixed, products);
    } else if (this.takesOneHot) {
      const {data, scales, size} = this.input;
      for (let i = 0; i < products.length; i++) products[i] += data[i * size + symbol] * scales[i];
    } else {
      addWhole(this.input, x, products);
    }
    if (this.cell === "perceptron" || this.cell === "window") {
      const squash = this.cell === "window" ? tanh : sigmoid;
      for (let i = 0; i < hidden; i++) out[i] = squash(products[i]);
    } else if (this.cell === "gated") {
      this.leak(state.memory);
    } else {
      this.recur(state);
      out.set(state.memory);
    }
    return out;
  }

  convolve(recent, x) {
    const {taps, mixed, size} = this;
    for (let i = 0; i < size; i++) {
      mixed[i] = taps[i] * recent[i] + taps[size + i] * recent[size + i] + taps[2 * size + i] * recent[2 * size + i]
        + taps[3 * size + i] * x[i];
      recent[i] = recent[size + i];
      recent[size + i] = recent[2 * size + i];
      recent[2 * size + i] = x[i];
    }
  }

  leak(memory) {
    const {products, out, hidden} = this;
    for (let i = 0; i < hidden; i++) {
      memory[i] += sigmoid(products[i]) * (products[hidden + i] - memory[i]);
      const gate = products[2 * hidden + i];
      out[i] = memory[i] * (gate * sigmoid(gate));
    }
  }

  recur(state) {
    const {products, sums, carried, hidden, recurrent} = this, {memory, cell} = state;
    sums.set(products);
    if (this.cell === "elman") {
      addWhole(recurrent, memory, sums);
      for (let i = 0; i < hidden; i++) memory[i] = tanh(sums[i]);
    } else if (this.cell === "lstm") {
      addWhole(recurrent, memory, sums);
      for (let i = 0; i < hidden; i++) {
        const output = sigmoid(sums[i]), entry = sigmoid(sums[hidden + i]), forget = sigmoid(sums[2 * hidden + i]);
        cell[i] = forget * cell[i] + entry * tanh(sums[3 * hidden + i]);
        memory[i] = output * tanh(cell[i]);
      }
    } else {
      const gates = 2 * hidden;
      if (this.resetsBefore) {
        addProduct(recurrent, memory, 0, 0, gates, sums, 0);
        for (let i = 0; i < hidden; i++) carried[i] = memory[i] * sigmoid(sums[i]);
        addProduct(recurrent, carried, 0, gates, hidden, sums, gates);
      } else {
        sums.set(this.candidateBias, gates);
        addWhole(recurrent, memory, sums);
        for (let i = 0; i < hidden; i++) sums[gates + i] = products[gates + i] + sigmoid(sums[i]) * sums[gates + i];
      }
      for (let i = 0; i < hidden; i++) {
        const value = tanh(sums[gates + i]);
        memory[i] = value + sigmoid(sums[hidden + i]) * (memory[i] - value);
      }
    }
  }
}

class Model {
  // author: {config, kinds, marks, weights: Map, tables}, see `opened` in worker.js.
  constructor({config, kinds, marks, weights, tables}) {
    const of = (name) => weights.get("context_models." + name);
    this.config = config;
    this.vocabSize = config.vocab_size;
    const width = config.embedding_dim || config.vocab_size;
    this.embedding = weights.get("embedding");
    this.layers = Array.from({length: config.num_layers}, (_, number) =>
      new Layer(config, number, number && !config.is_residual ? config.hidden_size : width, weights));
    this.readout = weights.get("readout_weight");
    this.readoutBias = weights.get("readout_bias");
    this.hashing = new Hashing(kinds, marks);
    this.ngrams = tables && new NgramLookup(tables, kinds.shorter, kinds.firstOutput);
    this.match = config.has_match ? new Match(kinds.match, config.match_slots) : null;
    this.inputs = kinds.inputs;
    this.ngramInput = of("ngram_input_weight");
    this.confidence = of("confidence_weight");
    this.matchConfidence = of("match_confidence_weight");
    this.matchEmbedding = of("match_embedding");
    this.mix = of("mix_weight");
    this.mixConfidence = of("mix_confidence_weight");
    this.mixBias = of("mix_bias");
    this.bonus = of("bonus_weight");
    this.bonusBias = of("bonus_bias");
    this.consensusWeight = of("consensus_weight");
    this.mixConsensus = of("mix_consensus_weight");
    this.bonusConsensus = of("bonus_consensus_weight");
    this.consensus = new Float32Array(this.consensusWeight ? this.consensusWeight.size : 0);
    this.x = new Float32Array(width);
    this.normed = new Float32Array(width);
    this.features = new Float32Array(2 * this.vocabSize);
    this.matchFeatures = new Float32Array(2 * kinds.match.length);
    this.shares = new Float32Array(this.mixBias ? this.mixBias.length : 0);
    this.bonuses = new Float32Array(this.bonusBias ? this.bonusBias.length : 0);
    this.mixed = new Float64Array(this.vocabSize);
  }

  newState() {
    return {
      layers: this.layers.map((layer) => layer.newState()), hashing: this.hashing.newState(),
      match: this.match && this.match.newState(), position: 0,
    };
  }

  // Reads a symbol. Returns the logits of the next, a new Float32Array. `limit`: length from which on a match is silent.
  read(state, symbol, limit) {
    const {config, x, normed} = this;
    state.position++;
    if (this.embedding) {
      const size = x.length;
      for (let i = 0; i < size; i++) x[i] = this.embedding[symbol * size + i];
    } else {
      x.fill(0);
      x[symbol] = 1;
    }
    if (this.ngrams || this.match) this.expect(state, symbol, limit);
    let top = x;
    for (let i = 0; i < this.layers.length; i++) {
      const layer = this.layers[i];
      if (config.is_residual) {
        normalise(x, normed);
        addWhole(layer.projection, layer.run(state.layers[i], symbol, normed), x);
        if (layer.mlpInput) this.think(layer);
      } else {
        top = layer.run(state.layers[i], symbol, top);
      }
    }
    if (config.is_residual) {
      normalise(x, normed);
      top = normed;
    }
    const logits = Float32Array.from(this.readoutBias);
    addWhole(this.readout, top, logits);
    if (this.ngrams || this.match) this.addMixed(top, logits);
    return logits;
  }

  // Adds to the stream what the perceptron of a block says.
  think(layer) {
    const {inner} = layer;
    normalise(this.x, this.normed);
    inner.fill(0);
    addWhole(layer.mlpInput, this.normed, inner);
    for (let i = 0; i < inner.length; i++) inner[i] = inner[i] > 0 ? inner[i] * inner[i] : 0;
    addWhole(layer.mlpOutput, inner, this.x);
  }

  // Adds to the bottom of the stream what the context models expect.
  expect(state, symbol, limit) {
    const {x, features, vocabSize, ngrams, match} = this;
    this.hashing.push(state.hashing, symbol);
    const {named} = this.hashing;
    if (match) match.push(state.match, symbol, named, limit);
    if (ngrams) {
      ngrams.look(named);
      this.inputs.forEach((output, i) => {
        const logs = ngrams.logs[output];
        for (let s = 0; s < vocabSize; s++) features[i * vocabSize + s] = (logs[s] + 4) * 0.5;
      });
      addWhole(this.ngramInput, features, x);
      addWhole(this.confidence, ngrams.confidences, x);
    }
    if (this.consensusWeight) {
      fillConsensus(ngrams ? ngrams.logs : [], match ? match.latest : [], this.inputs, this.consensus);
      addWhole(this.consensusWeight, this.consensus, x);
    }
    if (!match) return;
    const count = match.kinds.length, own = this.matchFeatures;
    for (let i = 0; i < count; i++) {
      own[i] = match.latest[i] >= 0 && match.latest[i] === match.earlier[i] ? 1 : 0;
      own[count + i] = match.lengths[i] > 0 ? logarithm(match.lengths[i] + 1) : 0;
    }
    addWhole(this.matchConfidence, own, x);
    for (let i = 0; i < count; i++) {
      const row = i * (vocabSize + 1) + (match.latest[i] >= 0 ? match.latest[i] : vocabSize), begin = row * x.length;
      for (let k = 0; k < x.length; k++) x[k] += this.matchEmbedding[begin + k];
    }
  }

  // Adds to the logits what the context models say.
  addMixed(top, logits) {
    const {ngrams, match, shares, bonuses, mixed, vocabSize} = this;
    mixed.fill(0);
    if (ngrams) {
      shares.set(this.mixBias);
      addWhole(this.mix, top, shares);
      addWhole(this.mixConfidence, ngrams.confidences, shares);
      if (this.mixConsensus) addWhole(this.mixConsensus, this.consensus, shares);
      ngrams.logs.forEach((logs, output) => {
        const share = shares[output];
        for (let s = 0; s < vocabSize; s++) mixed[s] += share * logs[s];
      });
    }
    if (match) {
      bonuses.set(this.bonusBias);
      addWhole(this.bonus, top, bonuses);
      if (this.bonusConsensus) addWhole(this.bonusConsensus, this.consensus, bonuses);
      const count = match.kinds.length;
      for (let i = 0; i < count; i++) {
        const symbol = match.latest[i], other = match.earlier[i], length = match.lengths[i];
        if (symbol >= 0) {
          let gain = bonuses[i];
          if (symbol === other) gain += bonuses[count + i];
          if (length > 0) gain += bonuses[2 * count + i] + bonuses[3 * count + i] * logarithm(length + 1);
          mixed[symbol] += gain;
        }
        if (other >= 0 && other !== symbol) mixed[other] += bonuses[4 * count + i];
      }
    }
    for (let s = 0; s < vocabSize; s++) logits[s] += mixed[s];
  }
}
