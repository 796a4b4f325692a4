"""An EPUB becomes its chapters in reading order; protected and damaged ones are refused with a sentence."""

import struct
import zipfile
from io import BytesIO

import pytest

from penwright.corpus.formats.epub import read_epub
from penwright.errors import ReadingError

CONTAINER = """<?xml version="1.0"?>
<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
PACKAGE = """<?xml version="1.0"?>
<package xmlns="http://www.idpf.org/2007/opf"><manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="two" href="text/two%20b.xhtml" media-type="application/xhtml+xml"/>
<item id="one" href="text/one.xhtml" media-type="application/xhtml+xml"/>
<item id="gone" href="gone.xhtml" media-type="application/xhtml+xml"/>
<item id="cover" href="cover.jpg" media-type="image/jpeg"/></manifest>
<spine><itemref idref="cover"/><itemref idref="nav"/><itemref idref="one"/><itemref idref="two"/><itemref idref="gone"/>
<itemref idref="one"/></spine></package>"""
MEMBERS = {
    "META-INF/container.xml": CONTAINER,
    "OEBPS/book.opf": PACKAGE,
    "OEBPS/nav.xhtml": "<nav>Contents</nav>",
    "OEBPS/text/one.xhtml": "<?xml version='1.0' encoding='utf-8'?><html><h1>I</h1><p>Zoë came.</p></html>",
    "OEBPS/text/two b.xhtml": "<html><body><h1>II</h1><p>She left.</p></body></html>",
    "OEBPS/cover.jpg": "\x00",
}


def packed(members: dict[str, str]) -> bytes:
    """An EPUB of these members."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in members.items():
            book.writestr(name, content)
    return stream.getvalue()


def test_chapters_come_in_the_order_of_the_spine() -> None:
    decoded = read_epub(packed(MEMBERS), name="book.epub").decoded
    assert decoded.text == "I\n\nZoë came.\n\n\nII\n\nShe left.\n"
    assert decoded.encoding == "utf-8"
    assert decoded.reason == "EPUB of 2 pages"


def test_a_book_without_a_container_is_found_by_its_package() -> None:
    members = {name: content for name, content in MEMBERS.items() if "container" not in name}
    assert "Zoë came." in read_epub(packed(members), name="book.epub").decoded.text


def test_encrypted_fonts_do_no_harm_but_encrypted_pages_do() -> None:
    listing = "<encryption><CipherData><CipherReference URI='{}'/></CipherData></encryption>"
    fonts = MEMBERS | {"META-INF/encryption.xml": listing.format("OEBPS/fonts/a.otf")}
    assert "Zoë" in read_epub(packed(fonts), name="book.epub").decoded.text
    pages = MEMBERS | {"META-INF/encryption.xml": listing.format("OEBPS/text/one.xhtml")}
    with pytest.raises(ReadingError, match=r"book.epub is protected: its pages are encrypted"):
        read_epub(packed(pages), name="book.epub")


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"mimetype": "application/epub+zip"}, "is not an EPUB: it has no package file"),
        (MEMBERS | {"OEBPS/book.opf": "<package><unclosed>"}, "is not well-formed XML"),
        (MEMBERS | {"OEBPS/book.opf": "<package></package>"}, "names no pages that it holds"),
        (MEMBERS | {"OEBPS/text/one.xhtml": "a\0b"}, "book.epub/OEBPS/text/one.xhtml is a binary file"),
    ],
)
def test_what_cannot_be_read_is_told(members: dict[str, str], sentence: str) -> None:
    with pytest.raises(ReadingError, match=sentence):
        read_epub(packed(members), name="book.epub")


def test_what_is_no_zip_file_is_told() -> None:
    with pytest.raises(ReadingError, match=r"book.epub is damaged, or no zip file"):
        read_epub(b"PK\x03\x04 but nothing else", name="book.epub")


def test_a_book_whose_directory_is_said_to_lie_further_back_is_told() -> None:
    """It ended the whole run."""
    data = bytearray(packed(MEMBERS))
    place = data.rfind(b"PK\x05\x06") + 16
    struct.pack_into("<I", data, place, struct.unpack_from("<I", data, place)[0] + 1_000)
    with pytest.raises(ReadingError, match=r"book.epub is damaged"):
        read_epub(bytes(data), name="book.epub")


def test_a_book_whose_pages_are_too_much_together_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penwright.corpus.formats.epub.MAX_BOOK_BYTES", 120)
    with pytest.raises(ReadingError, match=r"book.epub/OEBPS/text/two b.xhtml is larger than \d+ bytes"):
        read_epub(packed(MEMBERS), name="book.epub")


def test_an_empty_page_does_no_harm() -> None:
    assert (
        "She left." in read_epub(packed(MEMBERS | {"OEBPS/text/one.xhtml": "\ufeff\n"}), name="book.epub").decoded.text
    )


def test_a_page_that_unpacks_to_a_bomb_is_refused() -> None:
    bomb = MEMBERS | {"OEBPS/text/one.xhtml": " " * 30_000_000}
    with pytest.raises(ReadingError, match="unpacks to more than 200 times its size"):
        read_epub(packed(bomb), name="book.epub")


X = "application/xhtml+xml"


