"""A work as Markdown (CommonMark): every sign of the text that means something there is escaped, but for emphasis."""

import re
from collections.abc import Iterator

from penwright.author.works.blocks import paragraphs_of, runs_of
from penwright.author.works.manuscript import Manuscript

_SIGNS = re.compile(r"([\\`*_\[\]<>#|~$])")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_LIST = re.compile(r"^(\d{1,9})([.)])(?=\s|$)|^([-+=])(?=[-+=\s]|$)")
_BLANKS = re.compile(r"^\s+")


def markdown_of(work: Manuscript) -> Iterator[str]:
    """Yield a work as Markdown, a part at a time."""
    yield f"# {_inline(work.title)}\n\nby {_inline(work.by)}\n"
    for chapter in work.chapters:
        parts = [f"## {_inline(chapter.heading)}"] if chapter.heading else []
        parts += ["\\\n".join(map(_line, lines)) for lines in paragraphs_of(chapter.read())]
        yield "".join(f"\n{part}\n" for part in parts)
    yield "\n---\n" + "".join(f"\n{_line(paragraph)}\n" for paragraph in work.colophon)


def _line(line: str) -> str:
    """Return a line of text."""
    text = "".join(f"*{_inline(run.text)}*" if run.is_emphasized else _inline(run.text) for run in runs_of(line))
    text = _BLANKS.sub(lambda match: "&nbsp;" * len(match[0]), text)
    return _LIST.sub(lambda match: f"{match[1]}\\{match[2]}" if match[1] else f"\\{match[3]}", text)


def _inline(text: str) -> str:
    """Return text without any sign that means something."""
    return _ENTITY.sub("&amp;", _SIGNS.sub(r"\\\1", text))
