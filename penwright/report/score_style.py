"""Style sheet of a scored text's page, added to that of a run's page: shaded words, and what was expected of them."""

NUM_LEVELS = 6

SCORE_STYLE = """
:root { --shade: 196 64 32; }
@media (prefers-color-scheme: dark) { :root { --shade: 255 120 84; } }
main { padding-bottom: 9rem; }
.text { max-width: 44rem; font-size: 1.1rem; line-height: 1.75; white-space: pre-wrap; overflow-wrap: anywhere;
  unicode-bidi: isolate; margin: 1.4rem 0 0; }
.text b { font-weight: inherit; border-radius: 2px; cursor: default; }
.l1 { background: rgb(var(--shade) / 0.09); } .l2 { background: rgb(var(--shade) / 0.18); }
.l3 { background: rgb(var(--shade) / 0.29); } .l4 { background: rgb(var(--shade) / 0.41); }
.l5 { background: rgb(var(--shade) / 0.55); }
.text .slip { text-decoration: underline wavy var(--held-out) 1.5px; text-underline-offset: 0.2em; }
.text b:target, .text i:target { outline: 2px solid var(--training); outline-offset: 2px; }
.text i { font-style: inherit; scroll-margin-top: 2rem; }
.text b[data-e]:hover, .text b[data-e]:focus { outline: 1.5px solid var(--ink); }
.text b[data-e]:hover::after, .text b[data-e]:focus::after { content: attr(data-e); position: fixed; z-index: 2;
  left: 50%; bottom: 1rem; transform: translateX(-50%); width: max-content; max-width: min(44rem, calc(100vw - 2rem));
  padding: 0.7rem 1.1rem; background: var(--ink); color: var(--paper); font: 0.9rem/1.5 var(--sans);
  white-space: pre-line; text-decoration: none; border-radius: 4px; box-shadow: 0 2px 12px rgb(0 0 0 / 0.3);
  pointer-events: none; overflow-wrap: anywhere; }
.text b[data-e]:focus:not(:hover)::after { z-index: 1; }
.scale { display: flex; flex-wrap: wrap; gap: 0.4rem 0.8rem; list-style: none; padding: 0; margin: 1rem 0 0;
  font: 0.82rem var(--sans); color: var(--soft); }
.scale b { display: inline-block; width: 1.4rem; height: 1rem; margin-right: 0.35rem; vertical-align: -0.15em;
  border: 1px solid var(--line); }
a { color: inherit; text-decoration-color: var(--level); text-underline-offset: 0.15em; }
.surprises mark { background: none; color: inherit; text-decoration: underline wavy var(--held-out) 1.5px;
  text-underline-offset: 0.2em; }
@media print { .text b[data-e]::after { display: none; } main { padding-bottom: 0; } }
"""
