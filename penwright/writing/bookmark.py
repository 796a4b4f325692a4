"""A bookmark: where an author stands in a text. It is a value; `author/file/bookmark.py` is the file of one.

Shapes: V = vocab_size.
"""

from os import PathLike
from typing import Any, NamedTuple, Protocol

from penwright.errors import counted
from penwright.writing.sampling import Logits


class Bookmark(NamedTuple):
    """State of an author at some point in a text: its memory and its prediction. Reading on makes a new bookmark."""

    logits: Logits
    """Prediction of the next symbol, float32 (V,)."""
    state: Any
    """Memory of one text, of the kind that the author's engine has."""
    unread: str = ""
    """End of the text that is not read yet, because it may belong to a longer subword. Empty for characters."""

    @property
    def adapts(self) -> bool:
        """True if the author adapts to what it reads, see `Author.read`."""
        return bool(self.state.adapts)

    def save(self, path: str | PathLike[str], author: "BookmarkKeeper") -> None:
        """Save the bookmark as one file, which only this author opens. It is written whole or not at all.

        Args:
            path: Path of the file, in a folder that exists. A file of that name is replaced.
            author: The author whose bookmark it is.

        Raises:
            BookmarkError: If it cannot be written, or the author's predictions are not numbers.
        """
        author.save_bookmark(self, path)

    @staticmethod
    def load(path: str | PathLike[str], author: "BookmarkKeeper") -> "Bookmark":
        """Load a bookmark that `save` wrote. Writing on from it is the same as from the one that was saved.

        Args:
            path: Path of the file.
            author: The author that is to go on from it.

        Raises:
            BookmarkError: If it is missing, damaged, hostile, of another author or of a newer Penwright.
        """
        return author.load_bookmark(path)

    def __repr__(self) -> str:
        unread = f", {self.unread!r} unread" if self.unread else ""
        adapting = ", adapting" if self.adapts else ""
        return f"Bookmark(after {counted(int(self.state.position[0]), 'symbol')}{adapting}{unread})"


class BookmarkKeeper(Protocol):
    """An author that keeps its bookmarks on disk."""

    def save_bookmark(self, bookmark: Bookmark, path: str | PathLike[str]) -> None:
        """See `Bookmark.save`."""

    def load_bookmark(self, path: str | PathLike[str]) -> Bookmark:
        """See `Bookmark.load`."""
