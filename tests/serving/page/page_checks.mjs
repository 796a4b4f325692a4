// The page's pure functions on random input, and its saving against a server that fails. Run by test_story_js.py.
import assert from "node:assert/strict";
const folder = process.argv[2];
const {changeOf, firstWord, linesOf, moved, stretched, wordStop} = await import(folder + "/layers.js");
const {Saving} = await import(folder + "/saving.js");
const {Story, ROOT} = await import(folder + "/story.js");
const {alternativesOf, levelOf, wordsOf} = await import(folder + "/words.js");
const {lettersOf} = await import(folder + "/letters.js");
const {rangesOf} = await import(folder + "/copies.js");
const {rowsOf} = await import(folder + "/tree_view.js");
const {effectiveShares, inWords} = await import(folder + "/labels.js");
const {frameOf, lastUpTo, rowsOf: rowsOfCurves} = await import(folder + "/curves.js");

let state = 11;
const draw = (limit) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor(state / 2 ** 32 * limit);
};
const word = (most = 8) => Array.from({length: draw(most)}, () => ["a", "a", "b", " ", "\n", "\ud83d\udd6f", "日"][draw(7)]).join("");
const isCut = (text, at) => at > 0 && at < text.length && /[\ud800-\udbff]/.test(text[at - 1]) && /[\udc00-\udfff]/.test(text[at]);

for (let round = 0; round < 3000; round++) {
  const old = word(), now = word(), caret = draw(now.length + 2) - 1, change = changeOf(old, now, caret);
  if (old === now) assert.equal(change, null);
  else {
    assert.equal(old.slice(0, change.at) + change.inserted + old.slice(change.at + change.size), now);
    assert(!isCut(old, change.at) && !isCut(old, change.at + change.size), JSON.stringify([old, now, caret, change]));
  }
  // Typing a letter among equal ones is told where the caret stands.
  const at = draw(old.length + 1), typed = old.slice(0, at) + "a" + old.slice(at);
  if (!isCut(old, at)) assert.deepEqual(changeOf(old, typed, at + 1), {at, size: 0, inserted: "a"});
  const ranges = [];
  for (let place = 0; place < now.length;) {
    const start = place + draw(3), stop = Math.min(now.length + 2, start + 1 + draw(3));
    ranges.push({start, stop, name: `n${draw(3)}`});
    place = stop;
  }
  const lines = linesOf(now, [ranges, [{start: 0, stop: now.length, name: "all"}]]);
  assert.equal(lines.map((line) => line.map((part) => part.text).join("")).join("\n"), now);
  const named = [...now].length && lines.flatMap((line) => line.flatMap((part) => part.text.split("").map(() => part.names))).join("|");
  const wanted = now.split("").map((sign, index) => sign === "\n" ? null : [...ranges.filter((range) => range.start <= index && index < range.stop).map((range) => range.name), "all"].join(" "));
  if (now) assert.equal(named, wanted.filter((each) => each !== null).join("|"));
}
assert.deepEqual(moved([{start: 0, stop: 2}, {start: 3, stop: 5}, {start: 8, stop: 9}], {at: 4, size: 1, inserted: "xyz"}), [{start: 0, stop: 2}, {start: 10, stop: 11}]);
assert.deepEqual(stretched([{start: 0, stop: 2}, {start: 2, stop: 5}, {start: 8, stop: 9}], {at: 3, size: 1, inserted: "xyz"}), [{start: 0, stop: 2}, {start: 2, stop: 7}, {start: 10, stop: 11}]);
assert.equal(firstWord(" the lamp"), " the");
assert.equal(firstWord("\n"), "\n");
assert.deepEqual([wordStop("the lamp", 5), wordStop("the lamp", 3), wordStop("the lamp", 8), wordStop("didn't go", 2), wordStop("a b", 2)], [8, 3, 8, 6, 2]);

{ // Surprise by word: bits of its characters, whatever planes they are of.
  const text = "a \ud83d\udd6fb", scores = {text_offset: [0, 1, 2, 3], token_logprobs: [null, -1, -Math.LN2, -3 * Math.LN2]};
  assert.deepEqual(wordsOf(text, scores), [{start: 0, stop: 1, bits: 0}, {start: 2, stop: 5, bits: 4}]);
  assert.deepEqual([0, 8, 13, 30].map(levelOf), [0, 1, 2, 4]);
  const choice = (...signs) => ({text: signs.map(([sign]) => sign).join(""),
    logprobs: {tokens: signs.map(([sign]) => sign), token_logprobs: signs.map(([, chance]) => Math.log(chance))}});
  const ended = (sign, chance) => choice(["a", 0.5], [sign, chance], ["x", 0.1]);
  const found = alternativesOf([
    ended(" ", 0.2), ended(" ", 0.2), ended(",", 0.1), choice(["a", 0.5], ["n", 0.5], [". N", 0.9]), choice(["o", 0.9]), choice([" ", 1]),
  ]);
  assert.deepEqual(found.map((each) => each.word), ["an", "a"]);
  assert(Math.abs(found[0].chance - 0.225) < 1e-9 && Math.abs(found[1].chance - 0.15) < 1e-9, found);
  assert.deepEqual(lettersOf({top_logprobs: [{a: -2, "<edge>": 0, " ": -1}]}).map((each) => each.text), [" ", "a"]);
  assert.deepEqual(rangesOf("\ud83d\udd6fabc", [{start: 1, stop: 3}]).map(({start, stop}) => [start, stop]), [[2, 4]]);
}

