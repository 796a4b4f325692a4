"""Recognise source files that nobody wrote: generated, minified, locked versions of packages, tables of numbers.

The criteria for minified files are those of GitHub's Linguist (`lib/linguist/generated.rb`). This module opens no file.
"""

import re
from pathlib import PurePosixPath

from penwright.corpus.cleaning.head_comment import head_comments
from penwright.corpus.formats.document import suffix_of

LOCK_NAMES = frozenset(
    "package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml cargo.lock poetry.lock uv.lock pdm.lock "
    "pipfile.lock composer.lock gemfile.lock go.sum flake.lock packages.lock.json podfile.lock mix.lock".split()
)
MINIFIED_SUFFIXES = frozenset({".js", ".mjs", ".cjs", ".css"})
MINIFIED_LINE_CHARS = 110
"""Mean length of a line from which a script or a style sheet counts as minified."""
LONG_LINE_CHARS = 1_000
MIN_CHARS = 2_000
"""Length below which a file is never called a table of numbers or minified."""
SAMPLE_CHARS = 1 << 16
_NUMBERS = re.compile(r"(?:\b0[xX][0-9a-fA-F]+|-?\b\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)[uUlLfF]*\s*,")
_AUTO = r"auto(?:matically)?[ -]?generated"
_SAID = re.compile(
    r"@generated\b|"
    r"\bdo(?: not|n't) (?:edit|modify)\b(?! (?:this|these) (?:section|line|block|part|comment))|"
    r"\b(?:code|file|source|header|module|script) (?:(?:is|was|has been) )?"
    r"(?:auto\w*[ -]?)?generated(?: \w+){0,2} (?:by|from|with|using)\b|"
    rf"\b(?:is|was|were|are|been) (?:{_AUTO}|machine[ -]generated)\b|\b{_AUTO} (?:by|from|with|using|file)\b|"
    r"\Agenerated (?:automatically )?(?:by|from|with) ",
    re.IGNORECASE,
)


def reason_generated(name: str, text: str) -> str:
    """Return why a source file was not written by anybody, to follow its name; empty if it was.

    Args:
        name: Its file name or path.
        text: Its text, or its first chunk.
    """
    if is_lock_file(name):
        return "is generated: it locks the versions of packages"
    for comment in head_comments(text):
        words = [line.content for line in comment.lines if line.content]
        if found := _SAID.search(" ".join(words)):
            return f"is generated: it says '{' '.join(found[0].split()):.60}'"
    if len(text) < MIN_CHARS:
        return ""
    sample = text[:SAMPLE_CHARS]
    num_lines = sample.count("\n") + 1
    if suffix_of(name) in MINIFIED_SUFFIXES and len(sample) > MINIFIED_LINE_CHARS * num_lines:
        return f"is minified: its lines have {len(sample) // num_lines:,} characters on average"
    if 2 * sum(len(line) for line in sample.split("\n") if len(line) > LONG_LINE_CHARS) > len(sample):
        return f"is data or generated: most of it stands in lines of over {LONG_LINE_CHARS:,} characters"
    num_digits = sum(len("".join(found[0].split())) for found in _NUMBERS.finditer(sample))
    if 2 * num_digits > sum(map(len, sample.split())):
        return "is a table of numbers"
    return ""


def is_lock_file(name: str) -> bool:
    """Return True for a file in which a package manager notes versions."""
    return PurePosixPath(name).name.lower() in LOCK_NAMES
