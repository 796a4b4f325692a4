// The curves of a training, drawn by uPlot, which is loaded when they are first shown; and the same numbers as rows.

import {at, counted, make} from "./dom.js";

const HEIGHT = 220;
const compact = new Intl.NumberFormat("en", {notation: "compact", maximumFractionDigits: 1});
const shown = (bits) => bits?.toFixed(3) ?? "–";

// Returns the numbers between which curves lie. The first points of a training are far above the others and are cut off.
export function frameOf(curves) {
  const sorted = curves.map((curve) => curve.filter(Number.isFinite).sort((one, other) => one - other)).filter((bits) => bits.length);
  if (!sorted.length) return [0, 1];
  const least = Math.min(...sorted.map(([bits]) => bits)), high = sorted.map((bits) => bits[Math.floor(0.95 * (bits.length - 1))]);
  const most = Math.max(...high, least + 0.1), margin = 0.04 * (most - least);
  return [least - margin, most + margin];
}

// Returns the last number of a curve up to an index, or of all of it.
export function lastUpTo(curve, index) {
  return curve.slice(0, index == null ? undefined : index + 1).findLast(Number.isFinite);
}

// Returns what a table says: one row [characters, training, held-out] for each look at held-out books, or for each point without any.
export function rowsOf(trained, heldOut) {
  let next = 0;
  return (heldOut.length ? heldOut : trained).map(([chars, bits]) => {
    while (next < trained.length && trained[next][0] <= chars) next++;
    return [chars.toLocaleString("en"), shown(trained[next - 1]?.[1]), heldOut.length ? shown(bits) : "–"];
  });
}

export class Curves {
  constructor() {
    this.chart = null;
    new ResizeObserver(() => this.#fit()).observe(at("curves"));
    for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
      matchMedia(query).addEventListener("change", () => this.#redo());
    }
  }

  // Shows points [characters, bits]. A stretch that was chosen with the mouse stays chosen.
  async show(trained, heldOut) {
    this.UPlot ??= (await import("./vendor/uPlot.esm.js")).default;
    const split = (points) => [points.map(([chars]) => chars), points.map(([, bits]) => bits)];
    const data = this.UPlot.join([split(trained), split(heldOut)]), isEmpty = data[0].length === 0;
    const latest = (points, name) => points.length ? `${shown(points.at(-1)[1])} ${name}` : `none yet ${name}`;
    at("curves").setAttribute("aria-label", `Curves of bits a character: ${latest(trained, "in training")}, ${latest(heldOut, "on held-out books")}.`);
    at("curves").hidden = at("numbers").hidden = isEmpty;
    if (!isEmpty && this.chart) this.#update(data);
    else if (!isEmpty) this.chart = new this.UPlot(options(), data, at("curves"));
    this.#tabulate(rowsOf(trained, heldOut));
    this.#fit();
  }

  #update(data) {
    const {min, max} = this.chart.scales.x, [old] = this.chart.data;
    const isWhole = min <= old[0] && max >= old.at(-1);
    this.chart.setData(data, isWhole);
    if (!isWhole) this.chart.setScale("x", {min, max});
  }

  // Draws in other colours: uPlot keeps those of the legend for good.
  #redo() {
    if (!this.chart) return;
    this.chart.destroy();
    this.chart = new this.UPlot(options(), this.chart.data, at("curves"));
  }

  #fit() {
    const width = at("curves").clientWidth;
    if (this.chart && width && width !== this.chart.width) this.chart.setSize({width, height: HEIGHT});
  }

  // Changes only rows that are other than before, so that whoever reads them is not disturbed.
  #tabulate(rows) {
    const body = at("numbers-rows");
    rows.forEach((row, index) => {
      const before = body.rows[index], cells = row.map((text) => make("td", {}, text));
      if (!before) body.append(make("tr", {}, ...cells));
      else if ([...before.cells].some((cell, column) => cell.textContent !== row[column])) before.replaceChildren(...cells);
    });
    while (body.rows.length > rows.length) body.lastChild.remove();
  }
}

function options() {
  const style = getComputedStyle(at("curves")), colour = (name) => style.getPropertyValue(name).trim();
  const font = `11px ${style.fontFamily}`, grid = {stroke: colour("--line"), width: 1};
  const axis = {stroke: colour("--soft"), font, grid, ticks: grid};
  const curve = (label, stroke, width) => ({label, stroke, width, points: {fill: stroke, size: 4 + width},
    value: (chart, _, series, index) => shown(lastUpTo(chart.data[series], index))});
  return {
    width: at("curves").clientWidth || 320, height: HEIGHT,
    scales: {x: {time: false}, y: {range: (chart) => {
      const [start, stop] = chart.series[0].idxs;
      return frameOf(chart.data.slice(1).map((bits) => bits.slice(start, stop + 1)));
    }}},
    axes: [
      {...axis, size: 28, values: (_, marks) => marks.map((chars) => compact.format(chars))},
      {...axis, size: 44, values: (_, marks) => marks.map((bits) => bits.toFixed(2))},
    ],
    series: [
      {label: "read", value: (chart, chars) => counted(chars ?? chart.data[0].at(-1), "character")},
      curve("training", colour("--soft"), 1.5), curve("held-out books", colour("--accent"), 2),
    ],
  };
}
