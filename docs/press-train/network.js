// A small network in plain JavaScript: forward, backpropagation through time, Adam, writing. It computes what
// lessons/micro_author.py computes, and for "gru" what the library's cell does; tests/test_press_train.py compares them.
//
// V = characters in the alphabet, H = neurons, T = characters in a window, G = 3 for "gru" (reset, update, candidate),
// else 1. A table of several rows is one Float64Array, row by row; W is kept by columns, one for each character.
"use strict";

// Numbers that look random, the same in every browser. Source: "mulberry32" by Tommy Ettinger.
function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

class Network {
  // kind: "one character" (no memory), "elman" or "gru".
  constructor(kind, V, H, random) {
    const G = kind === "gru" ? 3 : 1;
    Object.assign(this, { kind, V, H, G });
    const table = (size, limit) => Float64Array.from({ length: size }, () => (2 * random() - 1) * limit);
    const limit = Math.sqrt(6 / (V + 2 * H)); // Glorot and Bengio 2010, equation 16
    this.tables = {
      W: table(V * G * H, limit), // (V, G H): what each neuron takes from a character
      U: table(G * H * H, kind === "one character" ? 0 : limit), // (G H, H): and from the neurons before
      b: new Float64Array(G * H),
      R: table(V * H, Math.sqrt(6 / (V + H))), // (V, H): what each neuron says for a character
      c: new Float64Array(V),
    };
    if (kind === "gru") this.tables.b.fill(1, 0, 2 * H); // gates biased to remember
  }

  start() {
    return new Float64Array(this.H);
  }

  // One step. Returns what the way back needs; `h` of it is the new state.
  step(id, before) {
    const { H, G, kind } = this;
    const { W, U, b } = this.tables;
    const sums = new Float64Array(G * H);
    const add = (first, last, state) => {
      for (let i = first; i < last; i++) {
        let sum = W[id * G * H + i] + b[i];
        for (let j = 0, at = i * H; j < H; j++, at++) sum += U[at] * state[j];
        sums[i] = sum;
      }
    };
    const h = new Float64Array(H);
    if (kind !== "gru") {
      add(0, H, before);
      for (let i = 0; i < H; i++) h[i] = Math.tanh(sums[i]);
      return { id, before, h };
    }
    add(0, 2 * H, before);
    const r = sums.subarray(0, H).map(sigmoid);
    const z = sums.subarray(H, 2 * H).map(sigmoid);
    const kept = before.map((value, i) => r[i] * value);
    add(2 * H, 3 * H, kept);
    const n = sums.subarray(2 * H).map(Math.tanh);
    for (let i = 0; i < H; i++) h[i] = z[i] * before[i] + (1 - z[i]) * n[i];
    return { id, before, h, r, z, n, kept };
  }

  // Probabilities of the next character: softmax of R h + c.
  predict(h, temperature = 1) {
    const { V, H } = this;
    const { R, c } = this.tables;
    const chances = new Float64Array(V);
    let highest = -Infinity;
    for (let v = 0; v < V; v++) {
      let sum = c[v];
      for (let j = 0, at = v * H; j < H; j++, at++) sum += R[at] * h[j];
      chances[v] = sum / temperature;
      highest = Math.max(highest, chances[v]);
    }
    let total = 0;
    for (let v = 0; v < V; v++) total += chances[v] = Math.exp(chances[v] - highest);
    for (let v = 0; v < V; v++) chances[v] /= total;
    return chances;
  }

  // Read a window. The loss is the mean of -ln p(the character that did come next).
  forward(ids, state) {
    const steps = [];
    let loss = 0;
    let h = state;
    for (let t = 0; t + 1 < ids.length; t++) {
      const step = this.step(ids[t], h);
      step.chances = this.predict(step.h);
      loss -= Math.log(step.chances[ids[t + 1]]);
      steps.push(step);
      h = step.h;
    }
    return { loss: loss / steps.length, steps, state: h };
  }

