// The page put together: one story, its editor, the author, the panels and the keys.

import {api} from "./api.js";
import {Candidates} from "./candidates.js";
import {Copies} from "./copies.js";
import {at, counted, settled, tell} from "./dom.js";
import {Editor} from "./editor.js";
import {FirstView} from "./first_view.js";
import {Generating} from "./generating.js";
import {bindKeys} from "./keys.js";
import {LabelsView} from "./labels.js";
import {moved} from "./layers.js";
import {Letters} from "./letters.js";
import {Saving} from "./saving.js";
import {Settings} from "./settings.js";
import {StoriesView} from "./stories_view.js";
import {Story} from "./story.js";
import {TrainingView} from "./training_view.js";
import {TreeView} from "./tree_view.js";
import {Words} from "./words.js";

const PAUSE = 700;  // of typing, after which it is kept as one change
const LONGEST_BURST = 3000;

let story = new Story(), editor = null, saving = null;
const inStory = {story: () => story, editor: () => editor};

const settings = new Settings();
const labels = new LabelsView({...inStory, onChange: () => {
  generating.dismiss();
  refreshLater();
}});
const candidates = new Candidates({
  onTake: (node) => go(node.id),
  onPin: (node, isPinned) => mark(node.id, isPinned ? `Pinned ${story.marks.size + 1}` : ""),
});
const generating = new Generating({
  ...inStory, api, settings, labels, candidates, onChange: changed,
  onState: (isWriting) => {
    document.body.classList.toggle("writing", isWriting);
    at("stop").disabled = !isWriting;
    at("continue").disabled = isWriting;
    at("sheet").setAttribute("aria-busy", String(isWriting));
  },
  onOffer: (isThere) => {
    at("take").hidden = at("take-word").hidden = !isThere;
    at("suggest").hidden = isThere;
  },
  onRead: (size) => { at("read").textContent = `has read ${counted(size, "character")}`; },
});
const words = new Words({
  ...inStory, api, settings, labels, onPaint: () => editor.paint(),
  onChoose: (start, size, word, chance) => {
    story.edit(start, size, word, "author", {alternative: true, chance});
    story.close();
    editor.show(start + word.length);
    changed();
    generating.continue();
  },
});
new Letters({...inStory, api, labels, onChoose: (where, text, chance) => {
  story.edit(where, 0, text, "author", {letter: true, chance});
  story.close();
  editor.show(where + text.length);
  changed();
}});
const copies = new Copies({...inStory, api, onPaint: () => editor.paint()});
const tree = new TreeView({...inStory, onGo: go, onMark: mark, onStep: (step) => stepped(story.sibling(step))});
const first = new FirstView({...inStory, onRead: (name, text) => {
  story.readFirst(name, text);
  first.show();
  showRead();
}});
const training = new TrainingView({api});
const stories = new StoriesView({
  api, current: () => saving?.id, onOpen: open, onNew: begin, saved: () => kept(),
  onTitle: (title) => { story.retitle(title); showTitle(); },
});

const refreshLater = settled(1200, () => {
  if (generating.isWriting) return;
  words.refresh();
  copies.refresh();
});
const closeLater = settled(PAUSE, () => {
  if (story.open?.by !== "me") return;
  story.close();
  if (!at("panel-tree").hidden) tree.show();
});

function typed(where, size, inserted) {
  if (generating.isWriting) generating.stop();
  const {suggestion} = generating;
  if (suggestion) generating.dismiss();
  story.edit(where, size, inserted);
  showSaved("saving");
  for (const each of [words, copies]) each.ranges = moved(each.ranges, {at: where, size, inserted});
  if (Date.now() - story.open.time > LONGEST_BURST || inserted === "\n") story.close();
  closeLater();
  refreshLater();
  showRead();
}

// The text or the tree has changed otherwise than by typing.
function changed() {
  forgetRanges();
  editor.paint();
  tellOfChange();
}

function forgetRanges() {
  words.ranges = [];
  copies.ranges = [];
}

function tellOfChange() {
  if (!at("panel-tree").hidden) tree.show();
  showRead();
  refreshLater();
}

function stepped(where) {
  if (where === null) return;
  generating.dismiss();
  forgetRanges();
  editor.show(where);
  tellOfChange();
}

function go(id) {
  generating.stop();
  stepped(story.goTo(id));
}

function mark(id, name) {
  story.mark(id, name);
  tree.show();
}

const undo = () => { generating.stop(); stepped(story.undo()); };
const redo = () => { generating.stop(); stepped(story.redo()); };

function showRead() {
  const before = [...story.first.values()].reduce((size, text) => size + text.trimEnd().length + 2, 0);
  at("read").textContent = `has read ${counted(before + editor.caret, "character")}`;
}

