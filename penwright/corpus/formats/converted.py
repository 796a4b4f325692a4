"""Take the text out of rich text (RTF) and LaTeX by the converters of the extra `convert`.

A converter is imported when a document asks for it. Its result is held against a count of the letters in the source
that knows nothing of it. This module knows nothing of paths or the corpus.
"""

import re
from typing import Any

from penwright.corpus.formats.encodings.decoding import Decoded
from penwright.corpus.formats.letters import Extracted, loss_warnings, num_letters
from penwright.errors import ReadingError

INSTALL = "pip install 'penwright[convert]'"
_NOT_SHOWN = re.compile(
    r"\{(?:\\\*|\\(?:fonttbl|colortbl|stylesheet|info|pict|object|header|footer|listtable)[lrf]?\b)"
)
_RTF_WORD = re.compile(r"\\u-?[0-9]+ ?|\\'[89a-fA-F][0-9a-fA-F]|\\[A-Za-z]+-?[0-9]* ?|\\[^A-Za-z]")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_COMMAND = re.compile(
    r"\\(?:begin|end|label|ref|pageref|cite\w*|include\w*|input|usepackage|documentclass|pagestyle|newcommand|setlength)"
    r"\*?(?:\[[^\]\n]*\])?\{[^{}]*\}|\\[A-Za-z]+\*?|\\."
)
_TITLES = ("part", "chapter", "section", "subsection", "subsubsection", "paragraph")


def read_rtf(data: bytes, *, name: str) -> Decoded:
    """Return the text of a rich text document.

    Raises:
        ReadingError: If the extra is not installed, or the document is damaged.
    """
    try:
        from striprtf.striprtf import rtf_to_text
    except ImportError as error:
        raise ReadingError(
            f"{name} is a rich text (RTF) document. Read it after `{INSTALL}`, or save it as plain text in UTF-8."
        ) from error
    source = data.decode("latin-1")
    try:
        text = str(rtf_to_text(source, errors="replace"))  # type: ignore[no-untyped-call]
    except (ValueError, LookupError, IndexError, RecursionError) as error:
        raise ReadingError(f"{name} is damaged: {error}. Open and save it again, best as plain text.") from error
    lines = [" ".join(line.split()) for line in text.split("\n")]
    text = "\n\n".join(line for line in lines if line) + "\n"
    found = Extracted(text, _num_rtf_letters(source), 0)
    return Decoded(text if text.strip() else "", "cp1252", "rich text", loss_warnings(found))


def read_latex(source: str, *, name: str) -> dict[str, Any]:
    """Return the text of a LaTeX document, as fields of a `Document` that differ from the source's own.

    Without the extra it is the source as it stands, and a warning says so.

    Raises:
        ReadingError: If its groups are too deep.
    """
    try:
        from pylatexenc.latex2text import (  # type: ignore[import-untyped]
            LatexNodes2Text,
            MacroTextSpec,
            get_default_latex_context_db,
        )
    except ImportError:
        warning = f"is read with its LaTeX commands; after `{INSTALL}` it is read without them"
        return {"warnings": (warning,), "has_own_lines": False}
    known = get_default_latex_context_db()
    titles = [MacroTextSpec(title, simplify_repl="\n\n%(3)s\n\n") for title in _TITLES]
    known.add_context_category("titles", macros=[*titles, MacroTextSpec("maketitle", "")], prepend=True)
    try:
        text = str(LatexNodes2Text(latex_context=known, strict_latex_spaces=False).latex_to_text(source))
    except (RecursionError, ValueError, IndexError) as error:
        raise ReadingError(f"{name} cannot be read as LaTeX ({error}). Save it as plain text.") from error
    body = source.partition(r"\begin{document}")[2] or source
    found = Extracted(text, num_letters(_COMMAND.sub("", _COMMENT.sub("", body))), 0)
    return {"text": text, "warnings": loss_warnings(found), "has_own_lines": False}


def _num_rtf_letters(source: str) -> int:
    """Return how many letters stand in a document's groups that are shown, each escape above ASCII taken for one."""
    shown = []
    place = 0
    for start in (match.start() for match in _NOT_SHOWN.finditer(source)):
        if start < place:
            continue
        shown.append(source[place:start])
        place = _group_end(source, start)
    shown.append(source[place:])
    text = "".join(shown)
    words = _RTF_WORD.findall(text)
    num_escaped = sum(word[1] in "u'" and not word[1:3].isalpha() for word in words)
    return num_letters(_RTF_WORD.sub("", text)) + num_escaped


def _group_end(source: str, start: int) -> int:
    """Return the place after the group that begins at `start`."""
    depth = 0
    for brace in _BRACE.finditer(source, start):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth == 0:
            return brace.end()
    return len(source)
