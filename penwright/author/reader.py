"""An author that reads: it keeps a bookmark of where it stands, and suggests the next word."""

from abc import ABC, abstractmethod
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from penwright.alphabet.characters import Alphabet
from penwright.author.card import Card
from penwright.model.config import ModelConfig
from penwright.writing.bookmark import Bookmark
from penwright.writing.engines.adaptation import adaptation_of
from penwright.writing.engines.base import Engine
from penwright.writing.generation import read_text

if TYPE_CHECKING:
    from penwright.author.file.bookmark import Owner
    from penwright.writing.suggesting import Suggestion


class Reader(ABC):
    """An author that reads."""

    alphabet: Alphabet
    card: Card

    @property
    @abstractmethod
    def config(self) -> ModelConfig:
        """Shape of the model."""

    @property
    @abstractmethod
    def engine(self) -> Engine:
        """The engine that reads and writes for this author."""

    @property
    @abstractmethod
    def identity(self) -> str:
        """Digest of the author's weights, n-gram tables and alphabet."""

    def read(self, text: str, *, after: Bookmark | None = None, adapts: bool = False) -> Bookmark:
        """Read a text of any length.

        Args:
            text: Any text. A book of 10 million characters takes no more memory than a page.
            after: Bookmark to read on from, or None to open a new book.
            adapts: True for a new book to which the author adapts: its predictions move towards the text that it reads.
                After a bookmark, it goes on as it began. Nothing is learned from what the author writes.

        Returns:
            Bookmark at the end of the text.
        """
        return read_text(self.engine, self.alphabet, text, after=after, adapts=adapts)

    def save_bookmark(self, bookmark: Bookmark, path: str | PathLike[str]) -> None:
        """Save a bookmark of this author, see `Bookmark.save`."""
        from penwright.author.file.bookmark import SavedBookmark, save_bookmark

        saved = SavedBookmark(bookmark.logits, self.engine.to_text_state(bookmark.state), bookmark.unread)
        save_bookmark(Path(path), saved, owner=self._owner())

    def load_bookmark(self, path: str | PathLike[str]) -> Bookmark:
        """Load a bookmark of this author, see `Bookmark.load`."""
        from penwright.author.file.bookmark import load_bookmark

        logits, state, unread = load_bookmark(Path(path), owner=self._owner())
        return Bookmark(logits, self.engine.from_text_state(state), unread)

    def suggest(self, text: str, *, count: int = 5, after: Bookmark | None = None) -> "list[Suggestion]":
        """Suggest the word that the text ends within, or the next one.

        Args:
            text: Any text, read anew each time. For a long one, `read` it once and go on from the bookmark.
            count: Largest number of words, 1 to 100.
            after: Bookmark to read the text from, or None to open a new book.

        Returns:
            Words with their probabilities, the most probable first.

        Raises:
            UsageError: If the count is out of bounds.
            AuthorError: If the author's predictions are not numbers.
        """
        from penwright.writing.suggesting import COUNT, suggest_words

        COUNT.check("count", count)
        bookmark = self.read(text, after=after)
        tail = text if after is None else after.unread + text
        return suggest_words(self.engine, self.alphabet, bookmark, tail, count=count)

    def _owner(self) -> "Owner":
        from penwright.author.file.bookmark import Owner

        return Owner(self.identity, self.card.name, self.config, adaptation_of(self.alphabet))