def book(second: dict[str, str], **members: str) -> bytes:
    """A book of three chapters, of which the second is declared as `second` says."""
    items = [{"href": "c1.xhtml", "media-type": X}, second, {"href": "c3.xhtml", "media-type": X}]
    manifest = "".join(
        f"<item id='i{number}' {' '.join(f'{key}={value!r}' for key, value in item.items())}/>"
        for number, item in enumerate(items)
    )
    spine = "".join(f"<itemref idref='i{number}'/>" for number in range(3))
    package = (
        "<package xmlns='http://www.idpf.org/2007/opf'><metadata xmlns:dc='http://purl.org/dc/elements/1.1/'>"
        "<dc:title>The Lamp</dc:title><dc:creator>Edith Vane</dc:creator><dc:language>en</dc:language></metadata>"
        f"<manifest>{manifest}</manifest><spine>{spine}</spine></package>"
    )
    pages = {"OEBPS/c1.xhtml": "<html><p>One.</p></html>", "OEBPS/c3.xhtml": "<html><p>Three.</p></html>"}
    return packed({"META-INF/container.xml": CONTAINER, "OEBPS/book.opf": package} | pages | members)


@pytest.mark.parametrize(
    ("item", "member"),
    [
        ({"href": "c2.xhtml#start", "media-type": X}, "OEBPS/c2.xhtml"),
        ({"href": "c2.xhtml?x=1", "media-type": X}, "OEBPS/c2.xhtml"),
        ({"href": "/OEBPS/c2.xhtml", "media-type": X}, "OEBPS/c2.xhtml"),
        ({"href": "C2.xhtml", "media-type": X}, "OEBPS/c2.xhtml"),
        ({"href": "c%202.xhtml", "media-type": X}, "OEBPS/c%202.xhtml"),
        ({"href": "c%202.xhtml", "media-type": X}, "OEBPS/c 2.xhtml"),
        ({"href": "e%CC%81te%CC%81.xhtml", "media-type": X}, "OEBPS/\u00e9t\u00e9.xhtml"),
        ({"href": "c2.xhtml", "media-type": X + "; charset=utf-8"}, "OEBPS/c2.xhtml"),
        ({"href": "c2.xhtml", "media-type": "Application/XHTML+XML"}, "OEBPS/c2.xhtml"),
        ({"href": "c2.xhtml", "media-type": "text/x-oeb1-document"}, "OEBPS/c2.xhtml"),
        ({"href": "c2.xhtml", "media-type": ""}, "OEBPS/c2.xhtml"),
        ({"href": "c2.xhtml", "media-type": "application/octet-stream"}, "OEBPS/c2.xhtml"),
    ],
)
def test_a_chapter_is_found_however_it_is_named(item: dict[str, str], member: str) -> None:
    decoded = read_epub(book(item, **{member: "<html><p>Two.</p></html>"}), name="book.epub").decoded
    assert decoded.text == "One.\n\n\nTwo.\n\n\nThree.\n"
    assert decoded.warnings == ()


def test_a_chapter_that_is_missing_is_told_by_name() -> None:
    decoded = read_epub(book({"href": "c2.xhtml", "media-type": X}), name="book.epub").decoded
    assert decoded.warnings == ("its page 'c2.xhtml' is not in it",)


def test_title_author_and_language_are_known() -> None:
    found = read_epub(book({"href": "c1.xhtml", "media-type": X}), name="book.epub")
    assert found.details == {"Title": "The Lamp", "Author": "Edith Vane", "Language": "en"}


@pytest.mark.parametrize(
    ("body", "is_kept"), [("<a href='c1.xhtml'>Chapter one</a>" * 9, False), ("Prose. " * 40, True)]
)
def test_contents_named_in_the_guide_are_left_out_where_they_are_links(body: str, is_kept: bool) -> None:
    members = MEMBERS | {
        "OEBPS/book.opf": PACKAGE.replace(
            "</package>", "<guide><reference type='toc' href='text/one.xhtml'/></guide></package>"
        ),
        "OEBPS/text/one.xhtml": f"<html><p>{body}</p></html>",
    }
    text = read_epub(packed(members), name="book.epub").decoded.text
    assert ("Prose." in text, "Chapter one" in text) == (is_kept, False)
    assert "She left." in text


def test_chapters_in_an_old_encoding_are_judged_together() -> None:
    czech = "Příliš dlouhá cesta vedla přes řeku; děvče šlo vždycky samo a měšťané se tiše ptali. " * 20
    stream = BytesIO(book({"href": "c2.xhtml", "media-type": X}))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("OEBPS/c2.xhtml", f"<html><p>{czech}</p></html>".encode("cp1250"))
    with zipfile.ZipFile(stream) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["OEBPS/c1.xhtml"] = "<html><p>She spoke of Niccol\u0148.</p></html>".encode("cp1250")
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    assert "Niccol\u0148" in read_epub(stream.getvalue(), name="book.epub").decoded.text


def test_an_entity_of_the_index_is_resolved_and_no_file_read() -> None:
    package = "<!DOCTYPE package [<!ENTITY t SYSTEM 'file:///etc/hostname'>]>" + PACKAGE[21:]
    decoded = read_epub(packed(MEMBERS | {"OEBPS/book.opf": package}), name="book.epub").decoded
    assert "She left." in decoded.text
