"""Style sheet of a run's page: a printed book, light or dark, for screens of any width and for paper."""

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #fbf8f2; --leaf: #fffefa; --ink: #2b2620; --soft: #6d645a; --line: #ddd4c6; --faint: #efe9dd;
  --held-out: #a3371f; --training: #3d6a94; --better: #2f6b3a; --worse: #9a3324; --level: #7a7268;
  --serif: "Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", "URW Palladio L", P052, Georgia, serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #191713; --leaf: #211e19; --ink: #e9e2d6; --soft: #a59b8d; --line: #3b362e; --faint: #2a261f;
    --held-out: #f0906f; --training: #8db9e4; --better: #8fca99; --worse: #f09a86; --level: #a39a8c;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.0625rem/1.6 var(--serif); }
main { max-width: 64rem; margin: 0 auto; padding: 4rem 2rem 5rem; }
h1, h2, h3 { font-weight: 500; line-height: 1.2; text-wrap: balance; }
h1 { font-size: clamp(2rem, 6vw, 3.1rem); margin: 0.2rem 0 1.2rem; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { font-size: 1.6rem; margin: 4rem 0 0.6rem; }
h3 { font-size: 1.15rem; margin: 2.4rem 0 0; }
p { max-width: 42rem; margin: 0.6rem 0; text-wrap: pretty; }
.kicker, .aside, .tabs label, .legend, th, .entry ul, dt, .figures dt, .empty, .status {
  font-family: var(--sans); color: var(--soft);
}
.kicker { font-size: 0.8rem; letter-spacing: 0.12em; text-transform: uppercase; margin: 0; }
.aside, .empty { font-size: 0.88rem; }
.lead { font-size: 1.3rem; line-height: 1.5; }
.lead strong { font-weight: 600; color: var(--held-out); white-space: nowrap; }
.status { display: inline-block; font-size: 0.85rem; padding: 0.2rem 0.8rem; border: 1px solid var(--line);
  border-radius: 1rem; margin: 0.4rem 0 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.6rem, 1fr)); margin: 2.2rem 0 0;
  border-top: 1px solid var(--line); border-bottom: 1px solid var(--line); }
.figures div { display: flex; flex-direction: column-reverse; justify-content: flex-end;
  padding: 1.1rem 1rem 1.1rem 0; }
.figures dt { font-size: 0.8rem; line-height: 1.4; }
.figures dd { margin: 0; font-size: 1.5rem; line-height: 1.4; font-variant-numeric: lining-nums; }
.tabs { margin-top: 1.4rem; }
.tabs input { position: absolute; opacity: 0; pointer-events: none; }
.tabs label { display: inline-block; font-size: 0.85rem; padding: 0.3rem 0.1rem; margin: 0 1.3rem 0.6rem 0;
  cursor: pointer; border-bottom: 2px solid transparent; }
.tabs input:checked + label { color: var(--ink); border-color: var(--held-out); }
.tabs input:focus-visible + label { outline: 2px solid var(--training); outline-offset: 3px; }
.panel { display: none; overflow-x: auto; }
#axis-1:checked ~ .panel-1, #axis-2:checked ~ .panel-2, #axis-3:checked ~ .panel-3 { display: block; }
.legend { display: flex; flex-wrap: wrap; gap: 0.3rem 1.6rem; font-size: 0.85rem; margin: 0.4rem 0 0; padding: 0;
  list-style: none; }
.legend span { display: inline-block; width: 1.6rem; height: 0; margin-right: 0.5rem; vertical-align: 0.25em;
  border-top: 3px solid var(--level); }
.legend .held-out { border-color: var(--held-out); }
.legend .training { border-width: 2px; border-color: var(--training); }
.legend .forecast { border-top: 10px solid var(--better); opacity: 0.25; vertical-align: 0; }
.legend .simpler { border-top: 2px dashed var(--level); }
.legend .rollback, .legend .fold { width: 0; border-style: solid; border-width: 11px 6px 0; vertical-align: 0;
  border-color: var(--worse) transparent transparent; }
