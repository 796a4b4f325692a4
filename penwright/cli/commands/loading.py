"""Load an author that is about to write, compile its engine where that is needed, and open its bookmark."""

import gc
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from penwright.cli.options import Existing, option
from penwright.cli.output import say
from penwright.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cyclopts import Token

    from penwright.author.author import Author
    from penwright.writing.bookmark import Bookmark

BookmarkPath = Annotated[Path | None, Existing, option(name="--from", metavar="MARK")]
"""File of a bookmark."""


def _mixture(_: object, tokens: "Sequence[Token]") -> str:
    """Read a mixture of labels, which the author may know or not."""
    from penwright.author.labels import check_mixture

    try:
        check_mixture(tokens[0].value)
    except UsageError as error:
        raise UsageError(f"{tokens[0].keyword} '{tokens[0].value:.100}': {error}") from None
    return tokens[0].value


Label = Annotated[str | None, option(name="--as", converter=_mixture, allow_leading_hyphen=True, metavar="LABELS")]
"""A label or a mixture, see `author.labels`."""


def load_to_write(path: Path, *, label: str | None = None) -> "Author":
    """Load the author, under a label if one was named.

    Objects are not searched for garbage meanwhile, which took a tenth of the time to begin.
    """
    gc.disable()
    try:
        from penwright.author.author import Author
        from penwright.writing.engines.choosing import needs_compiling

        author = Author.load(path)
        if needs_compiling():
            say("compiling the engine that writes, once for this processor: about half a minute")
        author = author if label is None else author.labelled(label)
        author.read("")
        return author
    finally:
        gc.freeze()
        gc.enable()


def open_bookmark(mark: Path | None, author: "Author") -> "Bookmark | None":
    """Load a bookmark if one was named.

    Raises:
        BookmarkError: If it cannot be read, or is another author's.
    """
    if mark is None:
        return None
    from penwright.writing.bookmark import Bookmark

    return Bookmark.load(mark, author)
