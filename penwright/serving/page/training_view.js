// A training run as it goes: its curves, and what the author wrote at each time of the diary.

import {Curves} from "./curves.js";
import {at, counted, make} from "./dom.js";

const EVERY = 4000;

export class TrainingView {
  constructor({api}) {
    this.api = api;
    this.timer = 0;
    this.curves = new Curves();
    this.diary = "";
  }

  setAbout({has_run: hasRun}) {
    at("tab-training").hidden = !hasRun;
  }

  async show() {
    clearTimeout(this.timer);
    if (at("panel-training").hidden) return;
    try {
      const run = await this.api.run();
      this.#tell(run);
      this.#write(run.samples);
      await this.curves.show(run.trained, run.held_out);
      if (run.ending) return;
    } catch (error) {
      at("training-told").textContent = error.message;
    }
    clearTimeout(this.timer);  // of the panel opened meanwhile
    this.timer = setTimeout(() => this.show(), EVERY);
  }

  #tell({step, chars_read: chars, seconds, held_out: heldOut, ending}) {
    const best = Math.min(...heldOut.map(([, bits]) => bits)), state = ending ? ` Finished: ${ending}.` : "";
    at("training-told").textContent = `${counted(step, "step")}, ${counted(chars, "character")}, ${counted(Math.round(seconds / 60), "minute")}.` +
      (heldOut.length ? ` Best on held-out books: ${best.toFixed(3)} bits a character.` : "") + state;
  }

  // Pages of the diary, the newest first; they are left alone as long as there is no new one.
  #write(samples) {
    const diary = JSON.stringify(samples);
    if (diary === this.diary) return;
    this.diary = diary;
    at("diary").replaceChildren(...[...samples].reverse().map((sample) => make("li", {},
      make("p", {class: "aside"}, `Step ${sample.step.toLocaleString("en")}`),
      make("p", {class: "candidate-text"}, make("span", {class: "by-me"}, sample.prompt), make("span", {class: "by-author"}, sample.text)))));
  }
}
