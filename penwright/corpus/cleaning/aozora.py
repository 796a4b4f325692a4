"""Take the marks of Aozora Bunko, the Japanese library of free books, out of a text: head, foot, readings and notes.

A file begins with its title and author, and mostly with a list of its signs between two lines of hyphens; it ends with
the printed edition it was made from. Readings stand in 《》, notes to the typesetter in ［＃］. This module knows
nothing of files or encodings.

Source: the library's own rules for its files, "注記一覧" and "青空文庫収録ファイルへの記載事項".
"""

import re
from typing import NamedTuple

from penwright.corpus.cleaning.spans import Span

HEAD_CHARS = 8_000
"""How far into a file its list of signs may reach."""
FOOT_CHARS = 20_000
"""Length of the longest foot."""
_RULE = re.compile(r"^-{20,}[ \t]*$", re.MULTILINE)
_SIGNS = "テキスト中に現れる記号"
_FOOT = re.compile(r"^底本(?:の親本)?：", re.MULTILINE)
_READING = re.compile(r"《[^《》\n]{1,60}》")
_NOTE = re.compile(r"［＃[^［］\n]{0,300}(?:［[^［］\n]{0,80}］[^［］\n]{0,200})*］")
_FOREIGN = re.compile(r"※［＃(?P<description>[^［］\n]{0,300})］")
_CODE_POINT = re.compile(r"U\+(?P<code>[0-9A-Fa-f]{4,6})")
_BAR = re.compile(r"｜(?=[^\n《》]{1,40}《)")
MISSING = "〓"
"""What Japanese printers put for a character they lack."""


class AozoraText(NamedTuple):
    """What a file of this library is made of."""

    spans: tuple[Span, ...]
    """Its head and its foot."""
    details: dict[str, str]
    """Title and author."""


def find_aozora(text: str) -> AozoraText | None:
    """Return what is not the book's own in a file of Aozora Bunko, or None where it is no such file."""
    if _SIGNS not in text[:HEAD_CHARS] and "底本" not in text[-FOOT_CHARS:]:
        return None
    foot = _FOOT.search(text)
    rules = list(_RULE.finditer(text, 0, HEAD_CHARS))
    has_signs = len(rules) > 1 and _SIGNS in text[rules[0].end() : rules[1].start()]
    if not has_signs and (foot is None or _NOTE.search(text) is None and _READING.search(text) is None):
        return None
    lines = [line.strip() for line in text[: rules[0].start() if has_signs else 400].split("\n")]
    title_lines = lines[: lines.index("")] if "" in lines else lines[:2]
    details = {"Title": title_lines[0], "Author": title_lines[-1]} if 2 <= len(title_lines) <= 6 else {}
    spans = [Span("header", rules[0].start(), rules[1].end())] if has_signs else []
    if foot is not None:
        spans.append(Span("footer", foot.start(), len(text)))
    return AozoraText(tuple(spans), {"Language": "ja", **details} if details else {})


def without_marks(text: str) -> str:
    """Return a text without readings and notes; a character that only a note describes is itself where it has a number.

    Args:
        text: A text that `find_aozora` knows.
    """
    text = _FOREIGN.sub(_character, text)
    text = _BAR.sub("", text)
    return _READING.sub("", _NOTE.sub("", text))


def _character(note: re.Match[str]) -> str:
    found = _CODE_POINT.search(note["description"])
    code = int(found["code"], 16) if found is not None else 0
    return chr(code) if 0 < code <= 0x10FFFF and not 0xD800 <= code < 0xE000 else MISSING
