"""Documents of word processors become their text: no deleted words, footnotes kept."""

import zipfile
from io import BytesIO

import pytest

from penwright.corpus.formats.letters import loss_warnings
from penwright.corpus.formats.office import read_flat_document, read_open_document, read_word
from penwright.errors import ReadingError

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
CORE = """<cp:coreProperties xmlns:cp="c" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The Lamp</dc:title>
<dc:creator>Edith Vane</dc:creator></cp:coreProperties>"""
NAMES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
)


def packed(**parts: str) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as document:
        for name, content in parts.items():
            document.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return stream.getvalue()


def word(body: str, **parts: str) -> bytes:
    document = f"<w:document {W} xmlns:mc='m' xmlns:wps='s'><w:body>{body}</w:body></w:document>"
    return packed(word__document_xml=document, docProps__core_xml=CORE, **parts)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<w:p><w:r><w:t>One</w:t></w:r></w:p><w:p><w:r><w:t>Two</w:t></w:r></w:p>", "One\n\nTwo\n"),
        (
            "<w:p><w:r><w:t>a </w:t></w:r><w:r><w:t>b</w:t><w:br/><w:t>c</w:t><w:tab/><w:t>d</w:t></w:r></w:p>",
            "a b\nc d\n",
        ),
        (
            "<w:p><w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:ins><w:r><w:t>new</w:t></w:r></w:ins></w:p>",
            "new\n",
        ),
        ("<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>hid</w:t></w:r><w:r><w:t>seen</w:t></w:r></w:p>", "seen\n"),
        ("<w:p><w:r><w:t>a</w:t><w:noBreakHyphen/><w:t>b</w:t><w:instrText>PAGE</w:instrText></w:r></w:p>", "a-b\n"),
        (
            "<w:p><w:r><w:t>before</w:t></w:r><w:r><mc:AlternateContent><mc:Choice><wps:txbx><w:txbxContent><w:p><w:r>"
            "<w:t>box</w:t></w:r></w:p></w:txbxContent></wps:txbx></mc:Choice><mc:Fallback><w:t>box</w:t></mc:Fallback>"
            "</mc:AlternateContent></w:r><w:r><w:t>after</w:t></w:r></w:p>",
            "before\n\nbox\n\nafter\n",
        ),
        (
            "<w:p><w:r><w:ruby><w:rt><w:r><w:t>kan</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>漢</w:t></w:r></w:rubyBase></w:ruby></w:r></w:p>",
            "漢\n",
        ),
        (
            "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
            "a\n\nb\n",
        ),
    ],
)
def test_a_word_document_is_read_as_it_is_shown(body: str, text: str) -> None:
    extracted, details = read_word(word(body), name="a.docx")
    assert extracted.text == text
    assert loss_warnings(extracted) == ()
    assert details == {"Title": "The Lamp", "Author": "Edith Vane"}


def test_the_footnotes_of_a_word_document_stand_at_its_end() -> None:
    notes = (
        f"<w:footnotes {W}><w:footnote w:type='separator'><w:p><w:r><w:t>___</w:t></w:r></w:p></w:footnote>"
        "<w:footnote><w:p><w:r><w:t>A note.</w:t></w:r></w:p></w:footnote></w:footnotes>"
    )
    body = "<w:p><w:r><w:t>One.</w:t></w:r><w:r><w:footnoteReference/></w:r></w:p>"
    assert read_word(word(body, word__footnotes_xml=notes), name="a.docx")[0].text == "One.\n\nA note.\n"


CONTENT = f"""<office:document-content {NAMES}><office:automatic-styles/><office:body><office:text
><text:tracked-changes><text:p>deleted</text:p></text:tracked-changes><text:h>I</text:h><text:p
>She<text:s text:c="3"/>came<text:tab/>in<text:note
><text:note-citation>1</text:note-citation><text:note-body><text:p>A note.</text:p
></text:note-body></text:note>.</text:p><text:p>One<text:line-break/>two <text:ruby
><text:ruby-base>漢</text:ruby-base><text:ruby-text>kan</text:ruby-text>
</text:ruby></text:p></office:text></office:body></office:document-content>"""


def test_an_open_document_is_read_as_it_is_shown() -> None:
    title = "<office:meta><dc:title>The Lamp</dc:title></office:meta>"
    meta = f"<office:document-meta {NAMES} xmlns:dc='d'>{title}</office:document-meta>"
    extracted, details = read_open_document(packed(content_xml=CONTENT, meta_xml=meta), name="a.odt")
    assert extracted.text == "I\n\nShe came in.\n\nA note.\n\nOne\ntwo 漢\n"
    assert loss_warnings(extracted) == ()
    assert details == {"Title": "The Lamp"}
    assert read_flat_document(CONTENT, name="a.fodt").text == extracted.text


def test_what_cannot_be_read_is_told() -> None:
    with pytest.raises(ReadingError, match=r"a.odt holds no 'content.xml'"):
        read_open_document(packed(meta_xml="<a/>"), name="a.odt")
    with pytest.raises(ReadingError, match=r"a.docx is damaged: it is not well-formed XML"):
        read_word(packed(word__document_xml="<w>"), name="a.docx")
    with pytest.raises(ReadingError, match=r"a.odt is protected by a password"):
        manifest = "<m><encryption-data/></m>"
        read_open_document(packed(**{"META-INF__manifest_xml": manifest}, content_xml="x"), name="a.odt")
