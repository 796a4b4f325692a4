"""The report on a shelf: the properties of each book, and what would be cut, dropped and held out. Data only."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from penwright.corpus.cleaning.clean import Cut
from penwright.corpus.config import SplitName
from penwright.corpus.shelf.front_matter import FrontMatter
from penwright.corpus.sources.manifest import ManifestBook
from penwright.errors import CorpusError


@dataclass(frozen=True, kw_only=True, slots=True)
class UnknownCharacter:
    """A character without an id of its own: spelled in bytes, or lost with the seed's alphabet."""

    character: str
    name: str
    """Its name, such as "U+00E9 é LATIN SMALL LETTER E WITH ACUTE"."""
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Edition:
    """Another book of the shelf that shares much of this one's text."""

    name: str
    similarity: float
    """Share of the shorter text that is in both, 0 to 1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BookReport:
    """A report on one book."""

    name: str
    """Path of its file below the given folder, followed by the member of an archive."""
    path: Path
    member: str | None
    sha256: str
    """SHA-256 of its bytes."""
    title: str
    author: str
    """Its writer; empty if unknown."""
    year: int | None
    split: SplitName | None
    """Its split; None if it would not be taken."""
    passages: Mapping[SplitName, int] = field(default_factory=dict)
    """Number of characters at its end that are held out, by split; empty if the book is in one split whole."""
    num_bytes: int
    num_chars: int
    """Number of characters of its clean text."""
    encoding: str
    encoding_reason: str
    cuts: tuple[Cut, ...]
    """Stretches that would be cut; of a long one the beginning and the end."""
    is_hard_wrapped: bool
    """True if its lines were broken at a fixed width."""
    was_unwrapped: bool
    """True if its lines would be joined to paragraphs."""
    num_unknown_chars: int
    """Number of characters of its text without an id of their own."""
    unknown_characters: tuple[UnknownCharacter, ...]
    """These characters, the most frequent first, at most 20."""
    duplicate_of: str
    """Name of the book with the same text that is taken instead; empty if there is none."""
    editions: tuple[Edition, ...]
    compressed_fraction: float
    """Compressed size of a sample of its text, relative to the sample, 0 to about 1."""
    is_outlier: bool
    """True if it compresses much better or worse than books: repeated, tabular or garbled text."""
    warnings: tuple[str, ...]
    doubts: tuple[str, ...] = ()
    """Sentences of its reader on what was guessed, replaced or not read."""
    num_doubtful_chars: int = 0
    """Number of its characters that are replacements or improbable."""
    is_code: bool = False
    """True if it is source code."""
    refusal: str = ""
    """What would have been cut, had it not been too much; empty if nothing was kept for that reason."""
    num_cut: int = 0
    """Number of characters that would be cut."""
    language: str = ""
    """Code of the language of its text; empty if it cannot be told."""
    other_languages: Mapping[str, float] = field(default_factory=dict)
    """Codes of other languages that a good part of it is in, with their shares, 0 to 1."""
    declared_language: str = ""
    """Code of the language that its header or its catalogue names; empty if none is named."""
    front_matter: tuple[FrontMatter, ...] = ()
    """Lines left in the text that look like a distributor's or a publisher's."""

    @property
    def cut_fraction(self) -> float:
        """Share of the file's text that would be cut, 0 to 1."""
        return self.num_cut / max(1, self.num_cut + self.num_chars)

    @property
    def is_declared_otherwise(self) -> bool:
        """True if its header or its catalogue names a language that its text is not in."""
        told = {self.language, *self.other_languages}
        return bool(self.language and self.declared_language) and self.declared_language not in told


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitReport:
    """A report on one split."""

    split: SplitName
    num_books: int
    """Number of books, or of books with a passage in it."""
    num_chars: int
    authors: tuple[str, ...]
    """Known writers, sorted."""
    is_passages: bool = False
    """True if it holds passages from the ends of training books instead of whole books."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ShelfReport:
    """A report on a shelf."""

    books: tuple[BookReport, ...]
    """Reports on all books, sorted by name."""
    skipped: tuple[tuple[str, str], ...]
    """Files that would not be read: (name, reason)."""
    splits: tuple[SplitReport, ...]
    """Reports on the splits, in the order train, val, test."""
    vocab_size: int
    """Number of symbols of the alphabet, V."""
    characters: str
    """Characters with an id of their own."""
    is_lossless: bool
    """True if a character outside the alphabet is spelled, False if it is lost, as with the seed's alphabet."""
    warnings: tuple[str, ...]
    """Warnings about the shelf as a whole; books have their own."""
    doubts: tuple[str, ...] = ()
    """Sentences on books that were guessed, patched or partly unread, the greatest harm first."""

    def epoch_seconds(self, chars_per_second: float) -> float:
        """Return the duration of one epoch over the training split at a given speed, in seconds."""
        if not chars_per_second > 0:
            raise CorpusError(f"chars_per_second={chars_per_second} must be above 0.")
        return self.splits[0].num_chars / chars_per_second

    def to_json(self) -> dict[str, Any]:
        """Return plain data for JSON. It holds names relative to the given folder, and no folders of this machine."""
        data = asdict(self)
        for book, report in zip(data["books"], self.books, strict=True):
            book["cuts"] = [cut._asdict() for cut in report.cuts]
            book["front_matter"] = [line._asdict() for line in report.front_matter]
            del book["path"], book["member"]
        data["skipped"] = [{"name": name, "reason": reason} for name, reason in self.skipped]
        return data

    def manifest_books(self, folder: str | Path) -> list[ManifestBook]:
        """Return the books as entries of a manifest. A book that would not be taken has keep = false and a reason.

        Args:
            folder: The folder of the manifest; paths below it are relative.
        """
        root = Path(folder).absolute()
        books = [_manifest_book(book, root) for book in self.books]
        if any(split.is_passages for split in self.splits):  # without a split, passages are held out again
            books = [replace(book, split=None) for book in books]
        return books


def _manifest_book(book: BookReport, root: Path) -> ManifestBook:
    path = book.path.absolute()
    return ManifestBook(
        path=path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix(),
        member=book.member or "",
        sha256=book.sha256,
        title=book.title,
        author=book.author,
        year=book.year,
        split=book.split,
        keep=book.split is not None,
        reason=f"the same text as {book.duplicate_of}" if book.duplicate_of else "",
    )
