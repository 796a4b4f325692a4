// A story as a tree: every change of the text is a node, and nothing is ever taken out. Undo goes to the parent, redo to
// the child that was shown last, retry makes a sibling. This module knows nothing of pages or servers.

import {Text} from "./text.js";

export const ROOT = "0";
const isAuthors = (by) => by === "author" || by === "edited";

export class Story {
  // onRecord is called with every record that has to be kept.
  constructor(onRecord = () => {}) {
    this.onRecord = onRecord;
    this.root = {id: ROOT, parent: null, children: [], last: null, at: 0, removed: "", inserted: "", by: "file",
                 time: 0, note: {}, depth: 0};
    this.nodes = new Map([[ROOT, this.root]]);
    this.head = this.root;
    this.text = new Text();
    this.title = "";
    this.marks = new Map();
    this.first = new Map();
    this.shares = {};  // of labels under which the author writes, by name; without any it is left to the server
    this.open = null;  // node at the head that still grows and is not kept yet
  }

  // Takes records that a server kept. With `movesHead` the text they show is shown.
  load(records, {movesHead = true} = {}) {
    let target = null;
    for (const record of records) {
      if (record.kind === "node" && !this.nodes.has(record.id)) this.#add(record);
      else if (record.kind === "head") target = record.node;
      else if (record.kind === "title") this.title = record.title;
      else if (record.kind === "mark") this.#setMark(record.node, record.name);
      else if (record.kind === "first") this.#setFirst(record.name, record.text);
      else if (record.kind === "as") this.shares = record.shares;
    }
    if (movesHead && target !== null) this.#move(this.nodes.get(target));
  }

  // Changes the text: a new node, which is the new head. Typing at the end of an open node lets that grow.
  edit(at, size, inserted, by = "me", note = {}) {
    if (by === "me" && this.#grows(at, size)) {
      this.#grow(size, inserted);
      return this.open;
    }
    this.close();
    return this.#begin(at, size, inserted, by, note);
  }

  // Begins a node that is written piece by piece. It is kept when it is closed.
  begin(at, size, by, note = {}) {
    this.close();
    return this.#begin(at, size, "", by, note);
  }

  // Puts more text at the end of the open node.
  grow(text) {
    this.#grow(0, text);
  }

  // Ends the open node, so that it is kept. One that changed nothing is forgotten.
  close() {
    const node = this.open;
    if (!node) return null;
    this.open = null;
    if (!node.inserted && !node.removed) {
      this.#move(node.parent);
      node.parent.children.splice(node.parent.children.indexOf(node), 1);
      node.parent.last = node.before;
      this.nodes.delete(node.id);
      return null;
    }
    this.onRecord(recordOf(node));
    this.onRecord({kind: "head", node: node.id});
    return node;
  }

