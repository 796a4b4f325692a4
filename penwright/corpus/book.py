"""One book of a corpus, or a passage from one: title, writer, split and position. Data only."""

from dataclasses import dataclass

from penwright.corpus.config import SPLITS, SplitName, split_name
from penwright.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class Book:
    """One book of a corpus and its position."""

    title: str
    author: str
    """Its writer; empty if unknown."""
    year: int | None = None
    """Year of the first publication; None if unknown."""
    split: SplitName
    source: str
    """The file it came from, below the folder that was given, and its member when the file is an archive."""
    encoding: str
    """Encoding in which the file's bytes were read."""
    sha256: str
    """SHA-256 of the bytes of the file or the member, 64 hexadecimal digits."""
    start: int
    """Position of its first id in the corpus, from 0."""
    num_ids: int
    """Number of its ids, including the boundary and the spelling of rare characters; fewer than characters in a corpus
    of subwords."""
    num_chars: int
    """Number of characters of its text."""
    first_char: int = 0
    """Offset of its first character in the text of its file; above 0 for a passage that is held out from a book."""

    def __post_init__(self) -> None:
        # Spelled out, since a library has thousands of books: four times as fast as the checks that tell what is wrong.
        is_text = type(self.title) is type(self.author) is type(self.source) is type(self.encoding) is str
        are_numbers = type(self.start) is type(self.num_ids) is type(self.num_chars) is type(self.first_char) is int
        if is_text and type(self.sha256) is str and are_numbers and self.split in SPLITS:
            if min(self.start, self.num_ids, self.num_chars, self.first_char) >= 0:
                if self.year is None or type(self.year) is int:
                    return
        self._refuse()

    def _refuse(self) -> None:
        """Raise the error that says what is wrong."""
        for name in ("title", "author", "source", "encoding", "sha256"):
            if not isinstance(getattr(self, name), str):
                raise ConfigError(f"a book's {name} must be text, not {getattr(self, name)!r}.")
        for name in ("start", "num_ids", "num_chars", "first_char"):
            if type(getattr(self, name)) is not int or getattr(self, name) < 0:
                raise ConfigError(f"a book's {name} must be a whole number from 0, not {getattr(self, name)!r}.")
        if self.year is not None and type(self.year) is not int:
            raise ConfigError(f"a book's year must be a whole number, not {self.year!r}.")
        split_name(self.split)
