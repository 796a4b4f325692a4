"""Fetch single books of Project Gutenberg from a mirror of its files, one after the other."""

from collections.abc import Iterator
from typing import NamedTuple

from penwright.corpus.archives.unpacking import MAX_MEMBER_BYTES
from penwright.corpus.fetching.downloading import Download, MissingError, UnfitError
from penwright.corpus.fetching.rights import MAX_RDF_BYTES, rights_in
from penwright.corpus.fetching.web import Validators, Web
from penwright.corpus.formats.document import is_probably_text

CHUNK_BYTES = 1 << 16


class FetchedText(NamedTuple):
    """One book as a server sent it."""

    url: str
    data: bytes
    validators: Validators


def fetch_text(web: Web, mirror: str, number: int) -> FetchedText | None:
    """Fetch one book: the text made for readers, else one of the texts it was made from, the best first.

    Args:
        web: The client.
        mirror: Address of the mirror.
        number: Number of the book.

    Returns:
        The book; None if the mirror does not have it.

    Raises:
        UnfitError: If it is empty, too large or no text.
        FetchError: If the server refuses or fails, or sends a page of HTML.
    """
    for url in text_urls(mirror, number):
        try:
            found = fetch_bytes(web, url, max_bytes=MAX_MEMBER_BYTES)
        except MissingError:
            continue
        if not is_probably_text(found.data[:4096]):
            raise UnfitError(f"{url} is no text.")
        return found
    return None


def is_unchanged(web: Web, url: str, validators: Validators) -> bool:
    """Return True if a server says that a file is still of the version given."""
    if not any(validators):
        return False
    with web.get(url, unless=validators) as reply:
        return reply.status == 304


def fetch_rights(web: Web, mirror: str, number: int) -> str:
    """Return what a book's description on a mirror says of its rights; empty if it is not there or says nothing."""
    try:
        return rights_in(fetch_bytes(web, f"{mirror}/cache/epub/{number}/pg{number}.rdf", max_bytes=MAX_RDF_BYTES).data)
    except MissingError:
        return ""


def fetch_bytes(web: Web, url: str, *, max_bytes: int) -> FetchedText:
    """Return a small file.

    Raises:
        UnfitError: If it is empty or too large.
        FetchError: If it cannot be fetched whole, or is a page of HTML.
    """
    download = Download(web, url, max_bytes=max_bytes)
    try:
        data = b"".join(iter(lambda: download.read(CHUNK_BYTES), b""))
    finally:
        download.close()
    if not data:
        raise UnfitError(f"{url} is empty.")
    return FetchedText(url, data, download.validators)


def text_urls(mirror: str, number: int) -> Iterator[str]:
    """Yield the addresses at which a mirror may have the text of a book, the best first."""
    yield f"{mirror}/cache/epub/{number}/pg{number}.txt"
    folder = f"{mirror}/{folder_of(number)}"
    yield from (f"{folder}/{number}{form}.txt" for form in ("-0", "-8", ""))


def folder_of(number: int) -> str:
    """Return the folder of a book in the main collection: "1/2/3/4/12345" for 12345, "0/7" for 7."""
    digits = str(number)
    return "/".join([*(digits[:-1] or "0"), digits])
