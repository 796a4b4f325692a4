// Ranges of a text with names, laid over each other and cut into lines. Pure functions.

// Returns what changed between two texts: {at, size, inserted}. The caret says which of several answers was meant.
export function changeOf(old, now, caret) {
  if (old === now) return null;
  let suffix = now.length - caret;
  if (caret < 0 || suffix < 0 || suffix > old.length || !old.endsWith(now.slice(caret))) {
    suffix = 0;
    const most = Math.min(old.length, now.length);
    while (suffix < most && old[old.length - 1 - suffix] === now[now.length - 1 - suffix]) suffix++;
  }
  const most = Math.min(old.length, now.length) - suffix;
  let at = 0;
  while (at < most && old[at] === now[at]) at++;
  // A change never cuts a pair of surrogates in two.
  if (at > 0 && isLead(old.charCodeAt(at - 1)) && (at < old.length || at < now.length)) at--;
  if (suffix > 0 && isTrail(old.charCodeAt(old.length - suffix))) suffix--;
  return {at, size: old.length - suffix - at, inserted: now.slice(at, now.length - suffix)};
}

const isLead = (unit) => unit >= 0xd800 && unit < 0xdc00;
const isTrail = (unit) => unit >= 0xdc00 && unit < 0xe000;

// Returns lines, each a list of {text, names}. Each layer is a list of {start, stop, name}, in order, none overlapping.
export function linesOf(text, layers) {
  const cuts = new Set([0, text.length]);
  for (const layer of layers) for (const {start, stop} of layer) cuts.add(Math.max(0, start)).add(Math.min(text.length, stop));
  const places = layers.map(() => 0), lines = [[]], sorted = [...cuts].sort((one, other) => one - other);
  for (let index = 0; index + 1 < sorted.length; index++) {
    const [start, stop] = [sorted[index], sorted[index + 1]], names = [];
    if (start < 0 || stop > text.length) continue;
    layers.forEach((layer, which) => {
      while (places[which] < layer.length && layer[places[which]].stop <= start) places[which]++;
      const range = layer[places[which]];
      if (range && range.start <= start) names.push(range.name);
    });
    text.slice(start, stop).split("\n").forEach((part, which) => {
      if (which) lines.push([]);
      if (part) lines.at(-1).push({text: part, names: names.join(" ")});
    });
  }
  return lines;
}

// Returns ranges moved by a change of the text before or in them; those that it meets are left out.
export function moved(ranges, {at, size, inserted}) {
  const shift = inserted.length - size;
  return ranges.flatMap((range) => {
    if (range.stop <= at) return [range];
    if (range.start >= at + size) return [{...range, start: range.start + shift, stop: range.stop + shift}];
    return [];
  });
}

// Returns ranges as they lie in a changed text; one that holds the change grows with it.
export function stretched(ranges, {at, size, inserted}) {
  const shift = inserted.length - size;
  const place = (offset) => offset <= at ? offset : offset >= at + size ? offset + shift : at;
  return ranges.map((range) => ({...range, start: place(range.start), stop: place(range.stop)}))
    .filter(({start, stop}) => start < stop);
}

// Returns the first word of a text, with the blanks before it.
export const firstWord = (text) => /^\s*\S+/u.exec(text)?.[0] ?? text;

// Returns the end of the word that an offset stands in, or the offset itself if it stands in none.
export function wordStop(text, at) {
  const before = /[\p{L}\p{N}’']$/u.test(text.slice(Math.max(0, at - 2), at));
  const rest = before ? /^[\p{L}\p{N}’']+/u.exec(text.slice(at, at + 100))?.[0] ?? "" : "";
  return at + rest.length;
}
