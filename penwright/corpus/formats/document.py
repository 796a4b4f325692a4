"""Turn the bytes of one file into the text of one book, whatever the file is.

The file's suffix says how to read it; what it holds says whether that was true. This module opens no file and knows
nothing of archives, cleaning or the corpus.
"""

from collections.abc import Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import NamedTuple

from penwright.corpus.formats.csv_tables import read_table
from penwright.corpus.formats.encodings.decoding import decode as decode
from penwright.corpus.formats.encodings.decoding import what_else
from penwright.corpus.formats.letters import Extracted, loss_warnings
from penwright.corpus.formats.subtitles import read_subtitles
from penwright.errors import ReadingError

HTML_SUFFIXES = frozenset({".html", ".htm", ".xhtml", ".xht", ".shtml"})
XHTML_SUFFIXES = frozenset({".xhtml", ".xht"})
XML_SUFFIXES = frozenset({".fb2", ".tei", ".dbk", ".xml"})
MAIL_SUFFIXES = frozenset({".mht", ".mhtml", ".eml", ".mbox"})
TABLE_DELIMITERS = {".csv": None, ".tsv": "\t"}
"""Suffix -> the delimiter it stands for; None is to be found out."""
SUBTITLE_SUFFIXES = frozenset({".srt", ".vtt"})
PACKED_SUFFIXES = frozenset({".epub", ".docx", ".odt"})
"""Suffixes of documents that are no text themselves but hold some."""
READ_WHATEVER_THEY_HOLD = PACKED_SUFFIXES | {".rtf"}
"""Suffixes of documents whose first bytes are those of no text."""
CONVERTED_SUFFIXES = frozenset({".rtf", ".tex", ".latex", ".ltx"})
WHOLE_SUFFIXES = (
    HTML_SUFFIXES
    | XML_SUFFIXES
    | MAIL_SUFFIXES
    | TABLE_DELIMITERS.keys()
    | SUBTITLE_SUFFIXES
    | PACKED_SUFFIXES
    | CONVERTED_SUFFIXES
    | {".fodt"}
)
"""Suffixes of documents with a structure of their own, which are read whole."""
LINE_MARKUP_SUFFIXES = frozenset({".md", ".markdown", ".rst", ".org", ".adoc"})
"""Suffixes of markup whose line breaks and blanks have a meaning; it is taken as it stands."""
PROSE_SUFFIXES = frozenset({".txt", ".text"}) | LINE_MARKUP_SUFFIXES
CODE_SUFFIXES = frozenset(
    """
    .py .pyi .pyx .c .h .cc .cpp .cxx .hh .hpp .hxx .cu .cuh .m .mm .java .kt .kts .scala .groovy .js .mjs .cjs .jsx .ts
    .tsx .go .rs .rb .php .pl .pm .lua .r .jl .hs .ml .mli .fs .fsx .ex .exs .erl .clj .cljs .lisp .el .scm .swift .dart
    .cs .vb .sh .bash .zsh .fish .ps1 .bat .cmd .sql .asm .s .f .f90 .f95 .for .pas .d .zig .nim .v .sv .vhd .vhdl .tcl
    .awk .sed .mk .cmake .gradle .css .scss .less .json .jsonl .yaml .yml .toml .ini .cfg .conf .xml .proto .graphql .tf
    .nix .diff .patch .ipynb .vim .glsl .hlsl .wgsl .dts .dtsi .lds .y .l .ac .am .m4 .rl .td .inc .tcc .ipp .inl .pxd
    .pxi .vue .svelte .elm .cr .rkt .ads .adb .cob .sol .bzl .meson
    """.split()
)
CODE_NAMES = frozenset(
    """
    makefile gnumakefile kconfig kbuild dockerfile cmakelists.txt rakefile gemfile meson.build build jenkinsfile
    """.split()
)


class Document(NamedTuple):
    """The text of a file, and how it was come by."""

    text: str
    encoding: str
    """The encoding of its bytes, by a name Python knows."""
    reason: str
    """Why that one: "valid UTF-8", "detected: reads as Polish", "EPUB of 12 pages", ..."""
    warnings: tuple[str, ...] = ()
    """Sentences on what was guessed, replaced or lost, that begin in lower case, to follow the file's name."""
    details: Mapping[str, str] = MappingProxyType({})
    """Any of "Title", "Author", "Language" and "Release date", as the file tells them."""
    has_own_lines: bool = False
    """True if every line break means something, so that none may be undone."""


