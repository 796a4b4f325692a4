// The story as a map: a row for each stretch without branches. Arrow keys walk it as they walk a loom.

import {at, counted, make} from "./dom.js";

const MAX_ROWS = 400;
const MAX_INDENT = 12;
const WRITERS = {me: "you", author: "author", file: "file"};

// Returns rows {nodes, indent} in the order in which they are shown: chains of nodes with one child each.
export function rowsOf(root) {
  const rows = [], waiting = root.children.map((child) => [child, 0]).reverse();
  while (waiting.length) {
    let [node, indent] = waiting.pop();
    const nodes = [node];
    while (node.children.length === 1) nodes.push(node = node.children[0]);
    rows.push({nodes, indent});
    for (const child of [...node.children].reverse()) waiting.push([child, indent + 1]);
  }
  return rows;
}

export class TreeView {
  // onGo is called with the id of a node, onMark with an id and a name, onStep with -1 or 1 for siblings.
  constructor({story, onGo, onMark, onStep}) {
    Object.assign(this, {story, onGo, onMark, onStep});
    this.list = at("tree");
    this.list.addEventListener("keydown", (event) => this.#key(event));
    at("mark").addEventListener("click", () => this.#markHead());
  }

  show() {
    const story = this.story(), rows = rowsOf(story.root), onPath = new Set();
    for (let node = story.head; node; node = node.parent) onPath.add(node);
    const here = Math.max(0, rows.findIndex(({nodes}) => nodes.includes(story.head)));
    const start = Math.max(0, Math.min(here - MAX_ROWS / 2, rows.length - MAX_ROWS));
    const shown = rows.slice(start, start + MAX_ROWS).map((row) => this.#row(row, onPath));
    this.list.replaceChildren(...shown);
    if (!rows.length) this.list.append(make("li", {class: "aside"}, "Nothing is written yet."));
    at("tree-size").textContent = `${counted(story.nodes.size - 1, "change")}, ${counted(rows.length, "stretch", "stretches")}` +
      (rows.length > MAX_ROWS ? `, of which ${MAX_ROWS} around this one are shown` : "");
    const marks = [...story.marks].map(([id, name]) => make("li", {},
      make("button", {type: "button", class: "link", click: () => this.onGo(id)}, name),
      make("button", {type: "button", class: "small", "aria-label": `Remove the bookmark ${name}`, click: () => this.onMark(id, "")}, "✕")));
    at("marks").replaceChildren(...marks);
  }

  #row({nodes, indent}, onPath) {
    const story = this.story(), head = story.head, isHere = nodes.includes(head), shown = isHere ? head : nodes.at(-1);
    const added = nodes.map((node) => node.inserted).join("").replace(/\s+/g, " ").trim();
    const removed = nodes.some((node) => node.removed) ? " (changed)" : "";
    const name = [...new Set(nodes.map((node) => story.marks.get(node.id)).filter(Boolean))].join(", ");
    const who = [...new Set(nodes.map((node) => WRITERS[node.by]))].join(" and ");
    const label = added ? (added.length > 90 ? `${added.slice(0, 90)}…` : added) : "(taken out)";
    const button = make("button", {type: "button", class: `row by-${nodes.at(-1).by}`, "data-id": shown.id, click: () => this.onGo(shown.id)},
      make("span", {class: "who"}, who), name ? make("span", {class: "name"}, name) : "", ` ${label}${removed}`);
    if (isHere) button.setAttribute("aria-current", "true");
    const item = make("li", {class: `indent-${Math.min(indent, MAX_INDENT)}${onPath.has(nodes[0]) ? " on-path" : ""}`}, button);
    return item;
  }

  #markHead() {
    const story = this.story();
    story.close();
    const name = at("mark-name").value.trim() || `Bookmark ${story.marks.size + 1}`;
    at("mark-name").value = "";
    this.onMark(story.head.id, name.slice(0, 300));
  }

  #key(event) {
    const {head} = this.story();
    const go = (node) => node && this.onGo(node.id);
    const deeds = {
      ArrowUp: () => go(head.parent),
      ArrowDown: () => go(head.last ?? head.children.at(-1)),
      ArrowLeft: () => this.onStep(-1),
      ArrowRight: () => this.onStep(1),
      b: () => this.#markHead(),
    };
    if (event.ctrlKey || event.metaKey || event.altKey || !deeds[event.key]) return;
    event.preventDefault();
    deeds[event.key]();
    this.list.querySelector("[aria-current]")?.focus();
  }
}
