"""A book's rights as Project Gutenberg tells them: in its description (RDF), or in a notice at the top of its text."""

import re
from pathlib import Path

from lxml import etree

from penwright.corpus.archives.tars import Readable, tar_stream
from penwright.corpus.archives.unpacking import ChunkReader, bzip2, unpack
from penwright.files import write_text

MAX_RDF_BYTES = 4 << 20
_RIGHTS = "{http://purl.org/dc/terms/}rights"
_NAME = re.compile(r"(?:.*/)?pg(\d{1,7})\.rdf")
_NOTICE = re.compile(rb"This is a COPYRIGHTED Project Gutenberg|START\W{0,20}SMALL PRINT\W.{0,20}COPYRIGHT PROTECTED")
_HEAD_BYTES = 20_000


def rights_in(rdf: bytes) -> str:
    """Return the rights that a description tells on one line, such as "Public domain in the USA."; empty if none."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(rdf, parser)
    except (etree.XMLSyntaxError, ValueError):
        return ""
    found = root.find(f".//{_RIGHTS}")
    return "" if found is None else " ".join("".join(map(str, found.itertext())).split())[:500]


def rights_of_text(data: bytes) -> str:
    """Return "Copyrighted." if the notice at the top of a text says so, else nothing."""
    return "Copyrighted. Read the notice inside this book." if _NOTICE.search(data[:_HEAD_BYTES]) else ""


def is_copyrighted(rights: str) -> bool:
    """Return True if rights are those of a book that is not in the public domain."""
    return rights.lower().startswith("copyright")


def rights_in_archive(stream: Readable, *, name: str) -> dict[int, str]:
    """Return the rights of every book of the archive of descriptions, a tar packed by bzip2.

    Args:
        stream: Its bytes.
        name: Its name, for errors.

    Raises:
        ReadingError: If it is damaged.
    """
    rights: dict[int, str] = {}
    unpacked = ChunkReader(unpack(stream.read, new_stream=bzip2, name=name))
    with tar_stream(unpacked, name=name) as files:
        for archive, info in files:
            match = _NAME.fullmatch(info.name)
            if match is None or info.size > MAX_RDF_BYTES:
                continue
            file = archive.extractfile(info)
            assert file is not None, "a regular file"
            rights[int(match[1])] = rights_in(file.read())
    return rights


def make_table(archive: Path, table: Path) -> None:
    """Write the table of the rights in a file that holds the archive of descriptions.

    Raises:
        ReadingError: If the archive is damaged.
        OSError: If the table cannot be written.
    """
    with archive.open("rb") as file:
        rights = rights_in_archive(file, name=archive.name)
    write_text(table, "".join(map(_line, rights.items())))


def add_rights(table: Path, number: int, rights: str) -> None:
    """Add a book to a table of rights, which need not exist.

    Raises:
        OSError: If it cannot be written.
    """
    with table.open("a", encoding="utf-8", newline="") as file:
        file.write(_line((number, rights)))


def read_rights(path: Path) -> dict[int, str]:
    """Return a table of rights by number.

    A line that a killed program left unfinished is left out.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    rows = (line.partition(",") for line in lines)
    return {int(number): rights for number, comma, rights in rows if comma and number.isascii() and number.isdigit()}


def _line(row: tuple[int, str]) -> str:
    return f"{row[0]},{' '.join(row[1].split())}\n"
