"""Write docs/cli.md, the command reference, from the program itself.

    python docs/make_cli_page.py

A test compares the page with the program, so run this after every change of an option.
"""

import re
from pathlib import Path

from penwright.cli.app import build_app

PAGE = Path(__file__).with_name("cli.md")

INTRODUCTION = """\
# Commands

    penwright inspect shelf/                    # what is on the shelf, before any training
    penwright train shelf/ --for 10m            # raise an author; Ctrl-C saves, --resume goes on
    penwright ladder shelf/ --for 2m            # seven ways to learn the shelf, raced on the same books
    penwright write --words 300                 # the newest author; without any, the author in the box
    penwright write --box --prompt "It was"     # the author in the box, which comes with the package
    penwright write runs/2026-01-31-shelf --prompt "It was a dark" --seed 7
    penwright score letter.txt                  # how well the newest author predicts a text
    penwright attribute letter.txt --authors A B  # which of several authors may have written it
    penwright originality page.txt --corpus shelf/  # what it copies from the books of a shelf
    penwright report runs/2026-01-31-shelf      # one HTML page about a run
    penwright card author.safetensors           # what an author file says of itself

A command's result goes to standard output, everything else to standard error. With `--json`, standard output
carries exactly one JSON object. `NO_COLOR` switches colours off, `COLUMNS` sets the width. Prepared books are kept in
the system's cache folder, or in the folder that `PENWRIGHT_CACHE` names; all of it can be deleted at any time.

| Exit code | Meaning |
|---|---|
| 0 | done |
| 1 | failed; one sentence on standard error says why and what to do |
| 2 | wrong usage: an unknown command, option, name or value |
| 129, 130, 143 | stopped: terminal closed, Ctrl-C, request to end; a training saves first, except at a second Ctrl-C |
| 141 | the program that read the output has ended |

A training takes its configuration from four layers, each over the one before: the defaults, a preset (`--preset`), a
TOML file (`--config`), and flags. Every setting has a flag of its own or is reached by `--set section.key=value`.
`penwright train --print-config` shows the result with the origin of each value.

This page is made from the program's own help by `docs/make_cli_page.py`.
"""


def page() -> str:
    """Return the page as it should be."""
    reference = build_app().generate_docs(output_format="markdown")
    commands = reference[reference.index("\n## ") :]
    # The library puts the command's name before a usage line that names it already.
    commands = re.sub(r"^penwright ((?:\w+ )+)\1", r"penwright \1", commands, flags=re.MULTILINE)
    lines = [line.rstrip() for line in (INTRODUCTION + commands).splitlines()]
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
