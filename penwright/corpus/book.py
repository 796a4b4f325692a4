"""What a corpus knows of one of its books. Data only."""

from dataclasses import dataclass

from penwright.corpus.config import SplitName, split_name
from penwright.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class Book:
    """One book of a corpus, and where it lies."""

    title: str
    author: str
    """Empty when unknown."""
    year: int | None = None
    """Of the first publication; None when unknown."""
    split: SplitName
    source: str
    """The file it came from, below the folder that was given, and its member when the file is an archive."""
    encoding: str
    """How the file's bytes were read."""
    sha256: str
    """Of the file's (or the member's) bytes before reading, 64 hexadecimal digits."""
    start: int
    """Place of its first id in the corpus, from 0."""
    num_ids: int
    """Ids it takes, the boundary and the spelling of rare characters counted; fewer than characters where symbols are
    pieces."""
    num_chars: int
    """Characters of its text."""

    def __post_init__(self) -> None:
        for name in ("title", "author", "source", "encoding", "sha256"):
            if not isinstance(getattr(self, name), str):
                raise ConfigError(f"a book's {name} must be text, not {getattr(self, name)!r}.")
        for name in ("start", "num_ids", "num_chars"):
            if type(getattr(self, name)) is not int or getattr(self, name) < 0:
                raise ConfigError(f"a book's {name} must be a whole number from 0, not {getattr(self, name)!r}.")
        if self.year is not None and type(self.year) is not int:
            raise ConfigError(f"a book's year must be a whole number, not {self.year!r}.")
        split_name(self.split)