.legend .fold { border-top-color: var(--better); }
svg { display: block; width: 100%; height: auto; font: 13.5px var(--sans); }
.for-narrow { display: none; }
svg text { fill: var(--soft); }
svg .label { fill: var(--ink); }
svg .figure { fill: var(--ink); font-variant-numeric: tabular-nums; }
.grid line { stroke: var(--faint); }
.grid .axis, .grid .notch { stroke: var(--soft); }
.levels line { stroke: var(--level); stroke-dasharray: 5 5; }
.levels text { paint-order: stroke; stroke: var(--paper); stroke-width: 5px; stroke-linejoin: round; }
.levels .leader { fill: none; stroke: var(--level); }
.curve path { fill: none; stroke-linejoin: round; stroke-linecap: round; }
.curve.training path { stroke: var(--training); stroke-width: 1.6; }
.curve.held-out path { stroke: var(--held-out); stroke-width: 2.8; }
.curve.training circle { fill: var(--training); }
.curve.held-out circle { fill: var(--held-out); stroke: var(--paper); stroke-width: 1.5; }
.marks .rollback { fill: var(--worse); }
.marks .fold { fill: var(--better); }
.band rect { fill: var(--better); opacity: 0.13; }
.entry { display: grid; grid-template-columns: 13rem minmax(0, 1fr); gap: 0 2.5rem; padding: 1.8rem 0;
  border-top: 1px solid var(--line); }
.entry h3 { margin: 0; font-size: 1.45rem; font-variant-numeric: lining-nums; }
.entry ul { list-style: none; margin: 0.5rem 0 0; padding: 0; font-size: 0.82rem; line-height: 1.65; }
.written { margin: 0; max-width: 40rem; padding: 1.5rem 1.9rem 1.7rem; background: var(--leaf); font-size: 1.08rem;
  line-height: 1.65; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate;
  max-height: 60rem; overflow-y: auto;
  border: 1px solid var(--line); border-radius: 2px; box-shadow: 0 1px 3px rgb(0 0 0 / 0.06); }
.whole { max-height: none; }
.pair { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 0 2.5rem; }
.pair .entry { grid-template-columns: minmax(0, 1fr); gap: 0.9rem; }
.pair .entry ul { display: flex; flex-wrap: wrap; gap: 0 1rem; }
.pair .entry h3 { font-size: 1.15rem; }
.pair .written { padding: 1rem 1.3rem 1.2rem; font-size: 1rem; }
.pair > div > h3 { margin: 1.4rem 0 0.8rem; font-size: 1.35rem; }
.surprises { list-style: none; padding: 0; margin: 0.6rem 0; max-width: 42rem; }
.surprises li { padding: 0.5rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
.surprises .figure { font-family: var(--sans); font-size: 0.85rem; color: var(--held-out); margin-right: 0.6rem; }
.prompt { color: var(--held-out); }
.wide { overflow-x: auto; margin: 1.2rem 0; }
table { border-collapse: collapse; width: 100%; font-size: 0.95rem; }
th { font-size: 0.8rem; font-weight: 500; text-align: left; vertical-align: bottom; }
th, td { padding: 0.45rem 0.8rem; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
th.number, td.number { text-align: right; white-space: nowrap; font-variant-numeric: lining-nums tabular-nums; }
th.number { white-space: normal; }
.strong { font-weight: 600; }
.by { color: var(--soft); font-style: italic; }
.better { color: var(--better); }
.worse { color: var(--worse); }
tr.own td { color: var(--held-out); font-weight: 600; }
details { border-top: 1px solid var(--line); padding: 0.7rem 0; }
details:last-of-type { border-bottom: 1px solid var(--line); }
summary { cursor: pointer; }
.columns { columns: 20rem 2; column-gap: 3rem; padding: 0.8rem 0 0.4rem; }
.facts { break-inside: avoid; margin: 0 0 1.4rem; font-size: 0.9rem; }
.facts h3 { margin: 0 0 0.2rem; }
dl { margin: 0; }
.facts dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0.15rem 1.2rem; }
.facts dt { font-size: 0.82rem; }
.facts dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
pre { margin: 0.4rem 0 1rem; padding: 0.8rem 1.1rem; background: var(--faint); overflow-x: auto; font-size: 0.88rem;
  border-radius: 3px; }
@media (max-width: 46rem) {
  main { padding: 2rem 1.1rem 3rem; }
  .entry { grid-template-columns: minmax(0, 1fr); gap: 0.9rem; }
  .pair { display: block; }
  .entry ul { display: flex; flex-wrap: wrap; gap: 0 1rem; }
  .written { padding: 1rem 1.1rem 1.2rem; }
  .for-wide { display: none; }
  .for-narrow { display: block; }
  .figures { grid-template-columns: 1fr 1fr; }
  table { font-size: 0.88rem; }
  th, td { padding: 0.4rem 0.35rem; }
  .minor { display: none; }
  .tabs label { margin-right: 0.9rem; }
}
@media print {
  body { background: none; font-size: 10.5pt; }
  .tabs input, .tabs label { display: none; }
  .panel { display: block; break-inside: avoid; }
  .entry { break-inside: avoid; }
  .written { max-height: none; }
}
"""