{ // Shares of labels: as they count, and in words.
  assert.deepEqual(effectiveShares({a: 1, b: 3}), {a: 0.25, b: 0.75});
  assert.deepEqual(effectiveShares({a: 0.5}), {a: 0.5});
  assert.equal(inWords({"Jane Austen": 0.7, "A. C. Doyle": 0.3}), "70 % Jane Austen, 30 % A. C. Doyle");
  assert.equal(inWords({a: 0.25, b: 0}), "25 % a, 75 % no label");
  assert.equal(inWords({a: 1, none: 1}), "50 % a, 50 % no label");
}

{ // Curves of a training: the frame leaves the first points out, and a table says what the curves show.
  const [least, most] = frameOf([[9, ...Array(39).fill(3), 2], [undefined, 3.5, 3.2]]);
  assert(least < 2 && least > 1.9 && most > 3.2 && most < 3.3, [least, most]);
  assert(frameOf([[2, 2], []]).every(Number.isFinite) && frameOf([[], []]).every(Number.isFinite));
  assert.deepEqual([lastUpTo([1, undefined, 3], 1), lastUpTo([1, undefined, 3], null), lastUpTo([undefined], 0)], [1, 3, undefined]);
  assert.deepEqual(rowsOfCurves([[1000, 4], [2000, 3]], []), [["1,000", "4.000", "–"], ["2,000", "3.000", "–"]]);
  assert.deepEqual(rowsOfCurves([[1000, 4], [2000, 3], [4000, 2]], [[0, 5], [2500, 3.5], [4000, 2.25]]),
    [["0", "–", "5.000"], ["2,500", "3.000", "3.500"], ["4,000", "2.000", "2.250"]]);
}

{ // Rows of the tree: chains in one, branches apart.
  const story = new Story();
  story.edit(0, 0, "a", "author");
  story.edit(1, 0, "b", "author");
  story.undo();
  story.edit(1, 0, "c", "author");
  story.close();
  assert.deepEqual(rowsOf(story.root).map(({nodes, indent}) => [nodes.map((node) => node.inserted).join(""), indent]), [["a", 0], ["b", 1], ["c", 1]]);
}

{ // Two windows choose labels: the one that is kept last holds in both.
  const batches = [], server = {
    async append(id, revision, records) {
      if (revision !== batches.length) throw Object.assign(new Error("moved on"), {status: 409, code: "revision_conflict"});
      batches.push(records);
      return {revision: batches.length};
    },
    read: async (id, since) => ({revision: batches.length, records: batches.slice(since).flat()}),
  };
  const windows = [0, 1].map(() => {
    const story = new Story((record) => saving.push(record)), merges = [];
    const saving = new Saving(server, "s", 0, story, {onState: () => {}, onMerge: () => merges.push(story.shares), delay: 1e6});
    return {story, saving, merges};
  });
  const [one, other] = windows;
  for (const share of [0.5, 0.75, 1]) one.story.writeAs({a: share});  // a slider on its way
  await one.saving.flush();
  assert.deepEqual(batches, [[{kind: "as", shares: {a: 1}}]]);
  other.story.writeAs({b: 1});
  await other.saving.flush();
  assert.deepEqual([other.story.shares, batches.flat().at(-1).shares, other.merges], [{b: 1}, {b: 1}, []]);
  one.story.retitle("T");
  await one.saving.flush();
  assert.deepEqual([one.story.shares, one.merges], [{b: 1}, [{b: 1}]]);
  for (const {saving} of windows) saving.close();
}

// A server that fails before or after it has written, and another window that writes in between.
for (let round = 0; round < 200; round++) {
  const batches = [], failing = {rate: 5};
  let others = 0;
  const kept = new Set([ROOT]);
  const server = {
    async append(id, revision, records) {
      if (draw(failing.rate) === 0) throw Object.assign(new Error("lost"), {status: 0});
      if (draw(failing.rate) === 0) { others++; batches.push([{kind: "node", id: `o${others}`, parent: ROOT, at: 0, removed: "", inserted: "x", by: "me"}]); }
      if (revision !== batches.length) throw Object.assign(new Error("moved on"), {status: 409, code: "revision_conflict"});
      for (const record of records) {
        if (record.kind !== "node") { assert(record.kind !== "head" || kept.has(record.node)); continue; }
        assert(kept.has(record.parent) && !kept.has(record.id), "a node twice, or before its parent");
        kept.add(record.id);
      }
      batches.push(structuredClone(records));
      if (draw(failing.rate) === 0) throw Object.assign(new Error("answer lost"), {status: 0});
      return {revision: batches.length};
    },
    async read(id, since) {
      if (draw(failing.rate) === 0) throw Object.assign(new Error("lost"), {status: 0});
      return {revision: batches.length, records: batches.slice(since).flat()};
    },
  };
  const states = [];
  const story = new Story((record) => saving.push(record));
  const saving = new Saving(server, "s", 0, story, {onState: (shown) => states.push(shown), onMerge: () => {}, delay: 1e6});
  for (let step = 0; step < 12; step++) {
    const at = draw(story.text.length + 1);
    if (draw(3)) story.edit(at, 0, word(5) || "z", "author");
    else if (draw(2)) story.undo();
    else story.redo();
    story.close();
    if (draw(2)) await saving.flush();
  }
  failing.rate = 1e9;
  for (let tries = 0; tries < 20 && !saving.isSaved; tries++) await saving.flush();
  assert(saving.isSaved && states.at(-1) === "saved");
  saving.close();
  const again = new Story();
  again.load(batches.flat());
  assert.equal(again.text.slice(0), story.text.slice(0));
  assert.equal(again.nodes.size, kept.size + others);
}
