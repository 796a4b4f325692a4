"""FictionBook, TEI and DocBook become their text, with title and author."""

import pytest

from penwright.corpus.formats.letters import loss_warnings
from penwright.corpus.formats.xml_books import format_of, read_xml_book
from penwright.errors import ReadingError

FICTION_BOOK = """<?xml version="1.0" encoding="utf-8"?>
<FictionBook xmlns="http://www.gribuser.ru/xml/fictionbook/2.0" xmlns:l="http://www.w3.org/1999/xlink"><description>
<title-info><author><first-name>Edith</first-name><last-name>Vane</last-name></author><book-title>The Lamp</book-title>
<lang>en</lang></title-info></description><body><title><p>The Lamp</p></title><section><title><p>I</p></title>
<p>She came&mdash;late<a l:href="#n1" type="note">[1]</a>.</p><empty-line/><poem><stanza><v>one line,</v><v>another</v>
</stanza></poem></section></body><binary id="c.jpg" content-type="image/jpeg">aGVsbG8gaGVsbG8=</binary></FictionBook>"""
TEI = """<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><fileDesc><titleStmt><title>The Lamp</title>
<author>Edith Vane</author></titleStmt></fileDesc></teiHeader><text><body><div><head>I</head><pb n="3"/>
<p>She <choice><sic>caem</sic><corr>came</corr></choice><note>A note.</note> late<lb/>again.</p>
<lg><l>one line,</l><l>another</l></lg><fw>THE LAMP 3</fw></div></body></text></TEI>"""
DOCBOOK = """<book xmlns="http://docbook.org/ns/docbook"><title>The Lamp</title><info><author><personname>
<firstname>Edith</firstname><surname>Vane</surname></personname></author></info><chapter><title>I</title>
<para>She came<indexterm><primary>lamp</primary></indexterm>.</para><programlisting>a = 1
  b = 2</programlisting></chapter></book>"""


def test_a_fiction_book_loses_its_pictures_and_keeps_its_lines() -> None:
    extracted, details = read_xml_book(FICTION_BOOK, name="lamp.fb2")
    assert extracted.text == "The Lamp\n\nI\n\nShe came—late.\n\none line,\nanother\n"
    assert details == {"Title": "The Lamp", "Author": "Edith Vane", "Language": "en"}
    assert loss_warnings(extracted) == ()


def test_tei_keeps_the_correction_and_moves_the_note() -> None:
    extracted, details = read_xml_book(TEI, name="lamp.tei")
    assert extracted.text == "I\n\nShe came late again.\n\nA note.\n\none line,\nanother\n"
    assert details == {"Title": "The Lamp", "Author": "Edith Vane"}


def test_docbook_keeps_its_listings() -> None:
    extracted, details = read_xml_book(DOCBOOK, name="lamp.dbk")
    assert extracted.text == "The Lamp\n\nI\n\nShe came.\n\na = 1\n  b = 2\n"
    assert details == {"Title": "The Lamp", "Author": "Edith Vane"}


@pytest.mark.parametrize(
    ("markup", "expected"),
    [(FICTION_BOOK, "FictionBook"), (TEI, "TEI"), (DOCBOOK, "DocBook"), ("<project><tei>1</tei></project>", "")],
)
def test_a_format_is_told_by_its_beginning(markup: str, expected: str) -> None:
    assert format_of(markup) == expected


@pytest.mark.parametrize(
    ("markup", "sentence"),
    [
        ("<FictionBook><body>", "lamp.fb2 is damaged: it is not well-formed"),
        ("<svg/>", r"a kind that is not read here \(<svg>\)"),
    ],
)
def test_what_cannot_be_read_is_told(markup: str, sentence: str) -> None:
    with pytest.raises(ReadingError, match=sentence):
        read_xml_book(markup, name="lamp.fb2")
