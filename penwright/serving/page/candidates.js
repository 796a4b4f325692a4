// Several texts side by side. Each can be taken, and pinned: then it is a bookmark in the tree.

import {at, make} from "./dom.js";

export class Candidates {
  // onTake is called with a node, onPin with a node and true or false.
  constructor({onTake, onPin}) {
    Object.assign(this, {onTake, onPin});
    this.panel = at("candidates");
    this.cards = [];
    at("close-candidates").addEventListener("click", () => this.close());
    this.panel.addEventListener("keydown", (event) => {
      const number = Number(event.key);
      if (number >= 1 && number <= this.cards.length && !event.ctrlKey && !event.altKey) this.#take(number - 1);
    });
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  begin(number) {
    this.cards = Array.from({length: number}, (_, index) => this.#card(index));
    at("cards").replaceChildren(...this.cards.map((card) => card.element));
    this.panel.hidden = false;
  }

  show(index, text, isDone) {
    this.cards[index].text.textContent = text;
    this.cards[index].element.setAttribute("aria-busy", String(!isDone));
  }

  // Says which nodes the texts became.
  end(nodes) {
    nodes.forEach((node, index) => {
      const card = this.cards[index];
      card.node = node;
      card.take.disabled = card.pin.disabled = node === null;
      card.element.setAttribute("aria-busy", "false");
    });
    this.cards[0]?.take.focus({preventScroll: true});
  }

  // Shows one text that is offered in the middle of the story.
  offer(node) {
    this.begin(1);
    this.show(0, node.inserted, true);
    Object.assign(this.cards[0], {node});
    this.cards[0].take.disabled = this.cards[0].pin.disabled = false;
  }

  close() {
    this.panel.hidden = true;
    this.cards = [];
    at("cards").replaceChildren();
    at("text").focus();
  }

  #card(index) {
    const text = make("p", {class: "candidate-text"});
    const take = make("button", {type: "button", disabled: true, click: () => this.#take(index)}, `Take ${index + 1}`);
    const pin = make("button", {type: "button", disabled: true, "aria-pressed": "false", click: () => this.#pin(index)}, "Pin");
    const element = make("article", {class: "card", "aria-label": `Candidate ${index + 1}`, "aria-busy": "true"},
      make("p", {class: "buttons"}, take, pin), text);
    return {element, text, take, pin, node: null};
  }

  #take(index) {
    const {node} = this.cards[index];
    if (!node) return;
    this.close();
    this.onTake(node);
  }

  #pin(index) {
    const {node, pin} = this.cards[index], isPinned = pin.getAttribute("aria-pressed") !== "true";
    pin.setAttribute("aria-pressed", String(isPinned));
    this.onPin(node, isPinned);
  }
}
