#!/bin/sh
# striprtf 0.0.35 drops footnotes with their words, and shows text that is hidden.
#
# The words of {\footnote ...} are missing from the result, and those of {\v ...}, which no reader sees, are in it. There is
# no exception and no warning. Code pages and \u escapes are read rightly, which converters many times its size do not.
# Version: striprtf 0.0.35. Python: 3.11.
# Seen: 'She came late, and hiddenleft.' for a source that also says "A note." in a footnote.
# Source: striprtf/striprtf.py, where "footnote" is among the destinations that are skipped, and \v is no known word.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder" striprtf==0.0.35
PYTHONPATH="$folder" python3 - <<'PYTHON'
from striprtf.striprtf import rtf_to_text

source = r"{\rtf1\ansi She came{\footnote\pard A note.} late, and {\v hidden}left.\par}"
text = rtf_to_text(source)
print(repr(text))
assert "note" not in text, "footnotes are no longer dropped"
assert "hidden" in text, "hidden text is no longer shown"
PYTHON
