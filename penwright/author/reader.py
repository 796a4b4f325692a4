"""An author that reads: it keeps a bookmark of where it stands, and suggests the next word."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Self

from penwright.alphabet.characters import Alphabet
from penwright.author.card import Card
from penwright.author.labels import parts_of, shares_of, vector_of
from penwright.model.config import ModelConfig
from penwright.writing.bookmark import Bookmark
from penwright.writing.engines.adaptation import adaptation_of
from penwright.writing.engines.base import Engine
from penwright.writing.generation import read_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from penwright.author.file.bookmark import Owner
    from penwright.model.rounding import RoundedWeight
    from penwright.writing.suggesting import Suggestion


class Reader(ABC):
    """An author that reads."""

    alphabet: Alphabet
    card: Card
    _label: "NDArray[np.float32] | None" = None
    """Vector (E,) of the label under which it reads and writes, None for that of a bookmark, or none."""

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

    @abstractmethod
    def _label_weight(self) -> "NDArray[np.float32] | RoundedWeight":
        """Return the vectors of the labels, (K, E). There must be some."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the labels that it knows, such as writers; none if it was trained without."""
        return tuple(label.name for label in self.card.labels)

    def labelled(self, label: str | Mapping[str, float]) -> Self:
        """Return this author as it reads and writes under a label or a mixture. Both share their memory.

        Bookmarks serve both. The author that this method returns goes on from a bookmark under its own label, so the
        label of a text may change at any point. The first prediction after the bookmark is still that of the former.

        Args:
            label: Name of a label or a mixture, such as "austen" or "austen:0.7,doyle:0.3", "none" for no label, or
                shares by name; see `penwright.author.labels`.

        Raises:
            UsageError: If it knows no labels or not these, or a share is no number from 0.
        """
        other = copy.copy(self)
        other._label = self.label_vector(label)
        return other

    def label_vector(self, label: str | Mapping[str, float]) -> "NDArray[np.float32]":
        """Return the vector (E,) of a label or a mixture, which engines take.

        Args:
            label: See `labelled`.

        Raises:
            UsageError: As `labelled`.
        """
        shares = shares_of(label, self.labels)
        return vector_of(shares, self._label_weight())

    def begun(self, prompt: str, *, after: Bookmark | None) -> tuple[Self, Bookmark | None, str]:
        """Read a prompt up to its last line of labels.

        Args:
            prompt: Any text. Only an author with labels may have lines of labels in it.
            after: Bookmark to read the prompt from, or None to open a new book.

        Returns:
            This author under the last label, where it is, and the rest of the prompt.

        Raises:
            UsageError: As `labelled`.
        """
        writer, (*before, last) = self, parts_of(prompt)
        for part in before:
            writer = writer if part.label is None else writer.labelled(part.label)
            after = writer.read(part.text, after=after) if part.text else after
        writer = writer if last.label is None else writer.labelled(last.label)
        return writer, writer.from_here(after), last.text

    def read(self, text: str, *, after: Bookmark | None = None, adapts: bool = False) -> Bookmark:
        """Read a text of any length.

        Args:
            text: Any text. A book of 10 million characters takes no more memory than a page.
            after: Bookmark to read on from, or None to open a new book. It keeps its label if this author has none.
            adapts: True for a new book to which the author adapts: its predictions move towards the text that it reads.
                After a bookmark, it goes on as it began. Nothing is learned from what the author writes.

        Returns:
            Bookmark at the end of the text.
        """
        return read_text(self.engine, self.alphabet, text, after=self.from_here(after), adapts=adapts)

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

    def from_here(self, after: Bookmark | None) -> Bookmark | None:
        """Return where to read on from, with the label of this author if it has one."""
        if after is None or self._label is None:
            return after
        return after._replace(state=self.engine.relabelled(after.state, self._label))

    def _owner(self) -> "Owner":
        from penwright.author.file.bookmark import Owner

        return Owner(self.identity, self.card.name, self.config, adaptation_of(self.alphabet))