  // Adds a node without showing it, such as one of several candidates.
  propose(at, size, inserted, note = {}) {
    this.close();
    const node = this.#add({id: newId(), parent: this.head.id, at, removed: this.text.slice(at, at + size), inserted,
                            by: "author", time: Date.now(), note});
    this.onRecord(recordOf(node));
    return node;
  }

  // Shows the text of a node, and returns where the text changed last.
  goTo(id) {
    this.close();
    const node = this.nodes.get(id);
    if (!node || node === this.head) return null;
    const at = this.#move(node);
    this.onRecord({kind: "head", node: id});
    return at;
  }

  undo() {
    this.close();
    return this.head.parent ? this.goTo(this.head.parent.id) : null;
  }

  redo() {
    this.close();
    const next = this.head.last ?? this.head.children.at(-1);
    return next ? this.goTo(next.id) : null;
  }

  // Shows the next sibling, or for -1 the one before.
  sibling(step) {
    this.close();
    const among = this.head.parent?.children ?? [];
    const other = among[(among.indexOf(this.head) + step + among.length) % Math.max(1, among.length)];
    return other ? this.goTo(other.id) : null;
  }

  mark(id, name) {
    this.#setMark(id, name);
    this.onRecord({kind: "mark", node: id, name});
  }

  retitle(title) {
    this.title = title;
    this.onRecord({kind: "title", title});
  }

  // Lets the author read a text before the story, or with null no longer.
  readFirst(name, text) {
    this.#setFirst(name, text);
    this.onRecord({kind: "first", name, text});
  }

  // Lets the author write under shares of labels, {name: share}, from now on.
  writeAs(shares) {
    this.shares = shares;
    this.onRecord({kind: "as", shares});
  }

  // Returns records that make the whole story anew.
  records() {
    const nodes = [...this.nodes.values()].filter((node) => node !== this.root);
    return [
      {kind: "title", title: this.title}, ...nodes.map(recordOf), {kind: "head", node: this.head.id},
      ...Array.from(this.marks, ([node, name]) => ({kind: "mark", node, name})),
      ...Array.from(this.first, ([name, text]) => ({kind: "first", name, text})),
      ...(Object.keys(this.shares).length ? [{kind: "as", shares: this.shares}] : []),
    ];
  }

  // Returns what the author reads before it writes at an offset.
  promptAt(at) {
    return [...this.first.values()].map((text) => `${text.trimEnd()}\n\n`).join("") + this.text.slice(0, at);
  }

  #setMark(id, name) {
    if (name) this.marks.set(id, name);
    else this.marks.delete(id);
  }

  #setFirst(name, text) {
    if (text === null) this.first.delete(name);
    else this.first.set(name, text);
  }

  #begin(at, size, inserted, by, note) {
    const before = this.head.last;
    const node = this.#add({id: newId(), parent: this.head.id, at, removed: this.text.slice(at, at + size), inserted,
                            by, time: Date.now(), note});
    node.before = before;
    this.#move(node);
    this.open = node;
    return node;
  }

  #add({id, parent: parentId, at, removed, inserted, by, time, note}) {
    const parent = this.nodes.get(parentId);
    if (!parent) throw new Error(`there is no node ${parentId}`);
    const node = {id, parent, children: [], last: null, at, removed, inserted, by, time: time ?? 0, note: note ?? {},
                  depth: parent.depth + 1};
    parent.children.push(node);
    this.nodes.set(id, node);
    return node;
  }

  #grows(at, size) {
    const node = this.open;
    if (!node || node.by !== "me") return false;
    const stop = node.at + node.inserted.length;
    return size ? at + size === stop && at >= node.at : at === stop;
  }

  // Takes code units off the end of the open node and puts others there.
  #grow(size, text) {
    const node = this.open;
    this.text.replace(node.at + node.inserted.length - size, size, [{text, by: node.origin}]);
    node.inserted = node.inserted.slice(0, node.inserted.length - size) + text;
  }

  // Changes the text into that of another node, step by step.
  #move(target) {
    const ahead = [];
    let at = null;
    for (let node = target; this.head !== node;) {
      if (node.depth >= this.head.depth) {
        ahead.push(node);
        node = node.parent;
      } else {
        at = this.#back();
      }
    }
    for (const node of ahead.reverse()) at = this.#forth(node);
    return at;
  }

  #back() {
    const node = this.head;
    this.text.replace(node.at, node.inserted.length, node.taken);
    node.parent.last = node;
    this.head = node.parent;
    return node.at + node.removed.length;
  }

  #forth(node) {
    const {at, removed, inserted} = node, {text} = this;
    const isWithin = isAuthors(text.byAt(at - 1)) && isAuthors(text.byAt(at + removed.length));
    node.origin = node.by === "me" && isWithin ? "edited" : node.by;
    node.taken = text.replace(at, removed.length, [{text: inserted, by: node.origin}]);
    node.parent.last = node;
    this.head = node;
    return at + inserted.length;
  }
}

export function recordOf(node) {
  const {id, at, removed, inserted, by, time, note} = node;
  return {kind: "node", id, parent: node.parent.id, at, removed, inserted, by, time, note};
}

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(14));
  return Array.from(bytes, (byte) => (byte % 36).toString(36)).join("");
}