function showTitle() {
  at("title").value = story.title;
  document.title = `${story.title || "A story"} – Penwright`;
}

// Layers of colour between two offsets: who wrote it, how surprising it is, what is copied.
function layers(start, stop) {
  const found = [];
  if (at("origins").checked) {
    const ranges = [];
    let offset = start;
    for (const {text, by} of story.text.part(start, stop)) ranges.push({start: offset, stop: offset += text.length, name: `by-${by}`});
    found.push(ranges);
  }
  const within = (ranges) => ranges.filter((range) => range.stop > start && range.start < stop);
  found.push(within(words.ranges), within(copies.ranges));
  return found;
}

async function kept() {
  if (!generating.isWriting) story.close();
  await saving?.flush();
}

// Keeps what is written, what the author is writing included, so that another story can be shown.
async function leave() {
  generating.stop();
  while (generating.isWriting) await new Promise((done) => setTimeout(done, 10));
  await kept();
  if (saving && !saving.isSaved) throw new Error("The last changes are not saved yet, and this story is shown until they are.");
}

async function open(id) {
  await leave();
  use(await api.read(id));
}

async function begin({opensLast = false} = {}) {
  if (opensLast) generating.stop();
  else await leave();
  const last = opensLast ? (await api.stories()).find((each) => !each.damaged) : null;
  use(last ? await api.read(last.id) : await api.create(""));
}

// Shows a story as the server has it.
function use({id, revision, records}) {
  saving?.close();
  editor?.close();
  candidates.close();
  const own = story = new Story((record) => own.saving.push(record));  // even when another story is shown meanwhile
  story.load(records);
  saving = own.saving = new Saving(api, id, revision, story, {onState: showSaved, onMerge: () => {
    tell("Another window wrote in this story too. What it wrote is in the tree.");
    first.show();
    labels.show();
    tree.show();
  }});
  forgetRanges();
  editor = new Editor(story, {onEdit: typed, layers, onMove: () => {
    words.describe();
    copies.describe();
    showRead();
    if (generating.suggestion && editor.caret !== generating.suggestion.at) generating.dismiss();
  }});
  editor.show(story.text.length);
  location.hash = id;
  showTitle();
  showSaved("saved");
  first.show();
  labels.show();
  changed();
  stories.show();
  at("text").disabled = false;
  at("text").focus();
}

// Makes a new story of all that is here, where the old one cannot be written any more.
async function rescue() {
  generating.stop();
  story.close();
  const records = story.records(), {id} = await api.create(""), most = 5000;
  let revision = 0;
  for (let first = 0; first < records.length; first += most) {
    ({revision} = await api.append(id, revision, records.slice(first, first + most)));
  }
  use(await api.read(id));
  tell("All of it is kept in a new story.");
}

function showSaved(found, isLasting = false) {
  at("rescue").hidden = !isLasting;
  const state = found === "saved" && story.open ? "saving" : found;
  const shown = {saved: "Saved", saving: "Saving …"}[state];
  at("saved").textContent = shown ?? state;
  at("saved").classList.toggle("wrong", shown === undefined);
}

bindKeys({generating, candidates, editor: () => editor, undo, redo, words, tree, training});
at("continue").addEventListener("click", () => { generating.continue(); at("text").focus(); });
at("stop").addEventListener("click", () => generating.stop());
at("retry").addEventListener("click", () => { generating.retry(); at("text").focus(); });
at("suggest").addEventListener("click", () => { at("text").focus(); generating.suggest(); });
at("take").addEventListener("click", () => { generating.accept({isWhole: true}); at("text").focus(); });
at("take-word").addEventListener("click", () => { generating.accept({isWhole: false}); at("text").focus(); });
at("undo").addEventListener("click", undo);
at("redo").addEventListener("click", redo);
at("rescue").addEventListener("click", () => rescue().catch((error) => tell(error.message, true)));
at("origins").addEventListener("change", () => editor.paint());
addEventListener("beforeunload", (event) => {
  story.close();
  saving?.flush();
  if (saving && !saving.isSaved) event.preventDefault();
});
addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") kept(); });
addEventListener("hashchange", () => {
  const id = location.hash.slice(1);
  if (id && id !== saving?.id) open(id).catch((error) => tell(error.message, true));
});

try {
  const about = await api.about();
  at("model").textContent = about.model;
  copies.setAbout(about);
  words.setAbout(about);
  labels.setAbout(about);
  training.setAbout(about);
  const id = location.hash.slice(1);
  if (/^[0-9a-f]{16}$/.test(id)) await open(id).catch(() => begin({opensLast: true}));
  else await begin({opensLast: true});
  tell("Ready. Ctrl Enter lets the author go on.");
} catch (error) {
  tell(error.message, true);
}
