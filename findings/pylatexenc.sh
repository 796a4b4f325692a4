#!/bin/sh
# pylatexenc 2.11 prints today's date: the text of one LaTeX document is another every day.
#
# A document without \date has no date in its source. Its text by `LatexNodes2Text` gets one: \maketitle becomes a block of
# title, author and the day of the conversion, underlined with equals signs. A text that is compared, hashed or learned from
# is therefore not the same from one day to the next. Version: pylatexenc 2.11. Python: 3.11.
# Seen: the line "    November 30, 2026" in the text of a source that names no day.
# Source: pylatexenc/latex2text/_defaultspecs.py, where the entry "maketitle" falls back to `_latex_today()`.
# A way round: a context whose \maketitle becomes nothing.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder" pylatexenc==2.11
PYTHONPATH="$folder" python3 - <<'PYTHON'
import datetime

from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

source = r"\title{The Lamp}\author{Ann Lee}\begin{document}\maketitle She came.\end{document}"
text = LatexNodes2Text().latex_to_text(source)
year = str(datetime.date.today().year)
print(text)
assert year not in source and year in text, "the date is no longer added"
known = get_default_latex_context_db()
known.add_context_category("plain", macros=[MacroTextSpec("maketitle", "")], prepend=True)
assert year not in LatexNodes2Text(latex_context=known).latex_to_text(source), "the way round no longer works"
PYTHON
