// The labels under which the author reads and writes, such as writers: none, one, or shares of several. They are kept
// with the story. An author without labels shows nothing here and is asked for nothing.

import {at, make} from "./dom.js";

const MAX_MIXED = 16;
const NONE = "none";  // what the server takes for no label
const STEP = 0.05;
const DEFAULT = "", PLAIN = "-", MIXED = "+";  // values of the choice that are no index of a label

// Returns the shares as they count, {name: share}: those that sum to more than 1 are divided by their sum.
export function effectiveShares(shares) {
  const most = Math.max(1, Object.values(shares).reduce((sum, share) => sum + share, 0));
  return Object.fromEntries(Object.entries(shares).map(([name, share]) => [name, share / most]));
}

// Returns a mixture in words, such as "70 % Jane Austen, 30 % no label".
export function inWords(shares) {
  const effective = Object.entries(effectiveShares(shares)).filter(([name, share]) => share > 0 && name !== NONE);
  const rest = 1 - effective.reduce((sum, [, share]) => sum + share, 0);
  const percent = (share) => `${Math.round(100 * share)} %`;
  const parts = effective.map(([name, share]) => `${percent(share)} ${name}`);
  if (rest > 0.004) parts.push(`${percent(rest)} no label`);
  return parts.join(", ");
}

export class LabelsView {
  // parts: story(), onChange() after other labels were chosen.
  constructor(parts) {
    Object.assign(this, parts, {names: [], common: ""});
    at("label").addEventListener("change", () => this.#choose(at("label").value));
    at("label-add").addEventListener("change", () => this.#add(at("label-add").value));
  }

  // names: the labels that the author knows; common: the mixture of requests that name none, as it was written.
  setAbout({labels: names = [], label: common = ""}) {
    Object.assign(this, {names, common});
    at("labels").hidden = !names.length;
    this.show();
  }

  // Returns the field of a request. Labels of the story that this author does not know are left out.
  field() {
    const shares = this.#known();
    return Object.keys(shares).length ? {as: shares} : {};
  }

  // Shows what the story has.
  show() {
    if (!this.names.length) return;
    const shares = this.#known(), chosen = Object.keys(shares), option = (value, text) => make("option", {value}, text);
    const isMixed = chosen.length > 1 || (chosen.length === 1 && chosen[0] !== NONE && shares[chosen[0]] < 1);
    at("label").replaceChildren(
      option(DEFAULT, this.common ? `As the server was told: ${this.common}` : "No label"),
      ...(this.common ? [option(PLAIN, "No label")] : []),
      ...this.names.map((name, index) => option(String(index), name)),
      ...(isMixed ? [option(MIXED, "A mixture")] : []),
    );
    const index = this.names.indexOf(chosen[0]), plain = this.common ? PLAIN : DEFAULT;
    at("label").value = isMixed ? MIXED : !chosen.length ? DEFAULT : index >= 0 ? String(index) : plain;
    const others = this.names.map((name, index) => [name, String(index)]).filter(([name]) => !Object.hasOwn(shares, name));
    at("label-add").replaceChildren(option("", "…"), ...others.map(([name, index]) => option(index, name)));
    const isPlain = chosen.every((name) => !this.names.includes(name));
    at("label-mix").hidden = isPlain || !others.length || chosen.length >= MAX_MIXED;
    at("label-shares").replaceChildren(...(isPlain ? [] : chosen.map((name, place) => this.#row(name, place))));
    this.#tell();
  }

  // Shares of the story's labels that this author knows.
  #known() {
    if (!this.names.length) return {};
    const known = ([name]) => this.names.includes(name) || name === NONE;
    return Object.fromEntries(Object.entries(this.story().shares).filter(known));
  }

  #row(name, place) {
    const slider = make("input", {
      id: `share-${place}`, type: "range", min: 0, max: 1, step: STEP, value: Math.min(1, this.story().shares[name]),
      input: () => this.#tell({...this.#known(), [name]: slider.valueAsNumber}),
      change: () => {
        this.#set({...this.#known(), [name]: slider.valueAsNumber});
        at(slider.id)?.focus();
      },
    });
    const button = {type: "button", class: "small", "aria-label": `Without ${name}`, click: () => this.#drop(name)};
    return make("li", {}, make("label", {htmlFor: slider.id}, `${name} `, make("output", {})),
      make("div", {class: "line"}, slider, make("button", button, "✕")));
  }

  #choose(value) {
    if (value === MIXED) return;
    this.#set(value === DEFAULT ? {} : {[value === PLAIN ? NONE : this.names[Number(value)]]: 1});
  }

  #add(value) {
    if (value) this.#set({...this.#known(), [this.names[Number(value)]]: 1});
  }

  #drop(name) {
    const {[name]: _, ...left} = this.#known();
    this.#set(left);
  }

  #set(shares) {
    this.story().writeAs(shares);
    this.show();
    this.onChange();
  }

  // Says what the shares make, and which labels of the story are not this author's.
  #tell(shares = this.#known()) {
    const effective = effectiveShares(shares), chosen = Object.values(shares);
    Object.keys(shares).forEach((name, index) => {
      const output = at("label-shares").children[index]?.querySelector("output");
      if (output) output.textContent = `${Math.round(100 * effective[name])} %`;
    });
    const strange = Object.keys(this.story().shares).filter((name) => name !== NONE && !this.names.includes(name));
    const told = chosen.length > 1 || chosen[0] < 1 ? [`${inWords(shares)}.`] : [];
    if (strange.length) told.push(`This author does not know ${strange.join(", ")}.`);
    at("label-told").textContent = told.join(" ");
  }
}
