// The page: a network learns while it is watched. Nothing is sent anywhere. The texts come from ../lessons/texts.js.
"use strict";

(() => {
  const SPEED = 14; // milliseconds of learning between two pictures
  const WINDOW = 16; // characters that slopes go back through
  const EVALUATIONS = 40;
  const MAX_HELD_OUT = 1200; // characters
  const SAMPLE = 64; // characters
  const [MIN_CHARS, MAX_CHARS] = [400, 100000]; // of a text of one's own
  const KINDS = [
    ["one character", "no memory: it sees one character"],
    ["elman", "Elman: its neurons see themselves, one character ago"],
    ["gru", "GRU: gates decide what is kept"],
  ];
  const root = document.getElementById("trainer");
  let run = null; // what is being learned, by whom, and how far
  let isLearning = false;

  function make(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const key in attributes) {
      if (key.startsWith("on")) element.addEventListener(key.slice(2), attributes[key]);
      else if (attributes[key] !== false) element.setAttribute(key, attributes[key]);
    }
    element.append(...children);
    return element;
  }

  function draw(name, attributes, ...children) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    element.append(...children);
    return element;
  }

  function choice(label, options, chosen) {
    const select = make("select", { onchange: begin });
    for (const [value, text] of options) {
      const option = make("option", { value }, text);
      option.selected = value === chosen;
      select.append(option);
    }
    return [select, make("label", {}, make("span", {}, label), select)];
  }

  const sources = [
    ["books", "seven little books"],
    ["names", "489 given names"],
    ["own", "a text of your own"],
  ];
  const [source, sourceLabel] = choice("Text", sources, "books");
  const [kind, kindLabel] = choice("Rung", KINDS, "elman");
  const [size, sizeLabel] = choice("Neurons", [["8", "8"], ["32", "32"], ["64", "64"]], "32");
  const own = make("textarea", { rows: 6, "aria-label": "Your text", oninput: begin });
  own.placeholder = `Paste a text of at least ${MIN_CHARS} characters. It stays in this page.`;
  const train = make("button", { type: "button", class: "md-button md-button--primary", onclick: press }, "Train");
  const again = make("button", { type: "button", class: "md-button", onclick: begin }, "Start again");
  const warmth = make("input", { type: "range", min: "0.2", max: "1.5", step: "0.1", value: "0.7", oninput: write });
  const warmthShown = make("output", {}, "0.7");
  const status = make("p", { class: "status", role: "status" });
  const bar = make("progress", { max: "1", value: "0", "aria-label": "Progress" });
  const chart = make("div", { class: "chart" });
  const canvas = make("canvas", { role: "img", "aria-label": "The state of each neuron as it writes, a column a character" });
  const letters = make("pre", { class: "letters" });
  const diary = make("ol", { class: "diary" });

  function textOf(name, random) {
    if (name === "own") return own.value.slice(0, MAX_CHARS);
    if (name !== "names") return TEXTS[name];
    const names = TEXTS.names.trim().split(/\s+/);
    for (let i = names.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [names[i], names[j]] = [names[j], names[i]];
    }
    return `${names.join("\n")}\n`;
  }

  function begin() {
    isLearning = false;
    own.hidden = source.value !== "own";
    const random = randomNumbers(1);
    const text = [...textOf(source.value, random)];
    diary.replaceChildren();
    if (text.length < MIN_CHARS) {
      run = null;
      status.textContent = `The text has ${text.length} characters. It needs at least ${MIN_CHARS}.`;
      show();
      return;
    }
    const alphabet = [...new Set(text)].sort();
    const numbers = new Map(alphabet.map((character, number) => [character, number]));
    const ids = text.map((character) => numbers.get(character));
    const cut = Math.floor(ids.length * 0.9);
    const learned = ids.slice(0, cut);
    const heldOut = ids.slice(cut, cut + MAX_HELD_OUT);
    const network = new Network(kind.value, alphabet.length, Number(size.value), random);
    const losses = tableLosses(learned, heldOut, alphabet.length, 5);
    run = {
      alphabet, learned, heldOut, network,
      optimizer: new Adam(network.tables),
      levels: [["ln V", Math.log(alphabet.length)], ["order 1", losses[1]], ["order 5", losses[5]]],
      steps: source.value === "names" ? 3000 : 6000,
      rate: size.value === "64" ? 0.005 : 0.01,
      t: 0, at: 0, state: network.start(), recent: [], learning: [], held: [],
    };
    evaluate();
    show();
  }

  // One update: a window is read, and each number of the network moves a little.
  function step() {
    const { network, learned } = run;
    if (run.at + 1 >= learned.length) [run.at, run.state] = [0, network.start()];
    const ids = learned.slice(run.at, run.at + WINDOW + 1);
    const read = network.forward(ids, run.state);
    run.optimizer.update(network.tables, network.backward(ids, read.steps), run.rate * (1 - (0.95 * run.t) / run.steps));
    run.t++;
    run.at += WINDOW;
    run.state = read.state;
    run.recent.push(read.loss);
    if (run.recent.length > 100) run.recent.shift();
    if (run.t % (run.steps / EVALUATIONS) === 0) evaluate();
  }

  function evaluate() {
    const { network, heldOut, recent, t } = run;
    run.held.push([t, network.forward(heldOut, network.start()).loss]);
    if (recent.length) run.learning.push([t, recent.reduce((sum, loss) => sum + loss, 0) / recent.length]);
    write();
    if (t === 0 || t === run.steps / EVALUATIONS || t % (run.steps / 5) === 0) {
      diary.append(make("li", {}, make("span", {}, t.toLocaleString("en")), make("q", {}, letters.textContent)));
    }
  }

  // It writes, always with the same random numbers, and its state is drawn as it does.
  function write() {
    warmthShown.textContent = warmth.value;
    if (!run) return;
    const { network, learned, alphabet } = run;
    const { written, states } = network.write(learned.slice(0, 8), SAMPLE, randomNumbers(7), Number(warmth.value));
    letters.textContent = written.map((id) => alphabet[id].replace(/\s/, (c) => (c === "\n" ? "¶" : " "))).join("");
    [canvas.width, canvas.height] = [SAMPLE, network.H];
    const context = canvas.getContext("2d");
    const picture = context.createImageData(SAMPLE, network.H);
    states.forEach((h, x) => {
      h.forEach((value, y) => {
        const color = value > 0 ? [47, 109, 181] : [200, 67, 79];
        picture.data.set([...color, 255 * Math.min(1, Math.abs(value))], 4 * (y * SAMPLE + x));
      });
    });
    context.putImageData(picture, 0, 0);
  }

  function lines() {
    const width = Math.max(300, Math.min(640, chart.clientWidth || 640));
    const [height, left, right, top, bottom] = [0.3 * width + 110, 26, 56, 10, 30];
    const highest = Math.ceil(2 * run.levels[0][1]) / 2;
    const x = (t) => left + (t / run.steps) * (width - left - right);
    const y = (loss) => top + (1 - loss / highest) * (height - top - bottom);
    const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
    svg.append(draw("title", {}, "Loss in nats against updates"));
    for (let loss = 0; loss <= highest; loss++) {
      svg.append(draw("line", { class: "grid", x1: left, x2: width - right, y1: y(loss), y2: y(loss) }));
      svg.append(draw("text", { x: left - 6, y: y(loss) + 4, "text-anchor": "end" }, String(loss)));
    }
    for (const part of [0, 0.5, 1]) {
      const anchor = part === 1 ? "end" : "middle";
      svg.append(draw("text", { x: x(part * run.steps), y: height - 8, "text-anchor": anchor }, (part * run.steps).toLocaleString("en")));
    }
    // Names of levels that are close to one another are moved apart.
    let above = -Infinity;
    for (const [name, loss] of [...run.levels].sort((one, other) => other[1] - one[1])) {
      above = Math.max(y(loss) + 4, above + 13);
      svg.append(draw("line", { class: "level", x1: left, x2: width - right, y1: y(loss), y2: y(loss) }));
      svg.append(draw("text", { x: width - right + 6, y: above }, name));
    }
    const path = (points) => points.map(([t, loss], i) => `${i ? "L" : "M"}${x(t).toFixed(1)} ${y(Math.min(loss, highest)).toFixed(1)}`).join("");
    svg.append(draw("path", { class: "learning", d: path(run.learning) }), draw("path", { class: "held-out", d: path(run.held) }));
    return svg;
  }

  function show() {
    const isDone = run !== null && run.t >= run.steps;
    train.textContent = isLearning ? "Pause" : run !== null && run.t > 0 && !isDone ? "Go on" : "Train";
    train.disabled = run === null || isDone;
    bar.value = run === null ? 0 : run.t / run.steps;
    if (run === null) {
      chart.replaceChildren();
      letters.textContent = "";
      canvas.width = canvas.height = 0;
      return;
    }
    chart.replaceChildren(lines());
    const loss = run.held[run.held.length - 1][1];
    const best = run.held.reduce((least, each) => (each[1] < least[1] ? each : least));
    const parts = [`${run.t.toLocaleString("en")} of ${run.steps.toLocaleString("en")} updates`];
    parts.push(`loss ${loss.toFixed(3)} on text that it never reads`);
    if (run.t > 0) parts.push(`best ${best[1].toFixed(3)}, after ${best[0].toLocaleString("en")}`);
    parts.push(...run.levels.map(([name, value]) => `${name} ${value.toFixed(3)}`));
    status.textContent = `${parts.join(" · ")}.`;
  }

  function press() {
    isLearning = !isLearning;
    show();
    if (isLearning) requestAnimationFrame(learn);
  }

  function learn() {
    if (!isLearning) return;
    const until = performance.now() + SPEED;
    while (performance.now() < until && run.t < run.steps) step();
    isLearning = run.t < run.steps;
    show();
    if (isLearning) requestAnimationFrame(learn);
  }

  root.replaceChildren(
    make("div", { class: "choices" }, sourceLabel, kindLabel, sizeLabel),
    own,
    make("div", { class: "buttons" }, train, again, bar),
    status,
    chart,
    make("p", { class: "legend" }, make("span", { class: "learning" }, "while learning"), make("span", { class: "held-out" }, "held out")),
    make("h3", {}, "What it writes now"),
    make("div", { class: "strip" }, canvas, letters),
    make("label", { class: "warmth" }, make("span", {}, "Temperature"), warmth, warmthShown),
    make("h3", {}, "Its diary"),
    diary,
  );
  begin();
})();
