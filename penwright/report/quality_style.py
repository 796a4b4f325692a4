"""Style sheet of the page on the quality of a library, added to that of a run's page: bars, reasons and cuts."""

QUALITY_STYLE = """
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(27rem, 100%), 1fr)); gap: 1rem 3rem; }
.charts h3 { margin-bottom: 0.4rem; }
svg.bars { max-width: 46rem; }
.bars rect { fill: var(--training); }
.bars line { stroke: var(--soft); }
.bars text { text-anchor: middle; font-size: 13px; }
.reasons { list-style: none; margin: 0; padding: 0; min-width: 15rem; }
.reasons li { overflow-wrap: anywhere; }
td { vertical-align: top; }
td:first-child { overflow-wrap: anywhere; }
.cut { margin: 1rem 0 1.6rem; max-width: 46rem; }
.cut figcaption { font: 0.82rem/1.5 var(--sans); color: var(--soft); margin-bottom: 0.3rem; overflow-wrap: anywhere; }
.cut pre { margin: 0; background: var(--leaf); border: 1px solid var(--line); white-space: pre-wrap;
  overflow-wrap: anywhere; max-height: 24rem; overflow-y: auto; font: 0.9rem/1.5 var(--serif); unicode-bidi: isolate; }
.cut del { text-decoration: none; background: rgb(var(--gone) / 0.16); border-left: 3px solid var(--worse);
  display: block; padding-left: 0.6rem; margin-left: -0.75rem; }
:root { --gone: 196 64 32; }
@media (prefers-color-scheme: dark) { :root { --gone: 255 120 84; } }
.names { columns: 22rem; column-gap: 3rem; font-size: 0.92rem; padding-left: 1.1rem; overflow-wrap: anywhere; }
.front { font-size: 0.92rem; }
@media print { .cut pre { max-height: none; } .cut { break-inside: avoid; } }
"""