  // From the last character of the window to the first: how much the loss grows with each number of the tables.
  backward(ids, steps) {
    const { V, H, G, kind } = this;
    const { U, R } = this.tables;
    const slopes = {};
    for (const name in this.tables) slopes[name] = new Float64Array(this.tables[name].length);
    let later = this.start(); // how the loss of later characters depends on this state
    for (let t = steps.length - 1; t >= 0; t--) {
      const { id, before, h, r, z, n, kept, chances } = steps[t];
      const dh = later;
      for (let v = 0; v < V; v++) {
        const d = (chances[v] - (v === ids[t + 1] ? 1 : 0)) / steps.length;
        slopes.c[v] += d;
        for (let j = 0, at = v * H; j < H; j++, at++) {
          slopes.R[at] += d * h[j];
          dh[j] += d * R[at];
        }
      }
      later = this.start();
      // Through the sums of rows first to last, which were made from a state.
      const through = (d, first, state, back) => {
        for (let i = 0; i < H; i++) {
          const row = first + i;
          slopes.b[row] += d[i];
          slopes.W[id * G * H + row] += d[i];
          if (kind === "one character") continue;
          for (let j = 0, at = row * H; j < H; j++, at++) {
            slopes.U[at] += d[i] * state[j];
            back[j] += d[i] * U[at];
          }
        }
      };
      if (kind !== "gru") {
        through(dh.map((d, i) => d * (1 - h[i] * h[i])), 0, before, later); // the slope of tanh is 1 - h^2
        continue;
      }
      const dKept = this.start();
      through(dh.map((d, i) => d * (1 - z[i]) * (1 - n[i] * n[i])), 2 * H, kept, dKept);
      through(dKept.map((d, i) => d * before[i] * r[i] * (1 - r[i])), 0, before, later);
      through(dh.map((d, i) => d * (before[i] - n[i]) * z[i] * (1 - z[i])), H, before, later);
      for (let i = 0; i < H; i++) later[i] += dh[i] * z[i] + dKept[i] * r[i];
    }
    return slopes;
  }

  // Write: choose a character by a random number, read it, and so on. Returns ids and states.
  write(ids, length, random, temperature) {
    let h = this.start();
    for (const id of ids) h = this.step(id, h).h;
    const written = [];
    const states = [];
    while (written.length < length) {
      const chances = this.predict(h, temperature);
      let draw = random();
      let chosen = 0;
      while (draw >= chances[chosen] && chosen < this.V - 1) draw -= chances[chosen++];
      written.push(chosen);
      h = this.step(chosen, h).h;
      states.push(h);
    }
    return { written, states };
  }
}

// Adam (Kingma and Ba 2014): each number moves against its slope, by its running mean over its root mean square.
class Adam {
  constructor(tables) {
    this.t = 0;
    this.means = {};
    this.squares = {};
    for (const name in tables) {
      this.means[name] = new Float64Array(tables[name].length);
      this.squares[name] = new Float64Array(tables[name].length);
    }
  }

  update(tables, slopes, rate, beta1 = 0.9, beta2 = 0.99) {
    this.t++;
    const scale1 = 1 - beta1 ** this.t;
    const scale2 = 1 - beta2 ** this.t;
    for (const name in tables) {
      const [table, slope, mean, square] = [tables[name], slopes[name], this.means[name], this.squares[name]];
      for (let i = 0; i < table.length; i++) {
        mean[i] = beta1 * mean[i] + (1 - beta1) * slope[i];
        square[i] = beta2 * square[i] + (1 - beta2) * slope[i] * slope[i];
        table[i] -= (rate * mean[i]) / scale1 / (Math.sqrt(square[i] / scale2) + 1e-8);
      }
    }
  }
}

// Losses of tables of order 0, 1, ... maxOrder: each counts what followed so many characters, and leaves the rest to
// the table before it, as many shares as there were different successors (Witten and Bell 1991).
function tableLosses(train, test, V, maxOrder) {
  const chances = new Float64Array(test.length - 1).fill(1 / V);
  const losses = [];
  for (let order = 0; order <= maxOrder; order++) {
    const counts = new Map();
    const context = (ids, t) => (t < order ? `^${ids.slice(0, t).join()}` : ids.slice(t - order, t).join());
    for (let t = 1; t < train.length; t++) {
      const key = context(train, t);
      if (!counts.has(key)) counts.set(key, new Map());
      counts.get(key).set(train[t], (counts.get(key).get(train[t]) || 0) + 1);
    }
    let loss = 0;
    for (let t = 1; t < test.length; t++) {
      const found = counts.get(context(test, t));
      if (found) {
        let total = 0;
        for (const count of found.values()) total += count;
        const all = total + found.size;
        chances[t - 1] = (chances[t - 1] * found.size + (found.get(test[t]) || 0)) / all;
      }
      loss -= Math.log(chances[t - 1]);
    }
    losses.push(loss / chances.length);
  }
  return losses;
}
