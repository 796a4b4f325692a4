// Random changes of a story against the plainest model: a list of all texts. Run by test_story_js.py with node.
import assert from "node:assert/strict";
const {Story, ROOT} = await import(process.argv[2] + "/story.js");
const {Text} = await import(process.argv[2] + "/text.js");

let state = 7;
const draw = (limit) => {  // a small generator, so that failures come again
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor(state / 2 ** 32 * limit);
};
const word = () => Array.from({length: draw(5)}, () => "ab \n\ud83d\udd6f日"[draw(7)]).join("");
const shown = (story) => JSON.stringify(story.text.pieces.flatMap(({text, by}) => [...text].map((c) => c + by)));

for (let round = 0; round < 300; round++) {
  const records = [], story = new Story((record) => records.push(structuredClone(record)));
  const seen = new Map([[ROOT, ["", shown(story)]]]);
  for (let step = 0; step < 40; step++) {
    const {length} = story.text, at = draw(length + 1), size = draw(Math.min(4, length - at) + 1);
    const kind = draw(9), before = story.text.slice(0);
    if (kind < 4) {
      const inserted = word();
      story.edit(at, size, inserted, kind < 2 ? "me" : "author");
      assert.equal(story.text.slice(0), before.slice(0, at) + inserted + before.slice(at + size));
    } else if (kind === 4) {
      story.begin(at, size, "author", {seed: 1});
      let whole = "";
      for (let more = 0; more < 3; more++) { const next = word(); whole += next; story.grow(next); }
      assert.equal(story.text.slice(0), before.slice(0, at) + whole + before.slice(at + size));
    } else if (kind === 5) {
      const node = story.propose(at, size, word());
      assert.equal(story.text.slice(0), before);
      assert.equal(node.parent, story.head);
    } else if (kind === 6) story.undo();
    else if (kind === 7) story.redo();
    else story.sibling(draw(2) ? 1 : -1);
    if (kind > 5) story.close();
    if (!story.open) {
      const known = seen.get(story.head.id), now = [story.text.slice(0), shown(story)];
      if (known) assert.deepEqual(now, known);
      seen.set(story.head.id, now);
    }
  }
  story.close();
  // Any sequence, then as many undos as it takes: the exact old texts, origins included, and redo leads back.
  const end = [story.text.slice(0), shown(story)], path = [];
  while (story.head !== story.root) {
    path.push([story.head.id, story.text.slice(0)]);
    story.undo();
    const known = seen.get(story.head.id);
    if (known) assert.deepEqual([story.text.slice(0), shown(story)], known);
  }
  assert.equal(story.text.length, 0);
  for (const [id, text] of path.reverse()) { story.redo(); assert.equal(story.head.id, id); assert.equal(story.text.slice(0), text); }
  assert.deepEqual([story.text.slice(0), shown(story)], end);
  // What was kept makes the same story again.
  const again = new Story();
  again.load(records);
  assert.deepEqual([again.text.slice(0), again.head.id, again.nodes.size], [end[0], story.head.id, story.nodes.size]);
  // A merge of what another window kept takes nothing away and shows the same text.
  const other = new Story();
  other.load(records.slice(0, records.length >> 1));
  const held = other.text.slice(0);
  other.load(records, {movesHead: false});
  assert.equal(other.text.slice(0), held);
  assert.equal(other.nodes.size, story.nodes.size);
}

{ // Typing in one go is one node; typing within the author's text is told from it.
  const story = new Story();
  for (const [index, sign] of [..."Hello"].entries()) story.edit(index, 0, sign);
  story.edit(4, 1, "");
  story.edit(4, 0, "o!");
  assert.equal(story.nodes.size, 2);
  story.edit(6, 0, " And so it was.", "author");
  story.edit(8, 0, "xx", "me");
  assert.deepEqual(story.text.pieces.map((piece) => piece.by), ["me", "author", "edited", "author"]);
  assert.equal(story.promptAt(6), "Hello!");
  story.readFirst("a book", "Once.\n");
  assert.equal(story.promptAt(6), "Once.\n\nHello!");
  story.writeAs({Jane: 0.5});
  const again = new Story();
  again.load(story.records());
  assert.deepEqual(again.shares, {Jane: 0.5});
}

{ // A million characters, twenty thousand nodes.
  const story = new Story();
  for (let at = 0; at < 1_000_000; at += 50) story.edit(at, 0, "It was a dark and stormy night; the rain fell in t", at % 100 ? "me" : "author");
  story.close();
  const times = [];
  for (let step = 0; step < 200; step++) { const began = performance.now(); story.undo(); story.text.slice(story.text.length - 100_000); times.push(performance.now() - began); }
  times.sort((a, b) => a - b);
  const began = performance.now();
  story.goTo(ROOT);
  console.log(JSON.stringify({undo_median_ms: times[100], undo_worst_ms: times.at(-1), all_back_ms: performance.now() - began}));
  assert.equal(story.text.length, 0);
}
assert.throws(() => new Text().replace(1, 0, []));
