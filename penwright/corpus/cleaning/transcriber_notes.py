"""Find what the makers of a file wrote about it: credits after the header, transcriber's notes at both ends.

Credits are the paragraphs about the file that directly follow the header. A note must have a recognisable end: its
brackets, its box, the rules around it, its single paragraph, or the footer after it. A note at the front of a book that
has only a heading "Transcriber's Note" has no such end and stays. This module knows nothing of markers.

All offsets are character offsets.
"""

import re

from penwright.corpus.cleaning.spans import Span, merged

NOTE_CHARS = 6_000
"""Largest length of a note."""
_CREDIT_PARAGRAPHS = 24
_CREDIT_CHARS = 2_500
_CREDIT = re.compile(
    r"""[ \t]*[\[(*_]{0,3}(?:
      (?:This\s+)?(?:Project\s+Gutenberg\s+)?(?:E-?text|e-?text|E-?[Bb]ook|eBook)\s+(?:was\s+|is\s+)?(?:originally\s+)?
        (?:prepared|produced|created|transcribed|scanned|reformatted|typed|converted|contributed|entered|made)\b
     |(?:Produced|Prepared|Transcribed|Scanned|Digiti[sz]ed|Typed|Entered|Proofed|Proofread|Converted|Reformatted|Updated)
        \s+(?:and\s+\w+\s+)?(?:by|from|for)\b
     |(?:Additional|Further)\s+(?:editing|proofing|proofreading|formatting|corrections?)\s+by\b
     |Credits?(?:\s+for\s+\S+)?\s*:
     |HTML\s+(?:version|file)\b
    )""",
    re.VERBOSE,
)
# Words of a paragraph about the file that the first page of a book does not contain.
_ABOUT_THE_FILE = re.compile(
    r"Project\s+Gutenberg|Gutenberg\s+Proje[ck]t|\b[Ee]-?texts?\b|\bOCR\b|https?://|\bwww[.:/]|\bpgdp\b|\w@\w+\.\w|"
    r"This\s+file\s+should\s+be\s+named|Distributed\s+Proofread|7[\s-]bit\s+ASCII"
)
# Old headers end without a mark. These are the sentences that their paragraphs begin with, and the fields they list.
_HEADER_START = re.compile(
    r"[ \t*]*(?:\w+,?\s+)?(?:The\s+|This\s+is\s+the\s+)?Project\s+Gutenberg(?:'s|’s|\s+E-?[Tt]ext|\s+E-?[Bb]ook)",
    re.IGNORECASE,
)
_HEADER_PARAGRAPH = re.compile(
    r"""[\s*#_]*(?:
      Copyright\s+laws\s+are\s+changing|Please\s+(?:take\s+a\s+look|do\s+not\s+remove|read\s+the)|We\s+encourage\s+you
     |Welcome\s+To\s+The\s+World\s+of|E-?texts\s+Readable|These\s+E-?texts|Information\s+on\s+contacting
     |We\s+need\s+your\s+donations|(?:Title|Author|Language|Release\s+Date|Posting\s+Date|Edition|Editor|Translator
       |Illustrator|Character\s+set\s+encoding)\s*:
     |\[?(?:E-?text|E-?book|Date\s+last\s+updated|Most\s+recently\s+updated|This\s+file\s+was\s+(?:first|last))
     |(?:January|February|March|April|May|June|July|August|September|October|November|December),?\s+[12][0-9]{3}
     |Scanned|Proofed|Transcribed|Prepared|Produced
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_RULE = re.compile(r"[ \t]*(?:\*[ \t]*){3,}|[ \t]*[-=_~]{4,}[ \t]*")
_NOTE = re.compile(r"[ \t]*[\[(*_]{0,3}Transcriber\S{0,14}\s+[Nn]otes?\b")
_BRACKETED_NOTE = re.compile(
    r"^[ \t]*\[(?:[^\]\n]{0,30}Transcriber|Project\s+Gutenberg\s+[EN]|E-?text\s)", re.MULTILINE
)
_BOXED_NOTE = re.compile(
    r"""^[ \t]*[+*][-*=]{8,}[+*][ \t]*\n
        [ \t]*\|[ \t]*Transcriber[^\n]*\|[ \t]*\n
        (?:[ \t]*\|[^\n]*\|[ \t]*\n){1,60}
        [ \t]*[+*][-*=]{8,}[+*][ \t]*$""",
    re.MULTILINE | re.VERBOSE,
)
_WORDS_OF_NOTES = ("Transcriber", "[Project", "[E-text", "[Etext")  # one of them is in each of the two
_NOTE_HEADING = re.compile(r"(?:\n[ \t]*){3}\[?Transcriber\S{0,14}[ \t]+[Nn]otes?[ \t]*[:.]?[ \t]*\n")
_OPENING_BRACKET = re.compile(r"\s*[(*_]{0,2}\[")
_BRACKET = re.compile(r"[\[\]]")
_NOT_BLANK = re.compile(r"\S")
_WIDE_GAP = re.compile(r"(?:\n[ \t]*){3}")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")


def find_credits(text: str, *, start: int, end: int) -> list[Span]:
    """Return the paragraphs about the file that follow the header.

    Args:
        text: The whole text.
        start: End of the header.
        end: Upper bound for the end of the book.
    """
    spans: list[Span] = []
    rules: list[Span] = []  # rules since the last credit, which are cut only if another credit follows
    position = start
    for _ in range(_CREDIT_PARAGRAPHS):
        paragraph = _next_paragraph(text, position, end)
        if paragraph is None:
            break
        words = text[paragraph.start : paragraph.end]
        position = paragraph.end
        if _RULE.fullmatch(words.strip("\n")):
            note = _ruled_note(text, paragraph, end)
            if note is None:
                rules.append(paragraph)
                continue
            spans += [*rules, note]
            rules = []
            position = note.end
            continue
        if len(words) > _CREDIT_CHARS:
            break
        if _NOTE.match(words):
            note = _bracketed_note(text, paragraph.start, end) or _single_paragraph(paragraph, words)
            if note is None:
                break
            spans += [*rules, note]
            position = note.end
        elif _CREDIT.match(words) or _ABOUT_THE_FILE.search(words):
            spans += [*rules, paragraph]
        else:
            break
        rules = []
    return spans


def unmarked_header(text: str) -> Span | None:
    """Return the header of a Project Gutenberg file that has no mark of where its book begins, or None.

    Its first line must name the project; then follow the paragraphs that speak of the file, up to the first that does
    not.
    """
    end = 0
    for _ in range(_CREDIT_PARAGRAPHS):
        paragraph = _next_paragraph(text, end, len(text))
        if paragraph is None or paragraph.end - paragraph.start > _CREDIT_CHARS:
            break
        words = text[paragraph.start : paragraph.end]
        is_header = _HEADER_START.match(words) if not end else _HEADER_PARAGRAPH.match(words)
        if not is_header and not (end and (_ABOUT_THE_FILE.search(words) or _RULE.fullmatch(words.strip("\n")))):
            break
        end = paragraph.end
    return Span("header", 0, end) if end else None


def find_notes(text: str, *, start: int, end: int) -> list[Span]:
    """Return the notes in brackets or in a box that begin between `start` and `end`."""
    if not any(text.find(word, start, end) >= 0 for word in _WORDS_OF_NOTES):  # a fraction of the patterns' time
        return []
    bracketed = [_bracketed_note(text, match.start(), end) for match in _BRACKETED_NOTE.finditer(text, start, end)]
    boxed = [Span("note", match.start(), match.end()) for match in _BOXED_NOTE.finditer(text, start, end)]
    return merged([note for note in bracketed if note is not None], boxed)


def find_closing_notes(text: str, *, start: int, end: int) -> list[Span]:
    """Return the notes before the footer: in brackets, in a box, or headed and last of all.

    Args:
        text: The whole text.
        start: Where the book begins. Notes are looked for in its last `NOTE_CHARS` characters.
        end: Where the footer begins.
    """
    floor = max(start, end - NOTE_CHARS)
    if text.find("Transcriber", floor, end) < 0:
        return find_notes(text, start=floor, end=end)
    headings = list(_NOTE_HEADING.finditer(text, floor, end))
    if not headings or _is_at_front(text[headings[-1].end() : end].strip("\n"), headings[-1].start() - start):
        return find_notes(text, start=floor, end=end)
    start, last = floor, Span("note", headings[-1].start(), end)
    return merged(find_notes(text, start=start, end=last.start), [last])


def _is_at_front(behind: str, num_before: int) -> bool:
    """Return whether a headed note is one at the front of a book, whose end nobody marked, by what is behind it."""
    return 2 * len(behind) > num_before and _WIDE_GAP.search(behind) is not None


def _ruled_note(text: str, rule: Span, end: int) -> Span | None:
    """Return the note between the given rule and the next one, if a note follows the rule."""
    paragraph = _next_paragraph(text, rule.end, end)
    if paragraph is None or not _NOTE.match(text, paragraph.start):
        return None
    while paragraph is not None and paragraph.end - rule.start < NOTE_CHARS:
        if _RULE.fullmatch(text[paragraph.start : paragraph.end].strip("\n")):
            return Span("note", rule.start, paragraph.end)
        paragraph = _next_paragraph(text, paragraph.end, end)
    return None


def _single_paragraph(paragraph: Span, words: str) -> Span | None:
    """Return the note in one paragraph with its heading. A heading alone has no known end and gives None."""
    is_whole = "[" not in words and len(words.split()) > 8
    return Span("note", paragraph.start, paragraph.end) if is_whole else None


def _bracketed_note(text: str, start: int, end: int) -> Span | None:
    """Return the note in brackets that begins in the line at `start`; it may contain brackets."""
    if _OPENING_BRACKET.match(text, start) is None:
        return None  # brackets further on, such as those of a picture, belong to the book
    depth = 0
    for bracket in _BRACKET.finditer(text, start, min(end, start + NOTE_CHARS)):
        depth += 1 if bracket[0] == "[" else -1
        if depth == 0:
            line_end = text.find("\n", bracket.end())
            rest = text[bracket.end() : line_end if line_end >= 0 else len(text)]
            return None if rest.strip() else Span("note", start, bracket.end())
    return None


def _next_paragraph(text: str, start: int, end: int) -> Span | None:
    """Return the next lines up to a blank line, without the last line feed; of a long paragraph the beginning."""
    first = _NOT_BLANK.search(text, start, end)
    if first is None:
        return None
    line = text.rfind("\n", start, first.start()) + 1 or start
    end = min(end, first.start() + NOTE_CHARS)  # a longer one is no note
    blank = _BLANK_LINE.search(text, first.start(), end)
    return Span("credits", line, blank.start() if blank is not None else end)
