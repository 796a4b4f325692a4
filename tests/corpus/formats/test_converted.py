"""Rich text and LaTeX are read by their converters, and refused or told where these are missing."""

import sys

import pytest

from penwright.corpus.formats.converted import read_latex, read_rtf
from penwright.errors import ReadingError

RTF = (
    rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Times;}}{\info{\title Lamp}}\f0 She \i came\i0 , \lquote late\rquote"
    rb"\emdash \'e9t\'e9 \u8212? x\par Second\par}"
)
TEX = r"""\documentclass{book}\title{T}\newcommand{\x}{y} % gone
\begin{document}\maketitle\chapter{One}
She said ``no'' --- \emph{really}. Caf\'e.\footnote{A note.} \unknown{Words} stay.
\end{document}"""


def test_rich_text_becomes_its_paragraphs() -> None:
    decoded = read_rtf(RTF, name="a.rtf")
    assert decoded.text == "She came, ‘late’—été — x\n\nSecond\n"
    assert decoded.warnings == ()


def test_rich_text_in_another_code_page_is_read() -> None:
    cyrillic = (
        rb"{\rtf1\ansi\ansicpg1251{\fonttbl{\f0\fcharset204 Times;}}\f0 \'d1\'f2\'e0\'f0\'fb\'e9 \'e4\'ee\'ec\par}"
    )
    assert read_rtf(cyrillic, name="a.rtf").text == "Старый дом\n"


def test_what_a_converter_drops_is_told() -> None:
    footnote = rb"{\footnote\pard  " + b"A long note here. " * 30 + b"}"
    decoded = read_rtf(rb"{\rtf1\ansi She came." + footnote + rb" late\par}", name="a.rtf")
    assert len(decoded.warnings) == 1 and "letters" in decoded.warnings[0]


def test_latex_loses_its_commands_and_keeps_their_words() -> None:
    read = read_latex(TEX, name="a.tex")
    words = " ".join(read["text"].split())
    assert words == "One She said “no” — really. Café.[A note.] Words stay."
    assert read["warnings"] == ()


def test_without_the_extra_rich_text_is_refused_and_latex_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "striprtf.striprtf", None)
    monkeypatch.setitem(sys.modules, "pylatexenc.latex2text", None)
    with pytest.raises(
        ReadingError, match=r"a.rtf is a rich text \(RTF\) document. Read it after `pip install 'penwright"
    ):
        read_rtf(RTF, name="a.rtf")
    read = read_latex(TEX, name="a.tex")
    assert read["warnings"] == (
        "is read with its LaTeX commands; after `pip install 'penwright[convert]'` it is read without them",
    )
    assert "text" not in read


def test_a_group_in_ten_thousand_others_is_refused_or_read() -> None:
    deep = r"\begin{document}" + "{" * 20_000 + "x" + "}" * 20_000
    with pytest.raises(ReadingError, match="a.tex cannot be read as LaTeX"):
        read_latex(deep, name="a.tex")
