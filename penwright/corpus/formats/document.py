"""Turn the bytes of one file into the text of one book, whatever the file is: plain, HTML, EPUB or a table.

The file's suffix says how to read it; what it holds says whether that was true. This module opens no file and knows
nothing of archives, cleaning or the corpus.
"""

from pathlib import PurePosixPath

from penwright.corpus.formats.csv_tables import table_to_text
from penwright.corpus.formats.decoding import Decoded as Decoded
from penwright.corpus.formats.decoding import decode as decode
from penwright.corpus.formats.decoding import what_else
from penwright.corpus.formats.epub import epub_to_text
from penwright.corpus.formats.html import html_to_text
from penwright.errors import ReadingError

HTML_SUFFIXES = frozenset({".html", ".htm", ".xhtml"})
TABLE_DELIMITERS = {".csv": None, ".tsv": "\t"}
"""Suffix -> the delimiter it stands for; None is to be found out."""
PROSE_SUFFIXES = frozenset({".txt", ".text", ".md", ".markdown", ".rst", ".tex", ".org", ".adoc"})
CODE_SUFFIXES = frozenset(
    """
    .py .pyi .pyx .c .h .cc .cpp .cxx .hh .hpp .hxx .cu .cuh .m .mm .java .kt .kts .scala .groovy .js .mjs .cjs .jsx .ts
    .tsx .go .rs .rb .php .pl .pm .lua .r .jl .hs .ml .mli .fs .fsx .ex .exs .erl .clj .cljs .lisp .el .scm .swift .dart
    .cs .vb .sh .bash .zsh .fish .ps1 .bat .cmd .sql .asm .s .f .f90 .f95 .for .pas .d .zig .nim .v .sv .vhd .vhdl .tcl
    .awk .sed .mk .cmake .gradle .css .scss .less .json .jsonl .yaml .yml .toml .ini .cfg .conf .xml .proto .graphql .tf
    .nix .diff .patch .ipynb .vim .glsl .hlsl .wgsl
    """.split()
)
CODE_NAMES = frozenset(
    {"makefile", "gnumakefile", "kconfig", "kbuild", "dockerfile", "cmakelists.txt", "rakefile", "gemfile"}
)
TEXT_SUFFIXES = PROSE_SUFFIXES | HTML_SUFFIXES | CODE_SUFFIXES | {".epub"} | TABLE_DELIMITERS.keys()
"""Suffixes of what `read_document` reads. Others are read as plain text if they hold any."""


def read_document(data: bytes, *, name: str) -> Decoded:
    """Return the text of one file or archive member.

    Args:
        data: All its bytes.
        name: Its file name, whose suffix tells the format: HTML, EPUB, CSV or TSV; anything else is plain text. Errors
            use it too.

    Returns:
        The text; of a page without its markup, of an EPUB its chapters in reading order, of a table its text column.

    Raises:
        ReadingError: If there is no text in it, and why.
    """
    suffix = PurePosixPath(name).suffix.lower()
    if suffix == ".epub":
        return _not_empty(epub_to_text(data, name=name), name=name)
    decoded = decode(data, name=name)
    if suffix in HTML_SUFFIXES:
        return _not_empty(decoded._replace(text=html_to_text(decoded.text)), name=name)
    if suffix in TABLE_DELIMITERS:
        return decoded._replace(text=table_to_text(decoded.text, name=name, delimiter=TABLE_DELIMITERS[suffix]))
    return decoded


def is_probably_text(data: bytes) -> bool:
    """Return whether a file's first bytes, 4 kB or more, look like text in any encoding."""
    return bool(data.strip()) and what_else(data) is None


def is_source_code(name: str) -> bool:
    """Return whether a file name is that of a program, whose line breaks and notices belong to it."""
    path = PurePosixPath(name.lower())
    return path.suffix in CODE_SUFFIXES or path.name in CODE_NAMES


def _not_empty(decoded: Decoded, *, name: str) -> Decoded:
    if not decoded.text.strip():
        raise ReadingError(
            f"{name} holds no text once its markup is taken away. Leave it out, or save it as plain text."
        )
    return decoded
