"""Take the words out of subtitles (srt, vtt): no numbers, no times.

This module knows nothing of files or encodings.
"""

import re
from itertools import zip_longest

from penwright.corpus.formats.letters import Extracted, num_letters

_TIMES = re.compile(r"^[ \t]*(?:\d+:)?\d{1,2}:\d{2}[,.]\d{1,3}[ \t]*-->[^\n]*$", re.MULTILINE)
_MARKS = re.compile(r"</?[A-Za-z][^<>\n]{0,80}>|\{\\[^{}\n]{0,80}\}")


def read_subtitles(text: str) -> Extracted:
    """Return what is said, each subtitle on a line of its own, speeches of two persons on two."""
    said: list[str] = []
    times = list(_TIMES.finditer(text))
    for time, following in zip_longest(times, times[1:]):
        block = text[time.end() : following.start() if following is not None else len(text)]
        lines = [" ".join(_MARKS.sub("", line).split()) for line in block.strip("\n").split("\n")]
        if following is not None:  # its number, or its name, stands before it
            while lines and not lines[-1]:
                lines.pop()
            if len(lines) > 1 and (lines[-1].isdecimal() or "" in lines):
                lines.pop()
        said += _joined([line for line in lines if line])
    result = "\n".join(said) + "\n" if said else ""
    return Extracted(result, num_letters(_MARKS.sub("", text[times[0].end() if times else 0 :])), 0)


def _joined(lines: list[str]) -> list[str]:
    """Return the lines of a subtitle as one, or as one for each speaker's dash."""
    joined: list[str] = []
    for line in lines:
        if joined and not line.startswith(("-", "–", "—")):
            joined[-1] += f" {line}"
        else:
            joined.append(line)
    return joined
