"""A small Project Gutenberg as its server has it: catalogue, descriptions, single texts, the archive of them all."""

import bz2
import csv
import gzip
import io
import tarfile
import zipfile
from typing import NamedTuple

from book_server import BookServer, Served

FEEDS = "/cache/epub/feeds"
PUBLIC = "Public domain in the USA."
COPYRIGHTED = "Copyrighted. Read the copyright notice inside this book for details."


class SiteBook(NamedTuple):
    """One book of the site."""

    number: int
    title: str
    author: str
    language: str = "en"
    subjects: str = "England -- Fiction"
    classes: str = "PR"
    kind: str = "Text"
    rights: str = PUBLIC


BOOKS = (
    SiteBook(11, "Alice's Adventures in Wonderland", "Carroll, Lewis, 1832-1898", classes="PR; PZ"),
    SiteBook(84, "Frankenstein; Or, The Modern Prometheus", "Shelley, Mary Wollstonecraft, 1797-1851"),
    SiteBook(98, "A Tale of Two Cities\nA Story of the French Revolution", "Dickens, Charles, 1812-1870"),
    SiteBook(135, "Les Misérables", "Hugo, Victor, 1802-1885; Hapgood, Isabel Florence, 1851-1928 [Translator]",
             subjects="Paris (France) -- Fiction", classes="PQ"),
    SiteBook(220, "Recorded Tales", "Poe, Edgar Allan, 1809-1849", kind="Sound"),
    SiteBook(2000, "Don Quijote", "Cervantes Saavedra, Miguel de, 1547-1616", language="es", classes="PQ"),
    SiteBook(2229, "Faust: Der Tragödie erster Teil", "Goethe, Johann Wolfgang von, 1749-1832", language="de; en",
             classes="PT"),
    SiteBook(3000, "A Modern Story", "Living, Ann, 1960-", rights=COPYRIGHTED),
    SiteBook(5000, "On the Origin of Species", "Darwin, Charles, 1809-1882", subjects="Evolution", classes="QH"),
    SiteBook(9001, "Middlemarch, Volume 1", "Eliot, George, 1819-1880"),
    SiteBook(9002, "Middlemarch, Volume 2", "Eliot, George, 1819-1880"),
    SiteBook(41445, "Frankenstein", "Shelley, Mary Wollstonecraft, 1797-1851"),
)  # fmt: skip
"""Books of every kind that is told apart."""


def text_of(book: SiteBook) -> bytes:
    """The text of a book as Project Gutenberg makes it."""
    title = book.title.splitlines()[0]
    notice = "** This is a COPYRIGHTED Project Gutenberg eBook, Details Below **\n" if book.rights != PUBLIC else ""
    story = f"It was the year of book {book.number}, and nobody had read it yet.\n\n" * 40
    text = (
        f"The Project Gutenberg eBook of {title}\n\n{notice}Title: {title}\n\nAuthor: {book.author.split(',')[0]}\n\n"
        f"*** START OF THE PROJECT GUTENBERG EBOOK {title.upper()} ***\n\n{story}"
        f"*** END OF THE PROJECT GUTENBERG EBOOK {title.upper()} ***\n"
    )
    return text.replace("\n", "\r\n").encode("utf-8")


def description_of(book: SiteBook) -> bytes:
    """The description of a book in RDF."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rdf:RDF xmlns:dcterms="http://purl.org/dc/terms/"\n'
        '  xmlns:pgterms="http://www.gutenberg.org/2009/pgterms/"\n'
        '  xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        f'  <pgterms:ebook rdf:about="ebooks/{book.number}">\n    <dcterms:rights>{book.rights}</dcterms:rights>\n'
        "  </pgterms:ebook>\n</rdf:RDF>\n"
    ).encode()


def catalogue_of(books: tuple[SiteBook, ...]) -> bytes:
    """The catalogue, packed: rows end with CR LF, titles hold LF."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow("Text#,Type,Issued,Title,Language,Authors,Subjects,LoCC,Bookshelves".split(","))
    for book in books:
        row = (book.number, book.kind, "1998-01-01", book.title, book.language, book.author, book.subjects)
        table.writerow([*row, book.classes, ""])
    return gzip.compress(text.getvalue().encode("utf-8"))


def tar_of(files: dict[str, bytes]) -> bytes:
    """A tar of some files, sorted by name."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, data in sorted(files.items()):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return packed.getvalue()


class _Pipe(io.RawIOBase):
    """A file that cannot seek, so that the size and checksum of a member are written behind it."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.data += data
        return len(data)


def zip_of(name: str, data: bytes, *, is_piped: bool = True, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip with one member whose header is that of a large file."""
    pipe, seekable = _Pipe(), io.BytesIO()
    with zipfile.ZipFile(pipe if is_piped else seekable, "w", method) as archive:
        with archive.open(name, "w", force_zip64=True) as member:
            member.write(data)
    return bytes(pipe.data) if is_piped else seekable.getvalue()


def fill(server: BookServer, books: tuple[SiteBook, ...] = BOOKS, *, more: bytes = b"", etag: str = '"one"') -> None:
    """Put the site on a server, with something behind the text of book 84, and a tag for what that changes."""
    texts = {f"cache/epub/{book.number}/pg{book.number}.txt": text_of(book) for book in books if book.kind == "Text"}
    texts["cache/epub/84/pg84.txt"] += more
    descriptions = {f"cache/epub/{book.number}/pg{book.number}.rdf": description_of(book) for book in books}
    server.files |= {f"/{path}": Served(data) for path, data in (texts | descriptions).items()}
    server.files["/cache/epub/84/pg84.txt"].etag = etag
    archive = zip_of("txt-files.tar", tar_of(texts))
    server.files[f"{FEEDS}/txt-files.tar.zip"] = Served(archive, kind="application/zip", etag=etag)
    server.files[f"{FEEDS}/rdf-files.tar.bz2"] = Served(bz2.compress(tar_of(descriptions)), kind="application/x-bzip2")
    server.files[f"{FEEDS}/pg_catalog.csv.gz"] = Served(catalogue_of(books), kind="application/gzip")
