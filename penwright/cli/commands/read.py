"""`penwright read`: let an author read books, and save where it stands."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from penwright.cli.commands.loading import BookmarkPath, Label, load_to_write, open_bookmark
from penwright.cli.display.clock import working
from penwright.cli.finding import find_author
from penwright.cli.options import AuthorPath, Box, Json, NewFile, at_most_one, option
from penwright.cli.output import is_terminal, print_json, say, visible
from penwright.errors import UsageError, counted, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from penwright.author.author import Author
    from penwright.corpus.texts import BookText
    from penwright.training.activity import Activity
    from penwright.writing.bookmark import Bookmark

CHARS_AT_ONCE = 1 << 14
"""Characters between two changes of the bar."""


def read(
    *books: str,
    save: Annotated[Path | None, NewFile, option(metavar="MARK")] = None,
    author: AuthorPath = None,
    box: Box = False,
    from_: BookmarkPath = None,
    as_: Label = None,
    no_adapt: bool = False,
    raw: bool = False,
    as_json: Json = False,
) -> int:
    """Let an author read books, and save where it stands as a bookmark.

    `penwright write --from MARK` writes on from there as if it had just read them. A bookmark belongs to the author
    that read. Books are cleaned as for a training: licence texts are cut, and hard-wrapped lines joined.

    The author adapts to what it reads: its predictions move towards the words of the books, and it writes on with what
    it learned. The author's own file stays as it is.

    Args:
        books: Books to read in this order: files, folders (read recursively), patterns, archives, or a manifest.
        save: The bookmark to write. The file is written whole or not at all.
        author: An author file or the folder of a run. The default is the newest author under runs/, or the one in the
            box if there is none.
        from_: A bookmark to read on from, instead of opening a new book. The author adapts if it did before.
        as_: Read under a label or a mixture, as for `penwright write`. The bookmark keeps it.
        no_adapt: Let the author read without adapting. The bookmark is smaller.
        raw: Read the texts as they are. Nothing is cut or joined.
    """
    if not books:
        raise UsageError("name the books: penwright read BOOK... --save MARK")
    if save is None:
        raise UsageError(f"name the bookmark to save: penwright read {quoted(books[0])} --save MARK")
    at_most_one({"--from": from_, "--no-adapt": no_adapt})

    from penwright.corpus.config import CorpusConfig
    from penwright.corpus.texts import list_texts

    path = find_author(author, is_boxed=box, is_quiet=as_json)
    listed = list_texts(books, config=CorpusConfig(alphabet="seed", split="seed") if raw else CorpusConfig())
    reader = load_to_write(path, label=as_)
    bookmark, adapts = open_bookmark(from_, reader), not no_adapt
    for name, reason in listed.skipped:
        say(f"{name} is not read: {reason}")
    num_chars = 0
    with working("listing books", is_shown=is_terminal(sys.stderr)) as tell:
        for text in listed.texts:
            for doubt in text.doubts if text.is_first else ():
                say(f"{text.name}: {doubt}")
            bookmark = _read(reader, text, after=bookmark, adapts=adapts, tell=tell)
            num_chars += len(text.text)
    assert bookmark is not None, "there is at least one book"
    bookmark.save(save, reader)
    size, name = save.stat().st_size, reader.card.name or "the author"
    if as_json:
        facts = {"author": str(path), "from": from_ and str(from_), "num_books": listed.num_books}
        facts |= {"num_chars": num_chars, "adapts": bookmark.adapts, "bookmark": str(save), "num_bytes": size}
        print_json(facts)
        return 0
    where, how = counted(listed.num_books, "book"), ", adapting to what it read" if bookmark.adapts else ""
    print(visible(f"{name} has read {counted(num_chars, 'character')} of {where}{how}; {save} has {size:,} bytes"))
    say(f"To write on from there: penwright write --from {quoted(str(save))}")
    return 0


def _read(
    reader: "Author",
    text: "BookText",
    *,
    after: "Bookmark | None",
    adapts: bool,
    tell: "Callable[[Activity], None]",
) -> "Bookmark | None":
    """Let the author read a text; a book that follows another begins a new paragraph."""
    from penwright.training.activity import Activity

    bookmark = reader.read("\n\n", after=after) if after is not None and text.is_first else after
    for start in range(0, len(text.text), CHARS_AT_ONCE):
        done = text.share_before + (text.share_after - text.share_before) * start / len(text.text)
        tell(Activity(f"reading {text.name}", done))
        bookmark = reader.read(text.text[start : start + CHARS_AT_ONCE], after=bookmark, adapts=adapts)
    return bookmark
