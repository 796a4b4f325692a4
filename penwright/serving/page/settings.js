// How the author writes: presets of heat and pace by name, the numbers behind them, the length, and the seed.

import {at, tell} from "./dom.js";

const HEATS = {plain: {temperature: 0.6, min_p: 0.1}, balanced: {temperature: 0.8, min_p: 0.1}, wild: {temperature: 1.1, min_p: 0.05}};
const PACES = {brisk: 0.6, natural: 1, leisurely: 1.7};
const KEPT = ["temperature", "min_p", "top_p", "top_k", "sentence_length", "paragraph_length", "words", "number"];
const MAX_SEED = 2n ** 63n - 1n;
const CHARS_OF_A_WORD = 12;
const PLACE = "penwright-settings";

export class Settings {
  constructor() {
    for (const name of KEPT) at(name).addEventListener("input", () => this.#changed());
    for (const button of document.querySelectorAll("[data-heat]")) {
      button.addEventListener("click", () => this.#set(HEATS[button.dataset.heat]));
    }
    for (const button of document.querySelectorAll("[data-pace]")) {
      const pace = PACES[button.dataset.pace];
      button.addEventListener("click", () => this.#set({sentence_length: pace, paragraph_length: pace}));
    }
    at("seed").addEventListener("input", () => { at("lock").checked = true; });
    at("new-seed").addEventListener("click", () => { this.#drawSeed(); at("lock").checked = false; });
    this.#drawSeed();
    try {
      this.#set(JSON.parse(localStorage.getItem(PLACE) ?? "{}"));
    } catch {  // a browser that keeps nothing
      this.#changed();
    }
  }

  // Returns the fields of a request, or null after telling what is wrong.
  fields({number = this.number, words = Number(at("words").value)} = {}) {
    const seed = this.#seed();
    if (seed === null) return null;
    const fields = {
      n: number, seed, max_tokens: words ? Math.min(100000, 200 + words * CHARS_OF_A_WORD) : Math.floor(100000 / number),
    };
    if (words) fields.max_words = words;
    for (const name of ["temperature", "min_p", "top_p", "sentence_length", "paragraph_length"]) fields[name] = at(name).valueAsNumber;
    fields.top_k = Math.round(at("top_k").valueAsNumber) || 0;
    return fields;
  }

  get number() {
    return Number(at("number").value);
  }

  // Draws the next seed, unless it is locked.
  next() {
    if (!at("lock").checked) this.#drawSeed();
  }

  #seed() {
    const text = at("seed").value.trim();
    if (/^[0-9]{1,19}$/.test(text) && BigInt(text) <= MAX_SEED && Number.isSafeInteger(Number(text))) return Number(text);
    tell(`A seed is a whole number from 0 to ${Number.MAX_SAFE_INTEGER}.`, true);
    at("seed").focus();
    return null;
  }

  #drawSeed() {
    at("seed").value = String(crypto.getRandomValues(new Uint32Array(1))[0]);
  }

  #set(values) {
    for (const name of KEPT) if (name in values && Number.isFinite(Number(values[name]))) at(name).value = values[name];
    this.#changed();
  }

  // Shows the numbers, which preset they are, and "off" where one does nothing.
  #changed() {
    const value = (name) => at(name).valueAsNumber;
    const shown = {
      temperature: value("temperature").toFixed(2),
      min_p: value("min_p") ? value("min_p").toFixed(2) : "off",
      top_p: value("top_p") < 1 ? value("top_p").toFixed(2) : "off",
      top_k: value("top_k") ? String(value("top_k")) : "off",
      sentence_length: value("sentence_length") === 1 ? "off" : `×${value("sentence_length")}`,
      paragraph_length: value("paragraph_length") === 1 ? "off" : `×${value("paragraph_length")}`,
    };
    for (const [name, text] of Object.entries(shown)) at(`${name}-shown`).textContent = text;
    for (const button of document.querySelectorAll("[data-heat]")) {
      const {temperature, min_p: minP} = HEATS[button.dataset.heat];
      button.setAttribute("aria-pressed", String(temperature === value("temperature") && minP === value("min_p")));
    }
    for (const button of document.querySelectorAll("[data-pace]")) {
      const pace = PACES[button.dataset.pace];
      button.setAttribute("aria-pressed", String(pace === value("sentence_length") && pace === value("paragraph_length")));
    }
    try {
      localStorage.setItem(PLACE, JSON.stringify(Object.fromEntries(KEPT.map((name) => [name, at(name).value]))));
    } catch {}  // a browser that keeps nothing
  }
}
