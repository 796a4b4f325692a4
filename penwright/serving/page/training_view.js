// A training run as it goes: its curves, and what the author wrote at each time of the diary.

import {at, counted, make} from "./dom.js";

const EVERY = 4000;
const WIDTH = 360, HEIGHT = 180, LEFT = 36, BOTTOM = 20;
const NAMESPACE = "http://www.w3.org/2000/svg";

// Returns points {x, y} of a curve in a frame of numbers.
export function placed(points, {least, most, far}) {
  const height = HEIGHT - BOTTOM - 8, width = WIDTH - LEFT - 8;
  return points.map(([chars, bits]) => ({
    x: LEFT + width * chars / Math.max(1, far),
    y: 8 + height * (most - bits) / Math.max(0.001, most - least),
  }));
}

// Returns the numbers between which curves lie. The first points of a training are far above the others and are cut off.
export function frameOf(curves) {
  const all = curves.flat(), bits = all.map(([, each]) => each).filter(Number.isFinite).sort((one, other) => one - other);
  const most = bits[Math.floor(0.95 * (bits.length - 1))] ?? 1;
  return {least: bits[0] ?? 0, most: Math.max(most, (bits[0] ?? 0) + 0.1), far: Math.max(1, ...all.map(([chars]) => chars))};
}

export class TrainingView {
  constructor({api}) {
    this.api = api;
    this.timer = 0;
  }

  setAbout({has_run: hasRun}) {
    at("tab-training").hidden = !hasRun;
  }

  async show() {
    clearTimeout(this.timer);
    if (at("panel-training").hidden) return;
    try {
      const run = await this.api.run();
      this.#draw(run);
      if (run.ending) return;
    } catch (error) {
      at("training-told").textContent = error.message;
    }
    this.timer = setTimeout(() => this.show(), EVERY);
  }

  #draw({step, chars_read: chars, seconds, trained, held_out: heldOut, samples, ending}) {
    const best = Math.min(...heldOut.map(([, bits]) => bits)), state = ending ? ` Finished: ${ending}.` : "";
    at("training-told").textContent = `${counted(step, "step")}, ${counted(chars, "character")}, ${counted(Math.round(seconds / 60), "minute")}.` +
      (heldOut.length ? ` Best on held-out books: ${best.toFixed(3)} bits a character.` : "") + state;
    const frame = frameOf([trained, heldOut]), chart = at("training-chart");
    const line = (points, name) => node("polyline", {class: name, points: placed(points, frame)
      .map(({x, y}) => `${x.toFixed(1)},${Math.max(0, y).toFixed(1)}`).join(" ")});
    const label = (text, x, y) => Object.assign(node("text", {x, y}), {textContent: text});
    chart.setAttribute("aria-label", `Bits a character: ${heldOut.length ? `${heldOut.at(-1)[1].toFixed(3)} on held-out books` : "none yet"}`);
    chart.replaceChildren(line(trained, "trained"), line(heldOut, "held-out"), label(frame.most.toFixed(2), 2, 14),
      label(frame.least.toFixed(2), 2, HEIGHT - BOTTOM), label(counted(frame.far, "character"), LEFT, HEIGHT - 4));
    at("diary").replaceChildren(...[...samples].reverse().map((sample) => make("li", {},
      make("p", {class: "aside"}, `Step ${sample.step.toLocaleString("en")}`),
      make("p", {class: "candidate-text"}, make("span", {class: "by-me"}, sample.prompt), make("span", {class: "by-author"}, sample.text)))));
  }
}

function node(tag, attributes) {
  const element = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
