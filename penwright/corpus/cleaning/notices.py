"""Find the notices at the head of a source file: copyright lines and the terms of a licence.

Thousands of files of one tree begin with the same terms. An author would learn them a thousand times, and scores would
tell how well it knows them. What else a comment says, such as what the file is for, stays. So does a line with an SPDX
tag, which is short. A notice is recognised by its own words, so the same file is cut in the same way in any tree.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from penwright.corpus.cleaning.head_comment import Comment, CommentLine, head_comments
from penwright.corpus.cleaning.spans import Span

KIND = "notice"
_COPYRIGHT = re.compile(r"\bcopyright\b|\bcopr\.|©|\(c\)\s*(?:19|20)\d\d", re.IGNORECASE)
_TERMS = re.compile(
    r"licen[cs]ed (?:under|to|according)|licen[cs]e as published|under the terms|terms and conditions|"
    r"terms of (?:the|this)|"
    r"(?:public|apache|bsd|mit|mozilla|isc|zlib|boost|x11|artistic|psf|python|eclipse)\b[\w .,()\"'/-]{0,50}licen[cs]e|"
    r"licen[cs]e (?:for|file|agreement|along|or|which|is|can)\b|(?:the|this) licen[cs]e\b|licen[cs]e,? version|"
    r"\bgpl\b|gplv?[23]|redistribut|warrant(?:y|ies)|merchantab|permission (?:is hereby|to use|notice)|"
    r"all rights reserved|is free software|\bliab(?:le|ility)\b|copyright notice|provided that the following|"
    r"public domain|see the file (?:copying|licen[cs]e)|www\.gnu\.org/licenses|without specific prior written",
    re.IGNORECASE,
)
_OPENS_TERMS = re.compile(
    r"(?:this|the|permission|licen[cs]ed?|redistribution|distributed|released|all|you|use|see|subject|under|for|gpl)\b",
    re.IGNORECASE,
)
_CONDITION = re.compile(r"\(?(?:[0-9]|[a-e]|i{1,3}v?)[.)]\s")
"""Beginning of a paragraph that goes on with the conditions of the terms before it."""
_TAG = re.compile(r"SPDX-[\w-]+:.*", re.IGNORECASE)


def find_notices(text: str) -> tuple[Span, ...]:
    """Return the notices in the comments at the head of a source file, in order.

    Args:
        text: The text of a file.

    Returns:
        Stretches to take out: whole comments with the blank lines behind them, or lines within a comment. What remains
        is a comment as before.
    """
    comments = head_comments(text)
    return tuple(span for comment in comments for span in _notices_in(comment, text))


def without_notices(text: str, notices: Sequence[Span]) -> str:
    """Return a text without its notices; nothing is put in their places."""
    parts, position = [], 0
    for notice in notices:
        parts.append(text[position : notice.start])
        position = notice.end
    return "".join([*parts, text[position:]])


def _notices_in(comment: Comment, text: str) -> Iterator[Span]:
    legal = _legal_lines(comment.lines)
    if not any(legal):
        return
    last = len(legal)
    while last and (legal[last - 1] or not comment.lines[last - 1].content):  # no blank lines are left at the end
        last -= 1
    legal[last:] = [True] * (len(legal) - last)
    if all(is_legal or not line.content for is_legal, line in zip(legal, comment.lines, strict=True)):
        end = comment.end
        while text.startswith("\n", end):
            end += 1
        yield Span(KIND, comment.start, end)
        return
    for is_legal, group in groupby(zip(legal, comment.lines, strict=True), key=lambda pair: pair[0]):
        lines = [line for _, line in group]
        if is_legal and (span := _cut_of(lines, comment, text)).start < span.end:
            yield span


def _cut_of(lines: Sequence[CommentLine], comment: Comment, text: str) -> Span:
    """Return the stretch of some legal lines; what begins and ends the comment stays."""
    start, end = lines[0].start, lines[-1].end
    if lines[0] is comment.lines[0] and text[comment.start : start].strip() and text[end - 1] == "\n":
        end -= 1  # the opening sign keeps its line
    if lines[-1] is comment.lines[-1] and text[end : comment.end].strip():  # the closing sign keeps its place
        while end > start and text[end - 1] in " \t":
            end -= 1
        if start and text[start - 1] == "\n" and text[end - 1 : end] != "\n":
            end = comment.lines[-1].end
    return Span(KIND, start, end)


def _legal_lines(lines: Sequence[CommentLine]) -> list[bool]:
    """Return for each line of a comment whether it belongs to a notice, with the blank lines behind it."""
    legal: list[bool] = []
    for has_words, group in groupby(lines, key=lambda line: bool(line.content)):
        paragraph = list(group)
        follows = bool(legal and legal[-1])
        if not has_words or (follows and _CONDITION.match(paragraph[0].content)):
            legal += [follows] * len(paragraph)
        else:
            legal += _legal_in(paragraph)
    return legal


def _legal_in(paragraph: Sequence[CommentLine]) -> list[bool]:
    """Return for each line of a paragraph whether it is legal: from the first such line on where terms are told."""
    said = [_TAG.sub("", line.content) for line in paragraph]
    is_copyright = [_COPYRIGHT.search(line) is not None for line in said]
    joined = " ".join(said)
    terms = _TERMS.search(joined)
    if terms is None:
        return is_copyright
    first = is_copyright.index(True) if any(is_copyright) else len(paragraph)
    offset = 0
    for index, line in enumerate(said):
        offset += len(line) + 1
        if offset > terms.start():
            first = min(first, _sentence_start(said, index))
            break
    return [index >= first and bool(said[index].strip()) for index in range(len(paragraph))]


def _sentence_start(lines: Sequence[str], index: int) -> int:
    """Return the index of the line on which the sentence begins that goes on in a line."""
    while index > 0 and lines[index - 1].strip() and not _OPENS_TERMS.match(lines[index]):
        if lines[index - 1].rstrip()[-1] in ".:;!?*":
            break
        index -= 1
    return index