def read_document(data: bytes, *, name: str) -> Document:
    """Return the text of one file or archive member.

    Args:
        data: All its bytes.
        name: Its file name, whose suffix tells the format; what is of no format known here is plain text. Errors use
            the name too.

    Returns:
        The text; of a page without its markup, of an EPUB its chapters in reading order, of a table its text column.

    Raises:
        ReadingError: If there is no text in it, and why.
    """
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in PACKED_SUFFIXES | MAIL_SUFFIXES | {".rtf"}:
        return _not_empty(_from_bytes(data, suffix, name), name=name)
    plain = Document(*decode(data, name=name))
    if suffix in WHOLE_SUFFIXES:
        return _not_empty(_from_text(plain, suffix, name), name=name)
    return plain._replace(has_own_lines=suffix in LINE_MARKUP_SUFFIXES)


# Each reader is imported when a document asks for it: most shelves are plain text, and parsers take a while to load.


def _from_bytes(data: bytes, suffix: str, name: str) -> Document:
    """Return the text of a document that is no text itself."""
    if suffix == ".epub":
        from penwright.corpus.formats.epub import read_epub

        decoded, details = read_epub(data, name=name)
        return Document(*decoded, details, True)
    if suffix == ".rtf":
        from penwright.corpus.formats.converted import read_rtf

        return Document(*read_rtf(data, name=name), has_own_lines=True)
    if suffix in MAIL_SUFFIXES:
        from penwright.corpus.formats.mail import read_mail

        return Document(*read_mail(data, name=name, is_mailbox=suffix == ".mbox"), has_own_lines=suffix != ".mbox")
    from penwright.corpus.formats.office import read_open_document, read_word

    extracted, details = (read_word if suffix == ".docx" else read_open_document)(data, name=name)
    kind = "Word document" if suffix == ".docx" else "OpenDocument text"
    return Document(extracted.text, "utf-8", kind, loss_warnings(extracted), details, True)


def _from_text(plain: Document, suffix: str, name: str) -> Document:
    """Return the text of a document that is text with a structure of its own."""
    if suffix in HTML_SUFFIXES:
        from penwright.corpus.formats.markup.html import read_page

        return _extracted(plain, read_page(plain.text, is_xhtml=True if suffix in XHTML_SUFFIXES else None))
    if suffix in TABLE_DELIMITERS:
        text, warnings = read_table(plain.text, name=name, delimiter=TABLE_DELIMITERS[suffix])
        return plain._replace(text=text, warnings=(*plain.warnings, *warnings), has_own_lines=True)
    if suffix in SUBTITLE_SUFFIXES:
        return _extracted(plain, read_subtitles(plain.text))
    if suffix in CONVERTED_SUFFIXES:
        from penwright.corpus.formats.converted import read_latex

        return plain._replace(**read_latex(plain.text, name=name))
    if suffix == ".fodt":
        from penwright.corpus.formats.office import read_flat_document

        return _extracted(plain, read_flat_document(plain.text, name=name))
    from penwright.corpus.formats.xml_books import format_of, read_xml_book

    if suffix == ".xml" and not format_of(plain.text):
        return plain
    extracted, details = read_xml_book(plain.text, name=name)
    return _extracted(plain._replace(details=details), extracted)


def is_probably_text(data: bytes) -> bool:
    """Return whether a file's first bytes, 4 kB or more, look like text in any encoding."""
    return bool(data.strip()) and what_else(data) is None


def is_source_code(name: str) -> bool:
    """Return whether a file name is that of a program, whose line breaks and notices belong to it."""
    path = PurePosixPath(name.lower())
    return path.suffix in CODE_SUFFIXES or path.name in CODE_NAMES


def suffix_of(name: str) -> str:
    """Return the suffix of a file name in small letters, with its dot."""
    return PurePosixPath(name.lower()).suffix


def is_line_markup(name: str) -> bool:
    """Return whether a file name is that of a text in Markdown or the like."""
    return PurePosixPath(name.lower()).suffix in LINE_MARKUP_SUFFIXES


def _extracted(plain: Document, extracted: Extracted) -> Document:
    warnings = (*plain.warnings, *loss_warnings(extracted))
    return plain._replace(text=extracted.text, warnings=warnings, has_own_lines=True)


def _not_empty(document: Document, *, name: str) -> Document:
    if not document.text.strip():
        raise ReadingError(
            f"{name} holds no text once its markup is taken away. Leave it out, or save it as plain text."
        )
    return document
